"""Drafts on the page: begin, check, save, two editors, a rule and an amount by form, give up."""

import re
import tomllib
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from povertyedu.audit.models import AuditEvent
from students.models import CountyFact
from subsidies.actions.policies import pack_of, pack_text
from subsidies.engine import Term
from subsidies.models import Policy
from tests import factories
from tests.factories import policies
from tests.factories.policies import TEXT

pytestmark = pytest.mark.django_db
RULE = {
    "label": "小学走读生生活补助", "programme": "living", "yuan": "500", "per": "year", "clause": "二", "quote": "每生每年500元",
    "when_stage": ["primary"], "when_boarding": "false", "source_1": "province", "weight_1": "8", "source_2": "county", "weight_2": "2",
}  # fmt: skip


@pytest.fixture
def published(db):
    return policies.published()


@pytest.fixture
def draft(published):
    return policies.draft()


@pytest.fixture
def writer(client, aid_officer):
    client.force_login(aid_officer)
    return client


def address(name: str, *arguments) -> str:
    return reverse(f"subsidies:{name}", args=arguments)


def save(writer, draft, **changes):
    sent = {"revision": draft.revision, "applies_from": draft.applies_from, "text": draft.text} | changes
    return writer.post(address("draft", draft.pk), sent)


def page(answer) -> str:
    return answer.content.decode()


def test_draft_begins_from_a_built_in_pack_a_version_or_a_file(writer, published):
    upload = SimpleUploadedFile("县.toml", ("\ufeff" + TEXT.replace("\n", "\r\n")).encode())
    for sent in ({"pack": "guiding"}, {"policy": published.pk}, {"file": upload}):
        assert writer.post(address("draft_new"), sent).status_code == 302
    built_in, version, file = Policy.objects.drafts().order_by("pk")
    assert (built_in.text, built_in.based_on) == (pack_text("guiding"), None)
    assert (version.text, version.based_on, version.title) == (TEXT, published, "云岭县方案")
    assert (file.text, file.created_by) == (TEXT, "周敏")


@pytest.mark.parametrize(
    ("sent", "says"),
    [({}, "三者中选一个"), ({"pack": "guiding", "policy": "+"}, "选择一个有效的选项"), ({"pack": "none"}, "选择一个有效的选项")],
)  # fmt: skip
def test_draft_from_nothing_or_from_two_is_refused(writer, sent, says):
    answer = writer.post(address("draft_new"), sent, follow=True)
    assert says in page(answer)
    assert not Policy.objects.exists()


def test_file_that_is_no_text_is_refused(writer):
    for content in (b"\xff\xfe\x00", b"name = \x00"):
        answer = writer.post(
            address("draft_new"), {"file": SimpleUploadedFile("a.toml", content)}, follow=True
        )
        assert "不是" in page(answer)
    assert not Policy.objects.exists()


def test_saving_keeps_text_and_term_and_tells_the_log(writer, draft):
    answer = save(writer, draft, text=TEXT.replace("1000元", "一千元"), applies_from="")
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert (draft.revision, draft.changed_by) == (2, "周敏")
    assert "一千元" in draft.text
    assert AuditEvent.objects.get(action="policy.save").changes == {"revision": [1, 2]}
    save(writer, draft)
    draft.refresh_from_db()
    assert draft.revision == 2  # the same again is no change


def test_text_with_an_error_is_saved_and_shown_with_its_line(writer, draft):
    wrong = TEXT.replace('per = "year"', 'per = "jahr"')
    save(writer, draft, text=wrong.replace("\n", "\r\n"))
    draft.refresh_from_db()
    assert draft.text == wrong
    shown = page(writer.get(address("draft", draft.pk)))
    assert "第 18 行" in shown
    assert "没有“jahr”这个值" in shown


