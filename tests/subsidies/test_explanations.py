"""What a child's explanation tells: the page's, and the family's in plain sentences."""

import pytest
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM
from students.enums import HardshipCategory
from subsidies.actions.policies import load_policy, pack_of, pack_text
from subsidies.explanations import explain_enrolment
from subsidies.family import family_sentences
from tests import factories
from tests.factories import policies
from tests.subsidies.engine.building import pack_text as small_pack
from tests.subsidies.engine.building import part

pytestmark = pytest.mark.django_db
POOR = HardshipCategory.REGISTERED_POOR


@pytest.fixture
def pack(db):
    return pack_of(load_policy(text=pack_text("guiding"), by=SYSTEM))


def explained(child, pack):
    return explain_enrolment(child.enrolments.select_related("student", "school", "term").get(), pack)


def test_family_is_told_each_benefit_how_it_comes_and_by_which_clause(pack, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    document = "《教育扶贫工作方案》篇3（贵定县，依据贵党发〔20xx〕33号制定）"
    assert family_sentences(explained(child, pack)) == [
        "罗娜2020年秋季学期在城关镇下寨小学就读，按政策享受以下资助。",
        "小学建档立卡寄宿生生活补助：500.00 元（1,000.00 元/年 ÷ 2 = 500.00 元），发到学生或监护人的银行账户。"
        f"依据{document}二(一)2。",
        "建档立卡寄宿生县级增补生活补助：50.00 元（100.00 元/年 ÷ 2 = 50.00 元），发到学生或监护人的银行账户。"
        f"依据{document}二(一)2。",
        "现金合计 550.00 元。",
        "建档立卡学生营养膳食补助：400.00 元（4.00 元/天 × 100 天 = 400.00 元），在学校用餐时享受，不发现金。"
        f"依据{document}二(一)2。",
    ]  # fmt: skip


def test_family_of_a_child_owed_nothing_is_told_what_is_nearest(pack, xiazhai, autumn):
    child = factories.student("何勇", at=xiazhai, during=autumn, boarding=True)
    told = family_sentences(explained(child, pack))
    assert told[0] == "何勇2020年秋季学期在城关镇下寨小学就读，按现行政策没有可享受的资助项目。"
    assert told[1:] == [
        "何勇如果属于建档立卡户（脱贫户），可以享受“小学建档立卡寄宿生生活补助”。情况属实的，请告诉学校或县学生资助中心。"
    ]


RULE = {"programme": "grant", "label": "补助", "amount": "{ yuan = 10, per = 'term' }"}
EITHER = (
    "[[rule.either]]\nschool = ['1']\n"
    "[[rule.either]]\ncategories = ['orphan', 'disabled']\nboarding = false\n"
    "[[rule.either]]\nresettled = true\n"
)
CHANGED = "家里情况有变化的，请告诉学校或县学生资助中心。"


@pytest.mark.parametrize(
    ("when", "more", "said"),
    [
        ("{ boarding = false, repeater = false }", {}, "罗娜如果改为走读，可以享受“补助”。"),
        ("{ eats_at_school = true }", {}, "罗娜如果在学校用餐，可以享受“补助”。"),
        ("{ categories = { all_of = ['disabled', 'rural_dibao'] } }", {}, "罗娜如果属于残疾学生，同时属于农村低保户，可以享受“补助”。"),
        ("{ categories = ['orphan', 'disabled'], boarding = false }", {}, "罗娜如果属于孤儿、残疾学生之一，并且改为走读，可以享受“补助”。"),
        ("{ ethnicity = ['苗族', '侗族'], household = 'rural' }", {}, "罗娜如果民族是苗族或侗族，并且户口是农业户口，可以享受“补助”。"),
        ("{ resettled = true }", {}, "罗娜如果属于“易地搬迁户”，可以享受“补助”。"),
        ("{ eats_at_school = true }", {"selection": "{ places = 2, per = 'school' }"}, "罗娜如果在学校用餐，可以申请“补助”。"),
        ("{ stage = 'primary' }", {"tail": EITHER}, "罗娜如果属于“易地搬迁户”，可以享受“补助”。"),
        # what no family can see to, alone or beside something else
        ("{ age = { to = 3 } }", {}, None),
        ("{ eats_at_school = true, integrated = true }", {}, None),
        ("{ home_region = '530102', eats_at_school = true }", {}, None),  # it is on file, and another
        ("{ categories = { any_of = ['orphan'], none_of = ['left_behind'] } }", {}, None),
        ("{ eats_at_school = true }", {"amount": None, "unstated": "未写金额"}, None),
    ],
)  # fmt: skip
def test_family_is_told_in_its_words_what_it_can_see_to_and_nothing_else(when, more, said, xiazhai, autumn):
    more = dict(more)
    fact = part("fact", "resettled", label="易地搬迁户", type="flag")
    rule = part("rule", "r", **{**RULE, "when": when} | {k: v for k, v in more.items() if k != "tail"})
    text = small_pack(fact, rule + more.get("tail", ""))
    child = factories.student(
        "罗娜", at=xiazhai, during=autumn, boarding=True, categories=HardshipCategory.LEFT_BEHIND
    )

    told = family_sentences(explained(child, pack_of(load_policy(text=text, by=SYSTEM))))

    ending = "情况属实的，请告诉学校或县学生资助中心。"
    assert told == [
        "罗娜2020年秋季学期在城关镇下寨小学就读，按现行政策没有可享受的资助项目。",
        said + ending if said else CHANGED,
    ]


def test_missing_is_of_the_childs_stage_nearest_first_and_not_of_what_it_has(pack, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn, categories=POOR)
    found = explained(child, pack)
    assert [f.rule.programme for f in found.awarded] == ["nutrition"]
    assert [(item.finding.rule.programme, len(item.checks)) for item in found.missing()] == [
        ("boarding_living", 1),
        ("boarding_topup", 1),
    ]


def test_kinds_are_apart_and_sum_to_what_is_awarded(pack, autumn):
    senior = factories.school("云岭县第一中学", kind="senior")
    child = factories.student(
        "王大力", at=senior, during=autumn, stage="senior", grade=1, boarding=True, categories=POOR
    )
    found = explained(child, pack)
    kinds = [(str(kind), len(findings), fen) for kind, findings, fen in found.by_kind()]
    assert [kind for kind, *_ in kinds] == ["cash", "waiver"]
    assert sum(fen for *_, fen in kinds) == sum(f.amount_fen for f in found.findings)
    assert kinds[0][2] == found.cash_fen


def test_page_tells_what_waits_what_may_be_borrowed_and_what_is_promised_besides(
    client, leader, xiazhai, autumn
):
    parts = [
        part("parameter", "fee", label="高中学费", kind="amount", scope="school"),
        part("programme", "loan", label="贷款", kind="loan", stages='["primary"]'),
        part("rule", "waits", programme="grant", label="免学费", amount="{ parameter = 'fee', per = 'year' }"),
        part("rule", "lent", programme="loan", label="生源地贷款", amount="{ yuan = 8000, per = 'year' }", when="{ stage = 'primary' }"),
        part("unpaid", "care", label="酌情减免", quote="酌情减免保教费", reason="文件未写金额", when="{ stage = 'primary' }"),
        part("unpaid", "other", label="别人的", when="{ stage = 'junior' }"),
    ]  # fmt: skip
    load_policy(text=small_pack(*parts), by=SYSTEM, figures={"fee": {"9999999999": 100_00}})
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    client.force_login(leader)

    page = client.get(reverse("subsidies:why", args=[child.pk])).content.decode()

    assert "免学费：条件都符合，但“高中学费”教育局还没有确定，确定之前不计算" in page
    assert "生源地贷款：可申请贷款，不计入资助金额，额度不超过 8,000.00 元/年" in page
    assert "<b>酌情减免</b>：“酌情减免保教费”（某县方案 四）。文件未写金额" in page
    assert "别人的" not in page
    assert "逐条对照（2 条）" in page
    assert "应发现金 <b>0.00</b>" in page


def test_page_and_command_tell_by_which_treatment_and_alternative(client, leader, xiazhai, autumn):
    either = "[[rule.either]]\nhousehold = 'rural'\n[[rule.either]]\ncategories = ['registered_poor']\n"
    parts = [
        part("treat", "epidemic", label="低保比照", when="{ categories = ['rural_dibao'] }", adds="['registered_poor']", last_term="2020-autumn"),
        part("rule", "r", programme="grant", amount="{ yuan = 100, per = 'term' }") + either,
    ]  # fmt: skip
    pack = pack_of(load_policy(text=small_pack(*parts), by=SYSTEM))
    child = factories.student("罗娜", at=xiazhai, during=autumn, categories=HardshipCategory.RURAL_DIBAO)
    client.force_login(leader)

    page = client.get(reverse("subsidies:why", args=[child.pk])).content.decode()
    (rule,) = explained(child, pack).as_dict()["rules"]

    assert "比照享受：低保比照，2016年春季学期至2020年秋季学期，依据某县方案 三“原文”" in page
    assert "情形：属情形（二），困难类别为农村低保（比照后为建档立卡、农村低保）" in page
    assert (rule["treatment"], [one["held"] for one in rule["alternatives"]]) == ("epidemic", [False, True])


GROUPED = policies.TEXT.replace('code = "living-1"', 'code = "living-1"\ngroup = "one"') + (
    '\n[[rule]]\ncode = "living-2"\nprogramme = "living"\nlabel = "残疾学生生活补助"\nclause = "二"\nquote = "每生每年1500元"\n'
    'group = "one"\namount = { yuan = 1500, per = "year" }\nfunding = { sources = ["province", "county"], weights = [8, 2] }\n'
    '[rule.when]\nstage = ["primary"]\ncategories = ["disabled"]\n'
    '\n[[programme]]\ncode = "meal"\nlabel = "早餐"\nkind = "in_kind"\nstages = ["primary"]\n'
    '\n[[parameter]]\ncode = "meal"\nlabel = "早餐标准"\nreason = "原文未写"\nkind = "amount"\n'
    '\n[[rule]]\ncode = "meal-1"\nprogramme = "meal"\nlabel = "早餐补助"\nclause = "三"\nquote = "适当补助"\n'
    'amount = { parameter = "meal", per = "day" }\nfunding = { sources = ["county"] }\n[rule.when]\nstage = ["primary"]\n'
    '\n[[unpaid]]\ncode = "books"\nlabel = "免费教科书"\nclause = "四"\nquote = "免费提供教科书"\nreason = "文件未写金额"\nstages = ["primary"]\n'
)  # fmt: skip


@pytest.fixture
def reader(client, leader):
    client.force_login(leader)
    return client


def drawer(reader, child) -> str:
    return reader.get(reverse("subsidies:why", args=[child.pk])).content.decode()


@pytest.fixture
def luona(xiazhai, autumn):
    disabled = HardshipCategory.DISABLED
    return factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, categories=disabled)


