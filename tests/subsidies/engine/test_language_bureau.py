"""What the bureau fills in, what is treated as something else for a while, who is paid and who pays."""

import pytest

from subsidies.engine import Decider, Measures, Term, Verdict, promises, shares_of
from subsidies.engine.reckon import At
from tests.subsidies.engine.building import pack, part, pays, told

AUTUMN = Term(2020, 1)


def filled(amount, parameter="range = [1600, 2000]\nsuggested = 1800", scope="county", **more):
    figure = part("parameter", "tuition", label="高中学费", kind="amount", scope=scope) + parameter + "\n"
    return pack(figure, part("rule", "r", programme="grant", amount=amount, **more))


YEARLY = "{ parameter = 'tuition', per = 'year' }"


def test_a_figure_of_the_bureau_is_waited_for_and_never_guessed():
    policy = filled(YEARLY)

    assert [one.code for one in policy.open_parameters({})] == ["tuition"]
    assert pays(policy) == {}
    finding = told(policy, "r")
    assert (finding.verdict, finding.outcome) == (
        Verdict.WAITING_PARAMETER,
        "规则：条件都符合，但“高中学费”教育局还没有确定，确定之前不计算",
    )


def test_a_figure_the_bureau_gave_is_used_and_said_to_be_its():
    policy = filled(YEARLY)
    figures = {"tuition": 1700_00}

    assert policy.open_parameters(figures) == ()
    assert pays(policy, figures=figures) == {"grant": 850}
    finding = told(policy, "r", figures=figures)
    assert finding.arithmetic == "教育局确定“高中学费”1,700.00 元/年 ÷ 2 = 850.00 元"
    assert finding.basis_label == "文件未写明，由教育局确定"


def test_off_is_an_answer_too():
    policy = filled(YEARLY)

    assert policy.open_parameters({"tuition": None}) == ()
    assert pays(policy, figures={"tuition": None}) == {}
    finding = told(policy, "r", figures={"tuition": None})
    assert (finding.verdict, finding.outcome) == (
        Verdict.SWITCHED_OFF,
        "规则：条件都符合，但教育局确定“高中学费”本县不执行",
    )


def test_a_figure_may_differ_by_school():
    policy = filled(YEARLY, scope="school")
    figures = {"tuition": {"2152000001": 1600_00, "2152000002": 2000_00, "2152000004": None}}
    schools = ["2152000001", "2152000002", "2152000003", None, "2152000004"]

    paid = [pays(policy, {"school": school}, figures=figures) for school in schools]

    assert paid == [{"grant": 800}, {"grant": 1000}, {}, {}, {}]
    assert told(policy, "r", {"school": "2152000004"}, figures=figures).verdict is Verdict.SWITCHED_OFF
    assert told(policy, "r", {"school": "2152000003"}, figures=figures).verdict is Verdict.WAITING_PARAMETER
    decider = Decider(policy, AUTUMN, figures=figures)
    assert [fact.name for fact in decider.facts] == ["stage", "place", "aided_elsewhere", "figure:tuition"]
    assert decider.facts[-1].label == "高中学费"
    (line,) = decider.lines(("primary", "in_county", None, 1700_00), Measures())
    assert line.amount_fen == 850_00
    assert policy.open_parameters({"tuition": {}}) == policy.parameters


@pytest.mark.parametrize(
    ("fen", "allowed"), [(1599_99, False), (1600_00, True), (2000_00, True), (2000_01, False)]
)
def test_a_figure_lies_within_the_documents_range(fen, allowed):
    assert filled(YEARLY).parameters[0].allows(fen) is allowed


def test_a_charge_may_be_capped_by_the_bureaus_figure():
    policy = filled("{ actual = 'fee_tuition', cap_parameter = 'tuition', per = 'year' }")
    figures = {"tuition": 1700_00}

    assert pays(policy, {"fee_tuition": 1000_00}, figures=figures) == {"grant": 850}
    assert pays(policy, {"fee_tuition": 300_00}, figures=figures) == {"grant": 300}
    assert told(policy, "r", {"fee_tuition": 300_00}).verdict is Verdict.WAITING_PARAMETER
    assert pays(policy, {"fee_tuition": 300_00}, figures={"tuition": None}) == {}


def test_a_percentage_of_a_rule_rests_on_its_figure():
    half = part("programme", "half") + part(
        "rule", "h", programme="half", amount="{ percent = 50, of = 'r' }"
    )
    policy = pack(
        part("parameter", "tuition", kind="amount", scope="school"),
        part("rule", "r", programme="grant", amount=YEARLY, when="{ boarding = true }"),
        half,
    )
    figures = {"tuition": {"2152000001": 1600_00}}

    assert pays(policy, {"school": "2152000001"}, figures=figures) == {"half": 400}
    assert "figure:tuition" in [fact.name for fact in Decider(policy, AUTUMN, figures=figures).facts]
    assert told(policy, "h").verdict is Verdict.WAITING_PARAMETER


