"""A pack is refused with file, line and a Chinese sentence for whatever is wrong with it."""

import pytest

from subsidies.engine import Decider, Measures, PackError, Term, categories_mask, load_pack
from subsidies.engine.located import find_lines

from .sound import SOUND


def line_of(text, fragment):
    return next(number for number, line in enumerate(text.splitlines(), start=1) if fragment in line)


def refusal(text):
    with pytest.raises(PackError) as refused:
        load_pack(text)
    return refused.value


def test_a_sound_pack_is_read_whole():
    policy = load_pack(SOUND)

    (rule,) = policy.rules
    assert (rule.kind, rule.amount_fen, rule.unit, str(rule.first_term)) == (
        "cash",
        200_000,
        "year",
        "2016-spring",
    )
    assert [condition.wanted() for condition in rule.conditions] == [
        "学段须为普通高中",
        "困难类别须含有建档立卡",
        "就读年级须在本学段第1年至本学段第3年之间（含）",
    ]
    assert rule.funding.split(100_000) == (("central", 80_000), ("county", 20_000))
    assert rule.citation.document == "某县方案"
    assert policy.parameters_of(rule)[0].value == "建档立卡"
    assert policy.unpaid[0].citation.quote == "酌情減免"
    assert policy.programme("grant").order == 1