def test_check_says_what_is_wrong_and_saves_nothing(writer, draft):
    answer = save(writer, draft, text="name =", check="1")
    assert answer.status_code == 200
    assert "TOML 写法有误" in page(answer)
    draft.refresh_from_db()
    assert draft.revision == 1
    live = writer.post(address("draft_check", draft.pk), {"text": TEXT}, headers={"HX-Request": "true"})
    assert "1 条规则、1 个项目" in page(live)


def test_second_editor_is_told_and_sees_both_texts(writer, draft):
    save(writer, draft, text=TEXT + "# 甲\n")
    answer = save(writer, draft, text=TEXT + "# 乙\n")
    assert answer.status_code == 422
    assert "周敏在" in page(answer)
    assert "保存过这份草稿" in page(answer)
    assert "# 甲" in page(answer)
    assert "# 乙" in page(answer)
    draft.refresh_from_db()
    assert draft.text == TEXT + "# 甲\n"
    assert 'name="revision" value="2"' in page(answer)
    save(writer, draft, text=TEXT + "# 乙\n", revision=2)
    draft.refresh_from_db()
    assert draft.text == TEXT + "# 乙\n"


def test_rule_by_form_is_written_and_reads_back(writer, draft):
    assert writer.post(address("draft_rule", draft.pk), RULE).status_code == 302
    draft.refresh_from_db()
    rule = tomllib.loads(draft.text)["rule"][-1]
    assert rule == {
        "code": "living-2", "programme": "living", "label": "小学走读生生活补助", "clause": "二", "quote": "每生每年500元",
        "amount": {"yuan": 500, "per": "year"}, "funding": {"sources": ["province", "county"], "weights": [8, 2]},
        "when": {"stage": ["primary"], "boarding": False},
    }  # fmt: skip


def test_rule_of_a_new_programme_brings_the_programme(writer, draft):
    sent = RULE | {"programme": "+", "programme_label": "爱心餐", "programme_kind": "in_kind"}
    assert writer.post(address("draft_rule", draft.pk), sent).status_code == 302
    draft.refresh_from_db()
    programme = tomllib.loads(draft.text)["programme"][-1]
    assert programme == {"code": "county-1", "label": "爱心餐", "kind": "in_kind", "stages": ["primary"]}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"when_stage": [], "when_boarding": ""}, "请至少选一个条件"),
        ({"yuan": "0"}, "金额须大于零"),
        ({"yuan": "abc"}, "输入一个数字"),
        ({"programme": "+"}, "新的项目须有名称和性质"),
        ({"weight_2": ""}, "每个都写份额"),
        (
            {"when_boarding": ""},
            "与规则“小学寄宿生生活补助”同属项目“生活补助”且可能同时符合",
        ),  # the engine's own word, after it was written, with names for codes
        ({"first_term": "2020"}, "选择一个有效的选项"),
        ({"per": "month"}, "按月计的，填每学期发几个月"),
        ({"months": "5"}, "只有计量单位选“元/月”的才填"),
        ({"first_term": "2025-autumn", "last_term": "2025-spring"}, "结束的学期早于开始的学期"),
        ({"when_grade_from": "5", "when_grade_to": "1"}, "就读年级的上限小于下限"),
        ({"when_home_region": "云岭"}, "没有“云岭”这个写法，请写本县、本市、本省"),
        (
            {"unless_categories": ["registered_poor"], "when_categories": ["registered_poor"]},
            "这条规则的条件互相矛盾",
        ),
    ],
)
def test_rule_that_is_wrong_is_not_written(writer, draft, change, says):
    answer = writer.post(address("draft_rule", draft.pk), RULE | change)
    assert answer.status_code == 422
    assert says in page(answer)
    draft.refresh_from_db()
    assert draft.revision == 1


def test_rule_wrong_on_the_form_is_told_without_the_words_of_the_text(writer, draft):
    for change in ({"yuan": "0"}, {"per": "month"}, {"when_boarding": ""}):
        shown = page(writer.post(address("draft_rule", draft.pk), RULE | change))
        errors = strip_tags(shown.partition("data-error-summary")[2].partition("</div>")[0])
        assert errors
        assert not re.search(r"months|group|\[\[|living|（第 \d+ 行）", errors)