TREAT = part(
    "treat", "epidemic", label="低保家庭学生比照建档立卡", first_term="2020-spring", last_term="2020-spring",
    when="{ categories = { any_of = ['rural_dibao', 'urban_dibao'], none_of = ['registered_poor'] } }",
    adds="['registered_poor']", funding="{ sources = ['county_poverty_fund'] }",
)  # fmt: skip
POOR_OR_ORPHAN = "{ stage = ['primary', 'junior'], categories = ['registered_poor', 'orphan'] }"


def treated():
    funding = "{ sources = ['central', 'county'], weights = [8, 2] }"
    amount = "{ yuan = 1000, per = 'year' }"
    return pack(
        TREAT, part("rule", "r", programme="grant", amount=amount, when=POOR_OR_ORPHAN, funding=funding)
    )


@pytest.mark.parametrize(
    ("categories", "term", "paid", "shares"),
    [
        (["rural_dibao"], "2020-spring", {"grant": 500}, (("county_poverty_fund", 500_00),)),
        (["rural_dibao"], "2019-autumn", {}, ()),
        (["rural_dibao"], "2020-autumn", {}, ()),
        (
            ["registered_poor", "rural_dibao"],
            "2020-spring",
            {"grant": 500},
            (("central", 400_00), ("county", 100_00)),
        ),
        (["orphan", "urban_dibao"], "2020-spring", {"grant": 500}, (("central", 400_00), ("county", 100_00))),
        (["disabled"], "2020-spring", {}, ()),
    ],
)
def test_a_category_is_treated_as_another_for_its_terms_and_lapses(categories, term, paid, shares):
    policy = treated()

    assert pays(policy, {"categories": categories}, term) == paid
    assert told(policy, "r", {"categories": categories}, term).shares == shares


def test_a_treatment_is_told_where_a_child_gets_something_only_because_of_it():
    finding = told(treated(), "r", {"categories": ["rural_dibao"]}, "2020-spring")

    assert finding.treatment.code == "epidemic"
    assert finding.note == "比照享受：低保家庭学生比照建档立卡，2020年春季学期，依据某县方案 三“原文”"
    assert finding.checks[1].found == "农村低保（比照后为建档立卡、农村低保）"
    assert finding.outcome.endswith(f"（{finding.note}）")
    own = told(treated(), "r", {"categories": ["registered_poor", "rural_dibao"]}, "2020-spring")
    assert (own.treatment, own.note) == (None, "")


def test_a_line_carries_what_is_stored_of_it():
    policy = treated()
    decider = Decider(policy, Term(2020, 0))
    child = {"stage": "primary", "categories": 4}

    (line,) = decider.lines(decider.values(child), Measures())

    assert line[1:] == (500_00, "r@epidemic", "grant", "cash", "child")
    assert (line.award.rule, line.award.treatment) == (policy.rules[0], policy.treatments[0])
    assert policy.referred(line.rule) == (policy.rules[0], policy.treatments[0])


def test_who_bears_a_stored_line_is_read_from_what_it_names():
    at = At(treated(), Term(2020, 0), {})

    assert shares_of("r@epidemic", 500_00, at) == (("county_poverty_fund", 500_00),)
    assert shares_of("r", 500_00, at) == (("central", 400_00), ("county", 100_00))
    assert shares_of("gone", 500_00, at) is None


def test_of_two_treatments_the_one_that_is_needed_is_told():
    other = part(
        "treat", "other", first_term="2020-spring", last_term="2021-spring", when="{ household = 'rural' }", adds="['disabled']"
    )  # fmt: skip
    policy = pack(
        other, TREAT, part("rule", "r", programme="grant", amount="{ yuan = 1000, per = 'year' }", when=POOR_OR_ORPHAN)
    )  # fmt: skip

    finding = told(policy, "r", {"categories": ["rural_dibao"], "household": "rural"}, "2020-spring")

    assert finding.treatment.code == "epidemic"


def test_a_rule_against_registered_poor_children_shuts_out_those_treated_as_such():
    policy = pack(
        TREAT,
        part("rule", "r", programme="grant", amount="{ yuan = 10, per = 'term' }", when="{ categories = { none_of = ['registered_poor'] } }"),
    )  # fmt: skip

    assert pays(policy, {"categories": ["rural_dibao"]}, "2020-spring") == {}
    assert pays(policy, {"categories": ["rural_dibao"]}, "2020-autumn") == {"grant": 10}