@pytest.mark.parametrize(
    ("old", "new", "at", "message"),
    [
        ('quote = "每生每年2000元"\n', "", "[[rule]]", "缺少“quote”"),
        ('clause = "二(一)"', 'clause = ""', 'clause = ""', "“clause”应为加引号的文字，且不能为空"),
        ("kind =", "knd =", "knd =", "不认识的键“knd”，是否想写“kind”？"),
        ('kind = "cash"', 'kind = "money"', '"money"', "“kind”没有“money”这个值，可用：cash、in_kind、loan、waiver"),
        ('"2016-spring"', '"2016春"', "2016春", "学期“2016春”写法不对，应如 2020-autumn（秋季）或 2021-spring（春季）"),
        ("grade = { from", "grad = { from", "grad =", "没有“grad”这个条件，是否想写“grade”？"),
        (
            'any_of = ["registered_poor"]',
            'any_of = ["registred_poor"]',
            "registred_poor",
            "“困难类别”（categories）没有“registred_poor”这个值，是否想写“registered_poor”？",
        ),
        ('stage = "senior"\n', 'stage = "high"\n', '"high"', "“学段”（stage）没有“high”这个值"),
        ('stage = "senior"\n', "stage = []\n", "stage = []", "“学段”的条件是空的"),
        ('stage = "senior"\n', "stage = 3\n", "stage = 3", "“学段”（stage）没有“3”这个值"),
        ('stage = "senior"\n', "stage = [[1]]\n", "stage = [[1]]", "“学段”（stage）没有“[1]”这个值"),
        ('stage = "senior"\n', 'stage = "junior"\n', "[rule.when]", "规则的学段超出项目“助学金”的学段"),
        ("grade = {", 'boarding = "yes"\ngrade = {', "yes", "“就读方式”（boarding）没有“yes”这个值，只能写 true 或 false"),
        ("from = 1, to = 3", "from = 3, to = 1", "from = 3", "from 大于 to，没有人能符合"),
        ("from = 1, to = 3", "from = -1", "from = -1", "“from”应为不小于零的整数"),
        ("from = 1, to = 3", "least = 1", "least = 1", "不认识的键“least”"),
        ("from = 1, to = 3", "any_of = 1", "any_of = 1", "“any_of”应为列表"),
        ("{ from = 1, to = 3 }", "{}", "grade = {}", "“就读年级”的条件是空的"),
        ("categories = { any", "categories = { from = 1, any", "from = 1, any", "“困难类别”不是数，不能写 from、to"),
        ("yuan = 2000", "yuan = -1", "yuan = -1", "“yuan”应为不小于零、至多两位小数的金额（元）"),
        ("yuan = 2000", "yuan = 0.005", "yuan = 0.005", "“yuan”应为不小于零、至多两位小数的金额（元）"),
        ("yuan = 2000", "yuan = nan", "yuan = nan", "“yuan”应为不小于零、至多两位小数的金额（元）"),
        ("yuan = 2000", 'yuan = "2000"', 'yuan = "2000"', "“yuan”应为金额（元），如 1000 或 312.50，不加引号"),
        ("yuan = 2000", "yuan = 0", "yuan = 0", "金额须大于零；文件没有写明金额的条款请写成 [[unpaid]]"),
        ('per = "year"', 'per = "week"', '"week"', "“per”没有“week”这个值，可用：day、entry、meal_day、month、once、school_year、term、year"),
        ('amount = { yuan = 2000, per = "year" }\n', "", "[[rule]]", "缺少“amount”"),
        ('"central", "county"]', '"centre", "county"]', '"centre"', "没有“centre”这个资金来源，是否想写“central”？"),
        ("weights = [8, 2]", "weights = [8]", "weights = [8]", "weights 须与 sources 一一对应，且不能全为零"),
        ("weights = [8, 2]", "weights = [0, 0]", "weights = [0, 0]", "weights 须与 sources 一一对应，且不能全为零"),
        ("weights = [8, 2]", "weights = [0.8, 0.2]", "weights = [0.8", "“weights”应为不小于零的整数的列表"),
        ('programme = "grant"', 'programme = "grants"', '"grants"', "没有项目“grants”，是否想写“grant”？"),
        ('parameters = ["poor"]', 'parameters = ["por"]', '["por"]', "没有参数“por”，是否想写“poor”？"),
        ("amount =", 'last_term = "2015-autumn"\namount =', "2015-autumn", "last_term 早于 first_term，规则永不执行"),
        ('term = "2020-autumn"\n', "", "[[example]]", "缺少“term”"),
        ("setting = ", "seting = ", "child =", "没有“seting”这个事实，是否想写“setting”？"),
        ('categories = ["registered_poor"], owner', 'categories = "registered_poor", owner', "child =", "“categories”应为列表"),
        ("pays = { grant", "pays = { grnt", "pays =", "没有项目“grnt”，请先写 [[programme]]"),
        (
            "pays = { grant = 1000 }",
            "pays = { grant = 1200 }",
            "[[example]]",
            "算例“建档立卡高中生”：助学金（grant）应为 1,200.00 元，按规则算得 1,000.00 元",
        ),
        ("year = 2000\n", "year = 2001\n", "[[example]]", "算例“建档立卡高中生”：全学年应为 2,001.00 元，按规则算得 2,000.00 元"),
        ('title = "小县方案"', 'title = "小县方案', "小县方案", "TOML 写法有误"),
        ('title = "小县方案"', 'title = "小县方案"\ntitle = "再写"', "再写", "TOML 写法有误"),
    ],
)  # fmt: skip
def test_a_faulty_pack_is_refused_at_its_line(old, new, at, message):
    assert old in SOUND
    text = SOUND.replace(old, new, 1) if old != 'stage = "senior"\n' else SOUND.replace(old, new)

    error = refusal(text)

    expected = f"政策文本 第 {line_of(text, at)} 行：{message}"
    assert expected in str(error), str(error)


def test_all_problems_are_told_at_once_in_order_of_lines():
    text = SOUND.replace('kind = "cash"', 'kind = "money"').replace("yuan = 2000", "yuan = -1")

    assert [problem.line for problem in refusal(text).problems] == [9, 25]


SECOND_RULE = """
[[rule]]
code = "small-grant-2"
programme = "grant"
label = "另一档"
clause = "二(一)"
quote = "每生每年3000元"
amount = { yuan = 3000, per = "year" }
funding = { sources = [] }
[rule.when]
stage = "senior"
categories = ["orphan"]
"""