def test_rule_by_month_with_what_must_be_absent_and_what_is_enough_reads_back(writer, draft):
    sent = RULE | {
        "per": "month", "months": "5", "when_home_region": "本县、5201", "unless_ethnicity": "汉族", "unless_had_before": ["living"],
        "when_categories": ["low_income"], "unless_categories": ["registered_poor"],
        "either_categories": ["disabled", "orphan"], "either_flags": ["integrated"],
    }  # fmt: skip
    assert writer.post(address("draft_rule", draft.pk), sent).status_code == 302
    draft.refresh_from_db()
    rule = tomllib.loads(draft.text)["rule"][-1]
    assert rule["amount"] == {"yuan": 500, "per": "month", "months": 5}
    assert rule["when"] == {
        "stage": ["primary"], "boarding": False, "categories": {"any_of": ["low_income"], "none_of": ["registered_poor"]},
        "ethnicity": {"none_of": ["汉族"]}, "home_region": ["@county", "5201"], "had_before": {"none_of": ["living"]},
    }  # fmt: skip
    assert rule["either"] == [{"categories": ["disabled", "orphan"]}, {"integrated": True}]
    assert len(pack_of(draft).rules[-1].either) == 2


def test_group_is_offered_with_how_it_picks(writer):
    grouped = TEXT.replace('quote = "每生', 'group = "one"\nquote = "每生')
    for pick, told in (("highest", "就高取一"), ("first", "按文件所列次序取一"), ("chosen", "由学生选一项")):
        draft = policies.draft(grouped + f'[[group]]\ncode = "one"\nlabel = "一项"\npick = "{pick}"\n')
        assert f"与“小学寄宿生生活补助”：{told}" in page(writer.get(address("draft_rule", draft.pk)))


EXAMPLE = """
[[example]]
title = "寄宿生"
term = "2020-autumn"
child = { stage = "primary", grade = 1, boarding = true, ownership = "public", setting = "rural" }
pays = { living = 500 }
year = 1000
"""
AMOUNT = {"rule": "living-1", "yuan": "1250.50", "per": "year", "from_term": "2020-autumn"}


def test_new_amount_by_form_is_written_for_the_terms_from_then_on(writer, draft):
    assert writer.post(address("draft_amount", draft.pk), AMOUNT).status_code == 302
    draft.refresh_from_db()
    assert tomllib.loads(draft.text, parse_float=Decimal)["rule"][0]["amount"] == [
        {"yuan": 1000, "per": "year", "last_term": "2020-spring"},
        {"yuan": Decimal("1250.50"), "per": "year", "first_term": "2020-autumn"},
    ]


def test_new_amount_by_the_month_takes_its_months_or_keeps_those_there_are(writer):
    draft = policies.draft(TEXT.replace('per = "year"', 'per = "month", months = 5'))
    by_month = AMOUNT | {"per": "month"}
    assert writer.post(address("draft_amount", draft.pk), by_month).status_code == 302
    assert (
        writer.post(
            address("draft_amount", draft.pk), by_month | {"from_term": "2021-autumn", "months": "4"}
        ).status_code
        == 302
    )
    draft.refresh_from_db()
    amounts = tomllib.loads(draft.text)["rule"][0]["amount"]
    assert [one["months"] for one in amounts] == [5, 5, 4]
    offered = page(writer.get(address("draft_amount", draft.pk) + "?rule=living-1"))
    assert '<option value="month" selected>' in offered
    other = policies.draft(TEXT + "# 另一份\n")
    assert "还须填“每学期几个月”" in page(writer.post(address("draft_amount", other.pk), by_month))


