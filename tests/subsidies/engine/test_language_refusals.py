"""What cannot be said is refused with a line and a sentence, never computed wrong."""

import pytest

from subsidies.engine import PackError, check_pack, load_pack
from tests.subsidies.engine.building import pack_text, part

FIGURE = part("parameter", "tuition", kind="amount", range="[1600, 2000]")
RULE = {"programme": "grant", "amount": "{ yuan = 100, per = 'term' }"}
SCHOOLS = part("parameter", "by_school", kind="amount", scope="school")


def refused(*parts, **more):
    with pytest.raises(PackError) as error:
        load_pack(pack_text(*parts, **more))
    text = pack_text(*parts, **more).splitlines()
    return [(text[one.line - 1], one.message) for one in error.value.problems]


def amount(written, **more):
    return part("rule", "r", programme="grant", amount=written, **more)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        # conditions
        (part("rule", "r", **RULE, when="{ income = 3 }"), "没有“income”这个条件，可用："),
        (part("rule", "r", **RULE, when="{ home_region = '529' }"), "“户籍地”（home_region）没有“529”这个值，应为加引号的 2、4 或 6 位区划代码"),
        (part("rule", "r", **RULE, when="{ entry_term = '2020' }"), "“入学学期”（entry_term）没有“2020”这个值，应如 2020-autumn"),
        (part("rule", "r", **RULE, when="{ entry_term = { from = '2021-spring', to = '2020-autumn' } }"), "from 大于 to，没有人能符合"),
        (part("rule", "r", **RULE, when="{ fee_tuition = { to = '1000' } }"), "“to”应为金额（元）"),
        (part("rule", "r", **RULE, when="{ grade = { all_of = [1, 2] } }"), "“就读年级”只有一个值，不能写 all_of"),
        (part("rule", "r", **RULE, when="{ sex = { from = 1 } }"), "“性别”不是数，不能写 from、to"),
        (part("rule", "r", **RULE, when="{ grade = { first_term = '2020-autumn' } }"), "“就读年级”的条件是空的"),
        (part("rule", "r", **RULE, when="{ grade = { from = 1, first_term = '2020-autumn', last_term = '2019-autumn' } }"), "last_term 早于 first_term，条件永不起作用"),
        (part("rule", "r", **RULE, when="{ major = '' }"), "“所学专业”（major）没有“”这个值，应为加引号的文字，且不能为空"),
        (part("rule", "r", **RULE) + "[[rule.either]]\n", "这一种情形是空的，人人都会符合"),
        (part("rule", "r", **RULE, either="{ grade = 1 }"), "“either”应写成 [[either]]"),
        (part("rule", "r", **RULE, selecton="{ places = 3, per = 'school' }"), "不认识的键“selecton”，是否想写“selection”？"),
        # amounts
        (amount("{ yuan = 1, per = 'term', qoute = '' }"), "不认识的键“qoute”，是否想写“quote”？"),
        (amount("{ per = 'year' }"), "金额须写 yuan、parameter、percent、actual 其中的一个"),
        (amount("{ yuan = 1, percent = 3, per = 'year' }"), "金额须写 yuan、parameter、percent、actual 其中的一个"),
        (amount("{ yuan = 1, per = 'week' }"), "“per”没有“week”这个值"),
        (amount("{ yuan = 1 }"), "缺少“per”"),
        (amount("{ yuan = 1, per = 'month' }"), "按月计的金额须写 months（每学期几个月）或 months_of（记月数的事实）"),
        (amount("{ yuan = 1, per = 'year', months = 5 }"), "只有 per 为 month 的金额才写 months 或 months_of"),
        (amount("{ yuan = 1, per = 'month', months = 5, months_of = 'months' }"), "months 和 months_of 只能写一个"),
        (amount("{ yuan = 1, per = 'day', days_of = 'fee_care' }"), "“days_of”须是记数的事实，没有“fee_care”"),
        (amount("{ yuan = 1, per = 'year', pay_in = 'spring' }"), "只有 per 为 school_year 的金额才写 pay_in"),
        (amount("{ yuan = 1, per = 'school_year', pay_in = 'winter' }"), "“pay_in”没有“winter”这个值"),
        (amount("{ yuan = 1, per = 'year', less = 'grade' }"), "“less”须是记金额的事实，没有“grade”"),
        (amount("{ percent = 50 }"), "百分比须写 of（某条规则的标准）或 of_awarded（某些项目的所享金额）其中的一个"),
        (amount("{ percent = 0, of = 'r' }"), "“percent”应为大于零、不超过 1000、至多两位小数的百分数"),
        (amount("{ percent = '50%', of = 'r' }"), "“percent”应为百分数，如 50 或 12.5，不加引号和百分号"),
        (amount("{ percent = 50, of = 'q' }"), "没有规则“q”，"),
        (amount("{ percent = 50, of = 'r' }"), "按百分比互相引用，成了圈，算不出标准"),
        (amount("{ percent = 50, of = 'r', per = 'year' }"), "不认识的键“per”"),
        (amount("{ percent = 50, of_awarded = ['q'] }"), "没有项目“q”，"),
        (amount("{ parameter = 'tuitio', per = 'year' }") + FIGURE, "没有 kind 为 amount 的参数“tuitio”，是否想写“tuition”？"),
        (amount("{ actual = 'tuition' }"), "“actual”须是记金额的事实，没有“tuition”，是否想写“fee_tuition”？"),
        (amount("{ actual = 'fee_care', cap = 9, cap_parameter = 'tuition' }") + FIGURE, "cap 和 cap_parameter 只能写一个"),
        (amount("{ actual = 'fee_care', cap = 9, per = 'month' }"), "实际收费按学期登记，上限只能按 year（减半）或 term 计"),
        (amount("{ yuan = 5, per = 'term' }", unstated="酌情"), "写了 amount 就不能再写 unstated"),
        (amount("[]"), "“amount”应为一组键和值"),
        (amount("[{ yuan = 1, per = 'year', last_term = '2019-autumn' }, { yuan = 2, per = 'year', first_term = '2019-autumn' }]"), "按学期分段的金额在2019年秋季学期重叠"),
        (amount("[{ yuan = 1, per = 'year', last_term = '2019-autumn' }, { yuan = 2, per = 'year', first_term = '2020-autumn' }]"), "按学期分段的金额在2020年春季学期断开"),
        (amount("[{ yuan = 1, per = 'year' }, { yuan = 2, per = 'year', first_term = '2020-autumn' }]"), "按学期分段的金额在2020年秋季学期重叠"),
        (amount("{ yuan = 1, per = 'year', last_term = '2019-autumn' }"), "金额到2019年秋季学期为止，规则之后还在执行"),
        (amount("{ yuan = 1, per = 'year', first_term = '2019-autumn' }"), "规则自2016年春季学期起，金额却从2019年秋季学期才有"),
        # funding
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [30, 60] }"), "各来源合计 90.00 元，与标准 100.00 元不符"),
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [130, 'rest'] }"), "各来源合计 130.00 元，与标准 100.00 元不符"),
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], yuan = ['rest', 'rest'] }"), "yuan 须与 sources 一一对应，至多一个写 'rest'（承担其余）"),
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [1] }"), "yuan 须与 sources 一一对应，至多一个写 'rest'（承担其余）"),
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [1, 'rest'], weights = [1, 1] }"), "weights 和 yuan 只能写一个"),
        (amount("{ actual = 'fee_care' }", funding="{ sources = ['central', 'county'], yuan = [1, 'rest'] }"), "各人标准不同的金额不能按元分担，请按比例（weights）写"),
        (amount("{ parameter = 'by_school', per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [1, 'rest'] }") + SCHOOLS, "各人标准不同的金额不能按元分担，请按比例（weights）写"),
        (amount("{ parameter = 'tuition', per = 'year' }", funding="{ sources = ['central', 'county'], yuan = [1, 9] }") + FIGURE, "标准不是固定金额时，须有一个来源写 'rest'（承担其余）"),
        (amount("{ yuan = 100, per = 'year' }", funding="{ sources = ['central', 'county'], weights = [60, 30] }"), "分担比例合计 90，像百分比却不是 100"),
        # the rest of a rule
        (amount("{ yuan = 5, per = 'term' }", yields_to="['q']"), "没有规则或项目“q”，"),
        (amount("{ yuan = 5, per = 'term' }", payee="parent"), "“payee”没有“parent”这个值，可用：canteen、child、school"),
        (amount("{ yuan = 5, per = 'term' }", payee="school"), "现金项目发给学生本人；拨给学校或食堂的，请把项目的 kind 写成 waiver 或 in_kind"),
        (amount("{ yuan = 5, per = 'term' }", selection="{ places = 3 }"), "缺少“per”"),
        (amount("{ yuan = 5, per = 'term' }", selection="{ places = 3, per = 'class' }"), "“per”没有“class”这个值"),
        (amount("{ yuan = 5, per = 'term' }", selection="{ per = 'school' }"), "名额请写 places，或用 parameter 指明由教育局填写的参数，二者写一个"),
        (amount("{ yuan = 5, per = 'term' }", selection="{ parameter = 'tuition', per = 'school' }") + FIGURE, "没有 kind 为 places 的参数“tuition”，"),
        (amount("{ yuan = 5, per = 'term' }", when="{ grade = { from = 3 }, stage = { any_of = ['primary'], none_of = ['primary'] } }"), "这条规则的条件互相矛盾，没有人能符合"),
        (amount("{ yuan = 5, per = 'term' }", when="{ grade = { from = 3 } }") + "[[rule.either]]\ngrade = 1\n[[rule.either]]\ngrade = { to = 2 }\n", "这条规则的条件互相矛盾，没有人能符合"),
        (amount("{ yuan = 5, per = 'term' }", last_term="2015-autumn", first_term="2015-spring"), "规则到2015年秋季学期止，政策自2016年春季学期起，永不执行"),
        (part("rule", "r@x", **RULE), "代码“r@x”只能用字母、数字、下划线、点和短横，不超过 35 个"),
        (part("rule", "r" * 36, **RULE), f"代码“{'r' * 36}”只能用字母、数字、下划线、点和短横，不超过 35 个"),
        (amount("{ yuan = 5, per = 'term' }") + part("programme", "p", label="长" * 61), "项目名称不超过 60 个字"),
        # other parts
        (amount("{ yuan = 5, per = 'term' }") + part("parameter", "p", kind="amount", value="3"), "由教育局填写的参数不能在政策包里写 value；参考数请写 suggested"),
        (amount("{ yuan = 5, per = 'term' }") + part("parameter", "p", kind="amount", range="[3, 2]"), "range 应写成从小到大的两个数，如 [1600, 2000]"),
        (amount("{ yuan = 5, per = 'term' }") + part("parameter", "p", kind="amount", range="[2, 3]", suggested=4), "suggested 不在 range 之内"),
        (amount("{ yuan = 5, per = 'term' }") + part("parameter", "p", value="x", scope="school"), "只有 kind 为 amount 或 places 的参数才写“scope”"),
        (amount("{ yuan = 5, per = 'term' }") + part("parameter", "p", kind="amount", scope="class"), "“scope”没有“class”这个值"),
        (amount("{ yuan = 5, per = 'term' }") + part("group", "g", pick="lowest"), "“pick”没有“lowest”这个值，可用：chosen、first、highest"),
        (amount("{ yuan = 5, per = 'term' }") + part("treat", "t", when="{ sex = 'female' }", adds="['poor']", last_term="2020-autumn"), "困难类别没有“poor”，"),
        (amount("{ yuan = 5, per = 'term' }") + part("treat", "t", when="{ sex = 'female' }", adds="['orphan']"), "缺少“last_term”（比照到哪个学期为止；比照必须自行失效）"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "grade", type="number"), "“grade”是系统已有的事实（就读年级），请直接使用，或另取名字"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "Income", type="number"), "事实名“Income”应以小写字母开头"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "income", type="text"), "“type”没有“text”这个值，可用：choice、flag、money、number"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "income", type="choice"), "缺少“choices”"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "income", type="flag", choices="{ a = '甲' }"), "只有 choice 类型才写 choices"),
        (amount("{ yuan = 5, per = 'term' }") + part("fact", "x1", type="flag") * 2, "事实“x1”已声明过"),
        (amount("{ yuan = 5, per = 'term' }") + part("example", title="例", term="2020-autumn", child="{ income = 3 }", pays="{}"), "没有“income”这个事实，"),
        (amount("{ yuan = 5, per = 'term' }") + part("example", title="例", term="2020-autumn", child="{}", pays="{}", figures="{ p = 3 }"), "没有由教育局填写的参数“p”，"),
        (amount("{ yuan = 5, per = 'term' }") + part("unpaid", "u", stages="['school']"), "“学段”（stage）没有“school”这个值，"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused(rule, message):
    problems = refused(rule)

    assert any(said.startswith(message) for _, said in problems), problems


@pytest.mark.parametrize(
    ("key", "kind"),
    [(key, kind) for kind in ("rule", "parameter", "treat", "group", "unpaid", "programme", "fact", "example") for key in ("colour",)],
)  # fmt: skip
def test_an_unknown_key_is_refused_wherever_it_stands(key, kind):
    written = part(kind, "" if kind == "example" else "x_x", **{key: "red"})
    rule = part("rule", "r", **RULE)

    problems = refused(rule, written)

    assert (f'{key} = "red"', f"不认识的键“{key}”") in [
        (line, said.split("，")[0]) for line, said in problems
    ]


def test_a_loan_is_no_part_of_what_is_awarded():
    rule = part("rule", "r", programme="grant", amount="{ percent = 5, of_awarded = ['loan'] }")
    loan = part("programme", "loan", kind="loan", stages="['bachelor']")

    assert "“loan”是贷款，不计入所享金额" in [said for _, said in refused(loan, rule)]


def test_percentages_of_each_other_are_a_circle():
    rules = [
        part("rule", one, programme=one, amount=f"{{ percent = 50, of = '{two}' }}")
        for one, two in ("ab", "bc", "ca")
    ]

    problems = refused(*rules, programmes=("a", "b", "c"))

    assert {said for _, said in problems} == {"按百分比互相引用，成了圈，算不出标准"}


@pytest.mark.parametrize(
    ("first", "second", "meet"),
    [
        ("{ categories = ['registered_poor'] }", "{ categories = { any_of = ['orphan'], none_of = ['registered_poor'] } }", False),
        ("{ categories = ['registered_poor', 'disabled'] }", "{ categories = { none_of = ['registered_poor'] } }", True),
        ("{ categories = { all_of = ['registered_poor', 'disabled'] } }", "{ categories = { none_of = ['disabled'] } }", False),
        ("{ home_region = '@county' }", "{ home_region = { none_of = ['@prefecture'] } }", False),
        ("{ home_region = '@county' }", "{ home_region = '529901' }", True),
        ("{ home_region = '52' }", "{ home_region = '5301' }", False),
        ("{ home_region = '52' }", "{ home_region = '5201' }", True),
        ("{ entry_term = { to = '2018-spring' } }", "{ entry_term = { from = '2018-autumn' } }", False),
        ("{ fee_care = { to = 100 } }", "{ fee_care = { from = 100.01 } }", False),
        ("{ repeater = true }", "{ repeater = false }", False),
        ("{ sex = { any_of = ['male'], last_term = '2018-spring' } }", "{ sex = { any_of = ['female'], last_term = '2018-spring' } }", True),
        ("{ tier = 'special' }", "{ tier = { none_of = ['special'] } }", False),
    ],
)  # fmt: skip
def test_rules_of_one_programme_are_refused_only_when_a_child_could_hold_both(first, second, meet):
    text = pack_text(part("rule", "a", **RULE, when=first), part("rule", "b", **RULE, when=second))

    errors = check_pack(text).errors

    assert [one.message.startswith("与规则“a”同属项目“grant”且可能同时符合") for one in errors] == [
        True
    ] * meet


@pytest.mark.parametrize("more", [{"yields_to": "['b']"}, {"group": "g"}])
def test_rules_of_one_programme_may_meet_when_it_is_settled_who_wins(more):
    load_pack(
        pack_text(
            part("rule", "a", **RULE, **more),
            part("rule", "b", **RULE, **({} if "yields_to" in more else more)),
        )
    )


def test_alternatives_are_looked_at_one_by_one():
    ways = "[[rule.either]]\ngrade = 1\n[[rule.either]]\ngrade = 3\n"
    apart, meeting = "{ grade = 2 }", "{ grade = { from = 2 } }"

    texts = [
        pack_text(part("rule", "a", **RULE) + ways, part("rule", "b", **RULE, when=when))
        for when in (apart, meeting)
    ]

    assert [len(check_pack(text).errors) for text in texts] == [0, 1]