def test_drawer_tells_what_won_its_group_and_who_bears_it(reader, luona):
    policies.published(GROUPED, figures={"meal": 300})
    shown = drawer(reader, luona)
    assert "应发现金 <b>750.00</b> 元" in shown
    assert "“小学寄宿生生活补助”（1,000.00 元/年 ÷ 2 = 500.00 元）符合条件，同组就高未取，取本项" in shown
    assert "1,500.00 元/年 ÷ 2 = 750.00 元" in shown
    for share in ("省级财政", "600.00", "县级财政", "150.00"):
        assert share in shown
    assert "另有实物（供餐） 300.00 元，不发现金" in shown
    assert "免费教科书" in shown
    assert "给家长的话" in shown
    assert "现金" in shown


def test_amount_by_a_later_document_is_explained_by_its_own_words(reader, luona):
    dated = (
        'amount = [{ yuan = 1000, per = "year", last_term = "2020-spring" }, '
        '{ yuan = 1200, per = "year", first_term = "2020-autumn", document = "《新标准》", clause = "一", quote = "每生每年1200元" }]'
    )
    policies.published(policies.TEXT.replace('amount = { yuan = 1000, per = "year" }', dated))
    shown = drawer(reader, luona)
    assert "《新标准》 一：“每生每年1200元”" in shown
    assert "依据《新标准》一。" in shown
    assert "每生每年1000元" not in shown


