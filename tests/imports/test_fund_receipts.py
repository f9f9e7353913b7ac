"""资金到账 through the wizard and the command: booked as from the form, the same file again books nothing."""

import datetime as dt

import pytest
from django.urls import reverse

from povertyedu.imports import actions
from subsidies.actions.funds import reverse_receipt
from subsidies.models import FundReceipt
from tests.factories import subsidies

from .conftest import upload_of, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
HEAD = ("指标文号", "资金来源", "可用项目", "到账日期", "金额（元）", "预算年度", "学期", "备注")
GOOD = ("云财教〔2020〕36号", "县级财政", "寄宿生生活补助", "2020-09-10", "1200.50", "", "", "")


@pytest.fixture(autouse=True)
def programmes(db):
    return subsidies.programme(), subsidies.programme("senior_grant", "普通高中国家助学金")


def book(*rows) -> bytes:
    return workbook(("到账", [HEAD, *rows]))


def row(**cells) -> tuple:
    return tuple((dict(zip(HEAD, GOOD, strict=True)) | cells).values())


def test_receipts_are_booked_once_whatever_the_file_brings_twice(run, autumn):
    content = book(
        GOOD,
        GOOD,
        row(指标文号="省财教〔2020〕1号", 资金来源="省级", 可用项目="寄宿生生活补助，senior_grant", 学期="2020年秋季学期", 备注="第一批"),
    )  # fmt: skip
    answer = run("fund-receipts", content)
    assert (answer["created"], answer["duplicates"], answer["rejected"]) == (2, 1, 0)
    first, second = FundReceipt.objects.order_by("pk")
    assert (first.number, first.source, first.amount_fen, first.year, first.term_id, first.booked_by) == (
        GOOD[0], "county", 120_050, 2020, None, "命令行",
    )  # fmt: skip
    assert first.received_on == dt.date(2020, 9, 10)
    assert first.booked_at is not None
    assert (second.source, second.year, second.term_id, second.note) == (
        "province",
        2020,
        "2020-autumn",
        "第一批",
    )
    assert sorted(p.pk for p in second.programmes.all()) == ["boarding_living", "senior_grant"]

    again = run("fund-receipts", content, name="再次.xlsx")
    assert (again["created"], again["unchanged"], again["duplicates"]) == (0, 2, 1)
    assert FundReceipt.objects.count() == 2


@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ({"指标文号": ""}, "指标文号", "没有填写指标文号"),
        ({"资金来源": "月亮"}, "资金来源", "资金来源“月亮”不认识"),
        ({"可用项目": "不存在的项目"}, "可用项目", "没有叫“不存在的项目”的资助项目"),
        ({"可用项目": ""}, "可用项目", "没有填写可用项目"),
        ({"到账日期": "2199-01-01"}, "到账日期", "日期"),
        ({"金额（元）": "0"}, "金额", "金额应大于零"),
        ({"金额（元）": "-100"}, "金额", "金额应大于零"),
        ({"金额（元）": "一百"}, "金额", "金额看不懂"),
        ({"预算年度": "20年"}, "预算年度", "四位年份"),
        ({"预算年度": "2019", "学期": "2020年秋季学期"}, "预算年度", "与预算年度不一致"),
        ({"学期": "第一学期"}, "学期", "没有“第一学期”这个学期"),
    ],
)
def test_row_that_cannot_be_booked_is_told_why(checked, finance, autumn, cells, column, words):
    batch = checked(book(row(**cells)), by=finance, kind="fund-receipts")
    assert (batch.counts["created"], batch.counts["rejected"]) == (0, 1)
    told = [problem[2] for problem in batch.staged.get().content["errors"]]
    assert [message for message in told if words in message] != []


def test_rows_of_one_receipt_that_differ_are_held(checked, finance):
    batch = checked(book(GOOD, row(备注="另一个备注")), by=finance, kind="fund-receipts")
    assert (batch.counts["created"], batch.counts["rejected"]) == (0, 2)


def test_two_programmes_of_one_document_are_two_receipts(run):
    answer = run("fund-receipts", book(GOOD, row(可用项目="普通高中国家助学金")))
    assert answer["created"] == 2
    assert sorted(FundReceipt.objects.values_list("serial", flat=True)) == [1, 2]


def test_reversed_receipt_may_be_imported_again(run, finance):
    run("fund-receipts", book(GOOD))
    reverse_receipt(by=finance.as_actor(), receipt=FundReceipt.objects.get(), reason="登错")
    assert run("fund-receipts", book(GOOD))["created"] == 1
    assert FundReceipt.objects.standing().count() == 1


def test_wizard_is_open_to_finance_for_kinds_of_money_only(client, finance, autumn):
    client.force_login(finance)
    page = client.get(reverse("imports:upload"), {"kind": "fund-receipts"})
    assert [choice[0] for choice in page.context["form"].fields["kind"].choices] == [
        "fund-receipts",
        "teacher-pay",
    ]
    template = client.get(reverse("imports:template", args=["fund-receipts"]))
    assert b"".join(template)[:2] == b"PK"
    assert client.get(reverse("imports:template", args=["roster"])).status_code == 403
    refused = client.post(reverse("imports:upload"), {"kind": "roster", "file": upload_of(book(GOOD))})
    assert refused.status_code == 422


def test_wizard_books_under_the_name_of_who_confirmed(checked, finance):
    batch = checked(book(GOOD), by=finance, kind="fund-receipts")
    assert FundReceipt.objects.count() == 0
    actions.confirm(batch=batch)
    actions.apply(batch=batch, by=finance.as_actor())
    assert FundReceipt.objects.get().booked_by == "王会计"


def test_import_takes_the_same_number_of_queries_for_1_and_30_rows(checked, finance, count_queries):
    one = checked(book(GOOD), by=finance, kind="fund-receipts")
    many = checked(
        book(*(row(指标文号=f"文{number}") for number in range(30))), by=finance, kind="fund-receipts"
    )

    by = finance.as_actor()

    def apply(batch) -> int:
        actions.confirm(batch=batch)
        return count_queries(lambda: actions.apply(batch=batch, by=by))

    assert apply(many) == apply(one)
