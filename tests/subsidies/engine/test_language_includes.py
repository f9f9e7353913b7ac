"""Plans built on other packs."""

import pytest

from subsidies.engine import PackError
from tests.subsidies.engine.building import HEAD, pack, pack_text, part, pays

NATIONAL = pack_text(
    part("parameter", "tuition", kind="amount"),
    part("fact", "shelter", type="flag"),
    part("rule", "n-grant", programme="grant", amount="{ yuan = 1000, per = 'year' }", when="{ stage = 'primary' }"),
    part("rule", "n-waiver", programme="waiver", amount="{ parameter = 'tuition', per = 'year' }", when="{ shelter = true }"),
    part("unpaid", "n-care"),
    part("example", title="国家", term="2020-autumn", child="{ stage = 'primary' }", pays="{ grant = 500 }"),
    head=HEAD.replace('"small"', '"national"').replace("2016-spring", "2011-autumn").replace("某县方案", "国家文件"),
    programmes=("grant", "waiver"),
)  # fmt: skip
INCLUDING = HEAD + 'includes = ["national"]\n'
TOP_UP = part(
    "rule", "topup", programme="topup", amount="{ yuan = 100, per = 'year' }", when="{ boarding = true }"
)


def library(name):
    return {
        "national": NATIONAL,
        "broken": "x = ",
        "loop": HEAD.replace("small", "loop") + 'includes = ["loop"]',
    }[name]


def including(*parts, without="", head=INCLUDING):
    return pack(
        *parts,
        head=head + (f"without = {without}\n" if without else ""),
        programmes=("topup",),
        library=library,
    )


def test_the_rules_of_an_included_pack_come_first_with_their_own_dates_and_words():
    policy = including(TOP_UP)

    assert [rule.code for rule in policy.rules] == ["n-grant", "n-waiver", "topup"]
    assert [one.code for one in policy.programmes] == ["grant", "waiver", "topup"]
    assert [one.order for one in policy.programmes] == [1, 2, 3]
    assert policy.rules[0].citation.document == "国家文件"
    assert [rule.pack for rule in policy.rules] == ["national", "national", "small"]
    assert pays(policy, {"boarding": True}) == {"grant": 500, "topup": 50}
    assert pays(policy, {"boarding": True}, "2012-spring") == {"grant": 500}
    assert [one.code for one in policy.open_parameters({})] == ["tuition"]
    assert [fact.name for fact in policy.county_facts] == ["shelter"]
    assert policy.examples == ()
    assert policy.includes == ("national",)


def test_what_a_plan_replaces_is_left_out():
    own = part(
        "rule", "own", programme="grant", amount="{ yuan = 1200, per = 'year' }", when="{ stage = 'primary' }"
    )

    policy = including(own, without='["n-grant", "n-care"]')

    assert pays(policy) == {"grant": 600}
    assert policy.unpaid == ()


def test_a_replaced_rule_may_keep_its_code():
    own = part(
        "rule",
        "n-grant",
        programme="grant",
        amount="{ yuan = 1200, per = 'year' }",
        when="{ stage = 'primary' }",
    )

    assert pays(including(own, without='["n-grant"]')) == {"grant": 600}


def test_a_programme_whose_rules_are_all_left_out_is_left_out():
    policy = including(TOP_UP, without='["n-waiver"]')

    assert [one.code for one in policy.programmes] == ["grant", "topup"]


def test_a_programme_of_which_nothing_is_left_may_be_written_anew():
    own = part("programme", "grant", label="本县助学金") + part(
        "rule", "own", programme="grant", amount="{ yuan = 1, per = 'term' }"
    )

    policy = including(own, without='["n-grant"]')

    assert [(one.code, one.label, one.order) for one in policy.programmes] == [
        ("waiver", "项目", 1),
        ("topup", "项目", 2),
        ("grant", "本县助学金", 3),
    ]


def test_a_rule_may_take_a_percentage_of_an_included_one():
    policy = including(part("rule", "half", programme="topup", amount="{ percent = 50, of = 'n-grant' }"))

    assert pays(policy, {"stage": "junior"}) == {"topup": 250}


@pytest.mark.parametrize(
    ("head", "without", "message"),
    [
        (HEAD + 'includes = ["nation"]\n', "", "没有可以包含的政策包“nation”"),
        (HEAD + 'includes = ["small"]\n', "", "政策包“small”通过 includes 又包含了自己"),
        (
            HEAD + 'includes = ["loop"]\n',
            "",
            "所包含的政策包有误：loop 第 5 行：政策包“loop”通过 includes 又包含了自己",
        ),
        (HEAD + 'includes = ["broken"]\n', "", "所包含的政策包有误：broken 第 1 行：TOML 写法有误"),
        (INCLUDING, '["n-grnt"]', "所包含的政策包里没有“n-grnt”，是否想写“n-grant”？"),
    ],
)
def test_a_faulty_include_is_refused_at_its_line(head, without, message):
    with pytest.raises(PackError) as refused:
        including(TOP_UP, head=head, without=without)

    assert message in str(refused.value)
    assert refused.value.line in (5, 6)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        (part("rule", "n-grant", programme="topup", amount="{ yuan = 1, per = 'term' }"), "代码“n-grant”已在所包含的政策包里用过"),
        (part("programme", "grant") + TOP_UP, "代码“grant”已在所包含的政策包里用过"),
        (part("rule", "own", programme="grant", amount="{ yuan = 1, per = 'term' }"), "与规则“n-grant”同属项目“grant”且可能同时符合"),
    ],
)  # fmt: skip
def test_what_clashes_with_an_included_pack_is_refused(own, message):
    with pytest.raises(PackError) as refused:
        including(own)

    assert message in str(refused.value)
    assert refused.value.line > 5


def test_without_a_library_nothing_can_be_included():
    with pytest.raises(PackError, match="没有可以包含的政策包“national”"):
        pack(TOP_UP, head=INCLUDING, programmes=("topup",))