def test_drawer_tells_what_waits_for_the_bureau(reader, luona):
    draft = policies.draft(GROUPED)
    found = explain_enrolment(
        luona.enrolments.select_related("student", "school", "term").get(), pack_of(draft)
    )
    [waiting] = found.waiting
    assert (waiting.rule.code, waiting.amount_fen) == ("meal-1", 0)
    assert "“早餐标准”教育局还没有确定" in waiting.outcome


def test_every_rule_is_told_once_and_by_what_became_of_it(pack, xiazhai, autumn):
    child = factories.student("罗娜", at=xiazhai, during=autumn, boarding=True, categories=POOR)
    found = explained(child, pack)
    groups = dict(found.rule_by_rule())
    assert sum(map(len, groups.values())) == len(found.findings)
    assert [f.rule.code for f in groups["享受"]] == [
        "guiding-boarding-primary", "guiding-boarding-topup", "guiding-nutrition",
    ]  # fmt: skip
    assert "guiding-senior-nsg" in [f.rule.code for f in groups["其他学段和年级"]]


def test_drawer_of_a_child_owed_nothing_tells_what_is_missing_nearest_first(reader, xiazhai, autumn):
    policies.published(GROUPED, figures={"meal": None})
    child = factories.student("何勇", at=xiazhai, during=autumn)
    shown = drawer(reader, child)
    nearest = shown.partition("为何没有其他项目")[2]
    assert nearest.index("小学寄宿生生活补助") < nearest.index("逐条对照")
    assert "差 1 条：就读方式须为寄宿，该生为走读" in nearest
    assert "本县不执行" in nearest
