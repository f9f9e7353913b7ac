"""A ratio that the document leaves open (按相关比例): filled in on the page, it earmarks the money; unfilled, it says how much is not."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from povertyedu.workflow.flow import SYSTEM, StepRefused
from subsidies import engine
from subsidies.actions import batches, policies
from subsidies.actions.ratios import read_share, unearmarked_in
from subsidies.actions.reconciling import Span, reconcile
from subsidies.actions.what_if import run_what_if
from subsidies.models import Policy
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

TEXT = """name = "split"
title = "分担办法"
document = "《分担办法》"
first_term = "2015-autumn"
[[programme]]
code = "boarding_living"
label = "寄宿生生活补助"
kind = "cash"
stages = ["primary", "junior"]
[[rule]]
code = "boarding_living.a"
programme = "boarding_living"
label = "寄宿生生活补助"
clause = "一"
quote = "原文"
amount = { yuan = 500, per = "term" }
funding = { sources = ["province", "prefecture", "county"], quote = "由省、州、县按相关比例负担" }
[rule.when]
stage = ["primary", "junior"]
categories = ["registered_poor"]
"""
KEY = "ratio:province+prefecture+county:由省、州、县按相关比例负担"
SHARES = {KEY: {"province": 6000, "prefecture": 1050, "county": 2950}}


@pytest.fixture
def by(finance):
    return finance.as_actor()


def published(**options) -> Policy:
    return policies.load_policy(text=TEXT, by=SYSTEM, **options)


@pytest.fixture
def draft(db):
    return published(publish=False)


@pytest.fixture
def writer(client, aid_officer):
    client.force_login(aid_officer)
    return client


def address(name: str, draft, **query) -> str:
    return reverse(f"subsidies:{name}", args=[draft.pk], query=query)


def text(answer) -> str:
    return answer.content.decode()


def fill(writer, draft, *shares: str):
    draft.refresh_from_db()
    names = ("province", "prefecture", "county")
    sent = {f"share_{name}": share for name, share in zip(names, shares, strict=True)}
    return writer.post(address("draft_ratio", draft, code=KEY), sent | {"revision": draft.revision})


def test_ratio_is_filled_on_the_page_shown_with_the_rule_and_emptied_again(writer, draft):
    listed = text(writer.get(address("draft_figures", draft)))
    assert "资金分担比例" in listed
    assert "由省、州、县按相关比例负担" in listed
    assert "待填" in listed
    assert fill(writer, draft, "60", "10.5", "29.5%").status_code == 302
    draft.refresh_from_db()
    assert draft.figures == SHARES
    assert "省级财政 60%，市（州）级财政 10.5%，县级财政 29.5%" in text(
        writer.get(address("draft_figures", draft))
    )
    assert 'value="29.5"' in text(writer.get(address("draft_ratio", draft, code=KEY)))
    told = "省级财政、市（州）级财政、县级财政按 60%、10.5%、29.5% 分担（文件未写比例，教育局确定）"
    assert told in text(writer.get(reverse("subsidies:policy", query={"of": draft.pk, "on": "2020-autumn"})))
    fill(writer, draft, "", "", "")
    draft.refresh_from_db()
    assert draft.figures == {}


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        (("60", "10", "20"), "各来源合计 90%，须为 100%"),
        (("60", "40", ""), "请填写；不承担的填 0"),
        (("一半", "25", "25"), "应为百分数，如 60，不能是“一半”"),
        (("101", "0", "-1"), "应为 0 至 100、至多两位小数的百分数"),
        (("33.333", "33.333", "33.334"), "至多两位小数"),
        (("nan", "50", "50"), "应为 0 至 100"),
    ],
)
def test_ratio_that_is_none_is_not_saved(writer, draft, shares, says):
    answer = fill(writer, draft, *shares)
    assert answer.status_code == 422
    assert says in text(answer)
    draft.refresh_from_db()
    assert draft.figures == {}


def test_ratio_of_an_outdated_page_or_of_no_rule_is_refused(writer, draft):
    fill(writer, draft, "60", "10.5", "29.5")
    sent = {"revision": 1, "share_province": "100", "share_prefecture": "0", "share_county": "0"}
    assert "保存过这份草稿" in text(writer.post(address("draft_ratio", draft, code=KEY), sent))
    draft.refresh_from_db()
    assert draft.figures == SHARES
    assert writer.get(address("draft_ratio", draft, code="ratio:county:x")).status_code == 404


def test_filled_ratio_earmarks_batch_receipts_and_reconciliation(people, by, autumn, luona, yanyu):
    published(figures=SHARES)
    subsidies.receipt(60_000, by=by, source="province", term=autumn.pk)
    subsidies.receipt(10_000, by=by, source="prefecture", term=autumn.pk)
    subsidies.receipt(20_000, by=by, source="county", term=autumn.pk)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    with pytest.raises(StepRefused, match="县级财政的“寄宿生生活补助”缺 39.69 元"):
        batches.approve_office(by=people.aid, batch=batch)
    subsidies.receipt(3_969, by=by, source="county", term=autumn.pk, number="云财教〔2020〕40号")
    batches.approve_office(by=people.aid, batch=batch)
    line = batch.lines.get(student=luona)
    assert dict(line.shares.values_list("source", "amount_fen")) == {
        "province": 30_000, "prefecture": 5_250, "county": 14_750,
    }  # fmt: skip
    statement = reconcile(Span.of_term(autumn))
    assert statement.agrees
    assert {entry.label: (entry.received_fen, entry.in_hand_fen) for entry in statement.sources} == {
        "省级财政": (60_000, 48_750), "市（州）级财政": (10_000, 8_531), "县级财政": (23_969, 23_969),
    }  # fmt: skip
    assert unearmarked_in([autumn.pk]).labels == ()


def test_open_ratio_stays_unstated_is_published_all_the_same_and_told(
    writer, client, people, autumn, luona, finance
):
    version = published()
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    assert dict(batch.lines.get().shares.values_list("source", "amount_fen")) == {"unstated": 50_000}
    told = "应享里有 500.00 元没有确定由哪个来源承担：文件只写由省级财政、市（州）级财政、县级财政分担"
    for name in ("funds_balance", "reconciliation"):
        shown = text(writer.get(reverse(f"subsidies:{name}")))
        assert told in shown
        assert f"{reverse('subsidies:policy_versions')}?policy={version.pk}" in shown
    draft = policies.new_draft(text=TEXT + "# 新\n", by=SYSTEM, based_on=version)
    run_what_if(policy=draft, by=SYSTEM)
    shown = text(writer.get(address("draft_publish", draft)))
    assert told in shown
    assert address("draft_figures", draft) in shown
    client.force_login(finance)
    shown = text(client.get(reverse("subsidies:reconciliation")))
    assert told in shown
    assert "请学生资助管理中心在“版本与草稿”起草" in shown


def test_loading_the_same_pack_again_keeps_the_ratio_the_bureau_filled_in(db):
    call_command("load_policy", "guiding")
    (ratio,) = engine.ratios_of(policies.pack_of(Policy.objects.get()))
    assert ratio.label == "省级财政、市（州）级财政、县级财政"
    figures = {ratio.key: {"province": 6000, "prefecture": 1000, "county": 3000}}
    policies.load_policy(text=policies.pack_text("guiding"), by=SYSTEM, figures=figures)
    call_command("load_policy", "guiding")
    assert [policy.figures for policy in Policy.objects.order_by("pk")] == [{}, figures]


def test_version_tells_which_ratio_changed(writer):
    published()
    second = published(figures=SHARES)
    shown = text(writer.get(reverse("subsidies:policy_version", args=[second.pk])))
    assert "待定</del>" in shown
    assert "省级财政 60%，市（州）级财政 10.5%，县级财政 29.5%</ins>" in shown


@pytest.mark.parametrize(
    "figure", [None, 5, {}, {"province": 10_000}, {"province": 1, "prefecture": 1, "county": 1}]
)
def test_answer_that_is_no_ratio_of_these_sources_leaves_it_open(db, figure):
    policy = published(figures={KEY: figure})
    assert policies.pack_of(policy).rules[0].funding.split(100) == (("unstated", 100),)


def test_money_of_townships_partners_and_lottery_is_booked_and_earmarked(people, by, autumn, luona):
    sources = ["township", "cooperation", "lottery", "other"]
    subsidies.funded(by=by, weights=dict.fromkeys(sources, 1))
    for source in sources:
        subsidies.receipt(12_500, by=by, source=source, term=autumn.pk)
    subsidies.batch_at("office_approved", people, term=autumn)
    statement = reconcile(Span.of_term(autumn))
    assert [(entry.label, entry.received_fen, entry.in_hand_fen) for entry in statement.sources] == [
        ("乡镇财政", 12_500, 12_500), ("东西部协作资金", 12_500, 12_500), ("彩票公益金", 12_500, 12_500), ("其他资金", 12_500, 12_500),
    ]  # fmt: skip


def test_share_is_read_in_hundredths_of_a_per_cent():
    assert [read_share("county", said) for said in ("0", "33.33", " 60 % ", "100")] == [0, 3333, 6000, 10_000]