def test_new_amount_by_another_document_is_cited_where_it_applies(writer, draft):
    cited = {"document": "《新标准》（云教〔2020〕9号）", "clause": "一", "quote": "提高到每生每年1250.5元"}
    assert writer.post(address("draft_amount", draft.pk), AMOUNT | cited).status_code == 302
    draft.refresh_from_db()
    rule = pack_of(draft).rules[0]
    before, after = (rule.cited_at(Term.parse(term)) for term in ("2020-spring", "2020-autumn"))
    assert (before.document, before.quote) == ("《云岭县方案》", "每生每年1000元")
    assert (after.document, after.clause, after.quote) == tuple(cited.values())
    half = writer.post(address("draft_amount", draft.pk), AMOUNT | {"clause": "一"})
    assert "条款和原文都要写" in page(half)


def test_examples_that_come_out_otherwise_are_shown_and_rewritten_only_if_asked(writer):
    draft = policies.draft(TEXT + EXAMPLE)
    answer = writer.post(address("draft_amount", draft.pk), AMOUNT)
    assert answer.status_code == 422
    assert "应为 500.00 元，按规则算得 625.25 元" in page(answer)
    draft.refresh_from_db()
    assert draft.revision == 1
    assert writer.post(address("draft_amount", draft.pk), AMOUNT | {"refit": "1"}).status_code == 302
    draft.refresh_from_db()
    example = tomllib.loads(draft.text, parse_float=Decimal)["example"][0]
    assert (example["pays"], example["year"]) == ({"living": Decimal("625.25")}, Decimal("1250.50"))


def test_draft_given_up_is_a_draft_no_more(writer, draft):
    assert writer.post(address("draft_drop", draft.pk)).status_code == 302
    draft.refresh_from_db()
    assert (draft.state, [step.verb for step in draft.decisions.all()]) == ("dropped", ["draft", "drop"])
    assert save(writer, draft).status_code == 404
    assert writer.get(address("draft", draft.pk)).status_code == 404


def test_published_policy_is_no_draft(writer, published):
    for name in ("draft", "draft_rule", "draft_amount", "draft_drop"):
        assert writer.get(address(name, published.pk)).status_code == 404


def test_versions_tell_who_when_what_and_for_which_terms(client, leader, published, draft):
    factories.term("2020-autumn")
    newer = policies.published(TEXT.replace("1000", "1250"), applies_from="2020-autumn")
    client.force_login(leader)
    shown = page(client.get(address("policy_versions")))
    assert "云岭县方案 第2版" in shown
    assert "2020年秋季学期起" in shown
    assert "增 2 行，删 2 行" in shown
    assert "草稿" not in shown.partition("<main")[2].replace("版本与草稿", "")
    one = page(client.get(address("policy_version", newer.pk)))
    assert "与“云岭县方案 第1版”相比" in one
    assert "amount = { yuan = 1250" in one
    assert client.get(address("policy_version", draft.pk)).status_code == 404


def test_versions_take_the_same_number_of_queries_for_one_and_many(
    writer, published, django_assert_num_queries
):
    def count():

        with CaptureQueriesContext(connection) as queries:
            writer.get(address("policy_versions"))
        return len(queries)

    count()
    few = count()
    for number in range(15):
        policies.published(TEXT + f"# {number}\n")
        policies.draft(TEXT + f"# {number} d\n")
    assert count() == few


def test_fact_of_the_county_is_offered_and_asked(writer, draft):
    CountyFact.objects.create(name="ferry", label="乘渡船上学", kind="flag")
    assert "乘渡船上学" in page(writer.get(address("draft_rule", draft.pk)))
    sent = RULE | {"when_ferry": "true"}
    assert writer.post(address("draft_rule", draft.pk), sent).status_code == 302
    draft.refresh_from_db()
    assert tomllib.loads(draft.text)["rule"][-1]["when"]["ferry"] is True
    assert [condition.fact.label for condition in pack_of(draft).rules[-1].conditions][-1] == "乘渡船上学"