def test_two_rules_that_could_pay_one_programme_twice_are_refused():
    error = refusal(SOUND + SECOND_RULE)

    assert "与规则“small-grant”同属项目“grant”且可能同时符合" in str(error)
    assert error.line == line_of(SOUND + SECOND_RULE, '"small-grant-2"')


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{ to = 3 }", "{ from = 4 }"),
        ("{ to = 3 }", "4"),
        ("[1, 2, 3]", "[4, 5]"),
        ("[1, 2, 3]", "{ none_of = [1, 2, 3] }"),
        ("{ from = 1, any_of = [0, 1] }", "0"),
    ],
)
def test_rules_of_one_programme_that_no_child_can_share_are_accepted(first, second):
    text = SOUND.replace("grade = { from = 1, to = 3 }", f"grade = {first}")

    load_pack(text + SECOND_RULE + f"grade = {second}\n")


def test_a_group_lets_the_higher_of_two_rules_win():
    grouped = SOUND.replace("parameters =", 'group = "tier"\nparameters =')
    policy = load_pack(grouped + SECOND_RULE.replace("amount =", 'group = "tier"\namount ='))

    assert [rule.group for rule in policy.rules] == ["tier", "tier"]


def test_a_group_of_unlike_units_compares_what_each_gives_in_the_school_year():
    grouped = SOUND.replace("parameters =", 'group = "tier"\nparameters =')
    daily = SECOND_RULE.replace("amount =", 'group = "tier"\namount =').replace('"year"', '"meal_day"')
    policy = load_pack(grouped + daily.replace("yuan = 3000", "yuan = 12"))
    both = {"stage": "senior", "grade": 1, "categories": categories_mask(["registered_poor", "orphan"])}
    decider = Decider(policy, Term(2020, 1))

    given = {
        days: [(line.rule, line.amount_fen) for line in decider.lines(decider.values(both), Measures(days))]
        for days in (83, 84)
    }

    assert given == {83: [("small-grant", 1000_00)], 84: [("small-grant-2", 1008_00)]}


def test_a_code_used_twice_is_refused():
    again = SECOND_RULE.replace("small-grant-2", "small-grant").replace(
        "[rule.when]", "[rule.when]\ngrade = 4"
    )

    assert f"代码“small-grant”已在第 {line_of(SOUND, '[[rule]]')} 行用过" in str(refusal(SOUND + again))


def test_a_pack_without_rules_is_refused():
    head = SOUND[: SOUND.index("[[programme]]")]

    assert "没有一条规则" in str(refusal(head))


@pytest.mark.parametrize(
    "text", ["", "规则", "rule = 3", "rule = [1]", "[rule]\ncode = 1", "[[rule]]", "programme = {}"]
)
def test_what_is_no_pack_is_refused_in_words(text):
    assert refusal(text).problems


def test_a_file_is_named_and_must_be_readable(tmp_path):
    pack = tmp_path / "county.toml"
    with pytest.raises(PackError, match=r"county\.toml 第 1 行：读不到这个文件"):
        load_pack(pack)
    pack.write_bytes(SOUND.encode("gb18030"))
    with pytest.raises(PackError, match="文件不是 UTF-8 编码"):
        load_pack(pack)
    pack.write_bytes(b"\xef\xbb\xbf" + SOUND.replace("\n", "\r\n").encode())
    assert load_pack(pack).name == "small"


def test_lines_are_found_past_strings_and_lists_over_several_lines():
    text = '''\
a = """
b = 1
[[rule]]
"""
list = [
  "x = [",  # ]
  'y',
]
[[rule]]
"quoted key" = 1
c.d = { e = 2 }
[rule.when]
f = 3
[[rule]]
[[rule.deep]]
[[rule.deep]]
g = 4
'''

    assert find_lines(text) == {
        (): 1,
        ("a",): 1,
        ("list",): 5,
        ("rule", 0): 9,
        ("rule", 0, "quoted key"): 10,
        ("rule", 0, "c", "d"): 11,
        ("rule", 0, "when"): 12,
        ("rule", 0, "when", "f"): 13,
        ("rule", 1): 14,
        ("rule", 1, "deep", 0): 15,
        ("rule", 1, "deep", 1): 16,
        ("rule", 1, "deep", 1, "g"): 17,
    }
