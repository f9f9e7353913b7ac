"""Money that came in: booked by document, never changed, taken back by reversal; pages of 资金管理."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.audit.models import AuditEvent
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import funds
from subsidies.models import FundReceipt, ReceiptProgramme, ReceiptScan
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
NUMBER = "云财教〔2020〕36号"


@pytest.fixture
def by(finance):
    return finance.as_actor()


def typed(**changes) -> dict:
    """What finance types into the form."""
    usual = {
        "number": NUMBER, "source": "county", "amount": "1,200.50", "received_on": "2020-09-10", "year": "2020",
        "programmes": ["boarding_living"], "note": "", "term": "",
    }  # fmt: skip
    return usual | changes


def post(client, user, **changes):
    client.force_login(user)
    return client.post(reverse("subsidies:receipt_new"), typed(**changes))


def text(response) -> str:
    return response.content.decode()


def test_booked_receipt_stands_as_the_document_says(client, finance, autumn):
    subsidies.programme()
    answer = post(client, finance, term="2020-autumn", note="第一批")
    booked = FundReceipt.objects.get()
    assert answer.url == reverse("subsidies:receipt", args=[booked.pk])
    assert (booked.number, booked.source, booked.amount_fen, booked.received_on, booked.year, booked.term, booked.note) == (
        NUMBER, "county", 120_050, dt.date(2020, 9, 10), 2020, autumn, "第一批",
    )  # fmt: skip
    assert (booked.booked_by, booked.booked_at is not None) == ("王会计", True)
    assert [programme.pk for programme in booked.programmes.all()] == ["boarding_living"]
    assert AuditEvent.objects.get(action="fund.book").changes == {"amount_fen": [None, 120_050]}
    assert "壹仟贰佰元伍角整" in text(client.get(answer.url))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": ""}, "请填写指标文号"),
        ({"source": ""}, "请选择资金来源"),
        ({"source": "moon"}, "资金来源"),
        ({"amount": ""}, "请填写金额（元）"),
        ({"amount": "很多"}, "金额看不懂"),
        ({"amount": "0"}, "金额应大于零"),
        ({"amount": "-5"}, "金额应大于零"),
        ({"amount": "100000000001"}, "不超过一千亿元"),
        ({"amount": "1.005"}, "金额最多到分"),
        ({"received_on": "2199-01-01"}, "到账日期不能晚于今天"),
        ({"received_on": "20200931x"}, "到账日期"),
        ({"programmes": []}, "请至少勾选一个项目"),
        ({"programmes": ["none"]}, "可用项目"),
        ({"year": "2019", "term": "2020-autumn"}, "与预算年度不一致"),
        ({"year": ""}, "请填写预算年度"),
    ],
)
def test_wrong_receipt_is_refused_in_words_and_nothing_is_booked(client, finance, autumn, change, words):
    subsidies.programme()
    answer = post(client, finance, **change)
    assert answer.status_code == 422
    assert words in text(answer)
    assert FundReceipt.objects.count() == 0


def test_same_money_booked_twice_stands_once(client, finance):
    subsidies.programme()
    post(client, finance)
    answer = post(client, finance)
    assert answer.status_code == 422
    assert f"文号 {NUMBER}、2020-09-10 到账的 1,200.50 元已经登记过" in text(answer)
    assert FundReceipt.objects.count() == 1


def test_same_document_for_another_programme_is_another_receipt(by):
    other = subsidies.programme("senior_grant", "普通高中国家助学金")
    subsidies.receipt(by=by)
    assert subsidies.receipt(by=by, of=[other]).serial == 2


def test_database_refuses_the_same_booking_of_a_second_person(by):
    first = subsidies.receipt(by=by)
    copy = FundReceipt.objects.get(pk=first.pk)
    copy.pk, copy.booked_at = None, None
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_receipt_without_a_programme_is_refused(by):
    with pytest.raises(StepRefused, match="专款专用"):
        subsidies.receipt(by=by, of=[])


def test_database_refuses_to_touch_a_booked_receipt_its_programmes_and_its_scans(by):
    booked = subsidies.receipt(by=by)
    other = subsidies.programme("senior_grant", "普通高中国家助学金")
    funds.keep_scan(by=by, receipt=booked, upload=SimpleUploadedFile("文.pdf", b"%PDF-1.4"))
    deeds = [
        lambda: FundReceipt.objects.filter(pk=booked.pk).update(amount_fen=1),
        lambda: FundReceipt.objects.filter(pk=booked.pk)._raw_delete("default"),
        lambda: ReceiptProgramme.objects.create(receipt=booked, programme=other),
        lambda: ReceiptProgramme.objects.filter(receipt=booked).update(programme=other),
        lambda: ReceiptProgramme.objects.filter(receipt=booked)._raw_delete("default"),
        lambda: ReceiptScan.objects.all().update(added_by="别人"),
        lambda: ReceiptScan.objects.all()._raw_delete("default"),
    ]
    for deed in deeds:
        with pytest.raises(DatabaseError), transaction.atomic():
            deed()
    booked.refresh_from_db()
    assert (booked.amount_fen, [p.pk for p in booked.programmes.all()]) == (100_000, ["boarding_living"])


def test_reversal_takes_a_receipt_back_once_and_leaves_both(by):
    booked = subsidies.receipt(by=by)
    reversal = funds.reverse_receipt(by=by, receipt=booked, reason="金额登记错误")
    assert (reversal.amount_fen, reversal.reason, reversal.number) == (-100_000, "金额登记错误", NUMBER)
    assert [p.pk for p in reversal.programmes.all()] == ["boarding_living"]
    assert FundReceipt.objects.total_fen() == 0
    assert list(FundReceipt.objects.standing()) == []
    for wrong, words in ((booked, "已经冲销过"), (reversal, "本身就是冲销")):
        with pytest.raises(StepRefused, match=words):
            funds.reverse_receipt(by=by, receipt=wrong, reason="再来")
    # what was taken back may be booked again, and taken back again on the same day
    again = subsidies.receipt(by=by)
    assert again.serial == 2
    funds.reverse_receipt(by=by, receipt=again, reason="又错了")
    assert FundReceipt.objects.count() == 4


def test_reversal_asks_why(client, finance, by):
    booked = subsidies.receipt(by=by)
    client.force_login(finance)
    address = reverse("subsidies:receipt_reverse", args=[booked.pk])
    assert "壹仟元整" in text(client.get(address))
    assert client.post(address, {"reason": " "}).status_code == 422
    assert "已冲销" in text(client.post(address, {"reason": "重复登记"}, follow=True))
    # a second click finds it done
    assert "已经冲销过" in text(client.post(address, {"reason": "重复登记"}, follow=True))
    assert FundReceipt.objects.count() == 2


def test_scan_is_kept_sealed_and_comes_back_whole(client, finance, leader, by):
    subsidies.programme()
    scan = SimpleUploadedFile("指标文.pdf", b"%PDF-1.4 document")
    post(client, finance, scan=scan)
    kept = ReceiptScan.objects.get()
    assert b"document" not in kept.file.path.read_bytes()
    client.force_login(leader)
    answer = client.get(reverse("subsidies:scan", args=[kept.pk]))
    assert b"".join(answer.streaming_content) == b"%PDF-1.4 document"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("文.exe", b"MZ", "只能上传 jpg、png 或 pdf"),
        ("文.pdf", b"<html>", "文件内容和扩展名不符"),
    ],
)
def test_scan_that_is_none_books_nothing(client, finance, name, content, words):
    subsidies.programme()
    answer = post(client, finance, scan=SimpleUploadedFile(name, content))
    assert words in text(answer)
    assert (FundReceipt.objects.count(), ReceiptScan.objects.count()) == (0, 0)


def test_list_shows_what_the_filter_adds_up_to(client, leader, by):
    subsidies.receipt(150_000, by=by)
    subsidies.receipt(50_000, by=by, source="province", number="省财教〔2020〕1号")
    reversed_one = subsidies.receipt(70_000, by=by, number="错号")
    funds.reverse_receipt(by=by, receipt=reversed_one, reason="文号登记错误")
    client.force_login(leader)
    every = client.get(reverse("subsidies:funds"))
    assert [figure["value"] for figure in every.context["figures"]] == [
        "2,000.00", "2", "2", "2", "2,000.00", "2,000.00",
    ]  # fmt: skip
    assert [receipt.number for receipt in every.context["receipts"]] == [
        "错号",
        "错号",
        "省财教〔2020〕1号",
        NUMBER,
    ]
    assert "登记到账</a>" not in text(every)
    one = client.get(reverse("subsidies:funds"), {"source": "province"})
    assert [figure["value"] for figure in one.context["figures"]] == [
        "500.00", "1", "1", "1", "500.00", "500.00",
    ]  # fmt: skip
    wrong = client.get(reverse("subsidies:funds"), {"year": "abc", "after": "x"})
    assert (wrong.status_code, list(wrong.context["receipts"])) == (200, [])


def test_list_takes_the_same_number_of_queries_at_1_and_30_rows(client, finance, by):
    client.force_login(finance)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("subsidies:funds")).status_code == 200
        return len(captured)

    subsidies.receipt(by=by)
    few = queries()
    for number in range(30):
        subsidies.receipt(by=by, number=f"文{number}")
    assert queries() == few


def test_booking_takes_the_same_number_of_queries_for_1_and_30_receipts(by):
    def queries(receipts) -> int:
        with CaptureQueriesContext(connection) as captured:
            funds.book_receipts(by=by, receipts=receipts)
        return len(captured)

    one = queries([subsidies.new_receipt(number="一")])
    assert queries([subsidies.new_receipt(number=f"文{number}") for number in range(30)]) == one


def test_long_list_pages_by_key(client, finance, by):
    funds.book_receipts(by=by, receipts=[subsidies.new_receipt(number=f"文{n:02d}") for n in range(60)])
    client.force_login(finance)
    first = client.get(reverse("subsidies:funds"))
    second = client.get(reverse("subsidies:funds") + first.context["next_url"])
    assert (len(first.context["receipts"]), len(second.context["receipts"])) == (50, 10)
    assert second.context["next_url"] == ""


def test_receipts_are_the_countys_alone(client, by):
    booked = subsidies.receipt(by=by)
    township = factories.user("镇上的计财", ("township_officer", factories.township()))
    client.force_login(township)
    assert client.get(reverse("subsidies:receipt", args=[booked.pk])).status_code == 403
    assert list(FundReceipt.objects.visible_to(township, "view_subsidies")) == []