@pytest.mark.parametrize(
    ("kind", "written", "payee"),
    [
        ("cash", None, "child"),
        ("waiver", None, "school"),
        ("in_kind", None, "canteen"),
        ("waiver", "canteen", "canteen"),
        ("in_kind", "school", "school"),
    ],
)
def test_who_is_paid_follows_the_kind_unless_it_is_said(kind, written, payee):
    rule = part("rule", "r", programme="other", amount="{ yuan = 10, per = 'term' }", payee=written)
    policy = pack(part("programme", "other", kind=kind), rule)
    decider = Decider(policy, AUTUMN)

    (line,) = decider.lines(decider.values({"stage": "primary"}), Measures())

    assert (line.kind, line.payee) == (kind, payee)


@pytest.mark.parametrize(
    ("funding", "split"),
    [
        ("{ sources = ['central', 'county'], weights = [8, 2] }", {"central": 400_01, "county": 100_00}),
        ("{ sources = ['central', 'province', 'county'], weights = [1, 1, 1] }", {"central": 166_67, "province": 166_67, "county": 166_67}),
        ("{ sources = ['central', 'county'], yuan = [300, 'rest'] }", {"central": 150_00, "county": 350_01}),
        ("{ sources = ['central', 'county'], yuan = ['rest', 300] }", {"central": 350_01, "county": 150_00}),
        ("{ sources = ['central', 'county'], yuan = [700.01, 300] }", {"central": 350_01, "county": 150_00}),
        ("{ sources = ['central', 'county'] }", {"unstated": 500_01}),
        ("{ sources = [] }", {"unstated": 500_01}),
        ("{ sources = ['county'] }", {"county": 500_01}),
    ],
)  # fmt: skip
def test_who_bears_it_adds_up_to_the_fen(funding, split):
    policy = pack(
        part("rule", "r", programme="grant", amount="{ yuan = 1000.01, per = 'year' }", funding=funding)
    )

    assert dict(told(policy, "r").shares) == split


def test_the_rest_is_of_the_figure_the_bureau_gave():
    policy = filled(YEARLY, funding="{ sources = ['central', 'county'], yuan = [1000, 'rest'] }")

    assert told(policy, "r", figures={"tuition": 1600_00}).shares == (("central", 500_00), ("county", 300_00))


def test_what_is_promised_and_not_computed_is_shown_to_whom_it_is_meant_for():
    policy = pack(
        part("rule", "r", programme="grant", amount="{ yuan = 10, per = 'term' }"),
        part("unpaid", "care", stages="['preschool']", when="{ categories = ['difficult'] }"),
        part("unpaid", "all"),
        part("unpaid", "girls", when="{ sex = 'female' }"),
    )

    def met(**profile):
        return [one.unpaid.code for one in promises(profile, policy, AUTUMN) if one.met]

    assert met(stage="preschool", categories=2048) == ["care", "all"]
    assert met(stage="primary", categories=2048, sex="female") == ["all", "girls"]
    assert "sex" not in [fact.name for fact in Decider(policy, AUTUMN).facts]
    assert "sex" in [fact.name for fact in policy.facts]


def test_examples_name_only_the_facts_they_need_and_may_say_what_the_bureau_filled_in():
    example = part(
        "example", title="寄宿生", term="2020-autumn", child="{ stage = 'primary', boarding = true }", pays="{ grant = 850 }", year=1700,
        figures="{ tuition = 1700 }",
    )  # fmt: skip
    off = part("example", title="不执行", term="2020-autumn", child="{ stage = 'primary' }", pays="{}", figures="{ tuition = 'off' }")  # fmt: skip
    once = part("example", title="一次", term="2020-autumn", child="{ stage = 'junior', entry_term = '2020-autumn' }", pays="{ entry = 300, once = 500 }", year=800)  # fmt: skip

    policy = pack(
        part("parameter", "tuition", kind="amount"),
        part("rule", "r", programme="grant", amount=YEARLY, when="{ stage = 'primary' }"),
        part(
            "rule",
            "e",
            programme="entry",
            amount="{ yuan = 300, per = 'entry' }",
            when="{ stage = 'junior' }",
        ),
        part(
            "rule", "o", programme="once", amount="{ yuan = 500, per = 'once' }", when="{ stage = 'junior' }"
        ),
        example,
        off,
        once,
        programmes=("grant", "entry", "once"),
    )

    assert [one.title for one in policy.examples] == ["寄宿生", "不执行", "一次"]


def test_the_own_county_is_whichever_runs_the_system():
    policy = pack(
        part(
            "rule",
            "r",
            programme="grant",
            amount="{ yuan = 10, per = 'term' }",
            when="{ home_region = '@county' }",
        )
    )

    assert pays(policy, {"home_region": "431022"}) == {}
    assert pays(policy, {"home_region": "431022"}, county="431022") == {"grant": 10}
    with pytest.raises(ValueError, match="六位"):
        pays(policy, county="")
