"""Ways in which money, names and holds once went wrong between the steps of a batch."""

import pytest
from django.db import IntegrityError, transaction

from povertyedu.audit.models import AuditEvent
from povertyedu.publicity import actions as publicity
from povertyedu.publicity.models import Notice
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import StepRefused
from students.models import BankAccount
from subsidies.actions import batches, payouts, publicising
from subsidies.actions import lines as line_actions
from subsidies.actions.bank_return import clean_serial
from subsidies.actions.batches import opening_of
from subsidies.models import Entitlement, Line
from subsidies.queries.batches import sheets_of
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def give_account(child, *, holder: str, number: str) -> None:
    BankAccount.objects.update_or_create(
        student=child,
        defaults={
            "holder": holder, "bank": "县农村信用社", "number": number, "number_hash": keyed_hash(number), "tail": number[-4:],
        },
    )  # fmt: skip


def hold_by_hand(people, line) -> None:
    line_actions.hold_lines(
        by=people.aid, batch=line.batch, lines=Line.objects.filter(pk=line.pk), reason="家长来电，待核"
    )


def object_to(people, line, text="家有小汽车"):
    return publicity.record_objection(
        by=people.clerk, notice=Notice.objects.get(), subject=f"subsidies.line:{line.pk}", text=text
    )


def answer(people, objection, *, upheld=False, by=None):
    return publicity.answer_objection(
        by=by or people.aid, objection=objection, upheld=upheld, answer="已入户核实"
    )


# --- accounts ---------------------------------------------------------------------------------------


def test_account_corrected_before_reporting_is_the_one_that_is_paid(people, autumn, luona):
    batch = subsidies.batch_at("open", people, term=autumn)
    give_account(luona, holder="罗娜", number="6226000000001")
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    line = batch.lines.get()
    assert (line.state, line.account_number) == ("listed", "6226000000001")
    give_account(luona, holder="罗娜", number="6226000000002")
    batches.approve_office(by=people.aid, batch=batch)
    line.refresh_from_db()
    assert line.account_number == "6226000000001"  # what was reported stays


def test_account_changed_to_a_strangers_before_reporting_is_held(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("open", people, term=autumn)
    give_account(luona, holder="陌生人", number="6226000000001")
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    line = batch.lines.get(student=luona)
    assert (line.state, line.hold, line.account_holder) == ("held", "holder_differs", "陌生人")


def test_holder_corrected_under_the_same_number_is_taken_over(people, autumn, luona):
    BankAccount.objects.filter(student=luona).update(holder="罗那")
    batch = subsidies.batch_at("open", people, term=autumn)
    assert batch.lines.get().hold == "holder_differs"
    BankAccount.objects.filter(student=luona).update(holder="罗娜")
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    line = batch.lines.get()
    assert (line.state, line.hold, line.account_holder) == ("listed", "", "罗娜")


def test_strangers_account_that_came_later_is_not_released_unseen(people, autumn, xiazhai, luona):
    child = factories.student("无卡", at=xiazhai, during=autumn, account=False)
    subsidies.entitle(child, 10_000)
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    line = batch.lines.get(student=child)
    give_account(child, holder="陌生人", number="6226000000001")
    with pytest.raises(StepRefused, match="开户人是“陌生人”"):
        line_actions.release_line(by=people.aid, line=line, reason="已补录银行账户")
    line.refresh_from_db()
    assert (line.state, line.hold, line.account_number) == ("held", "holder_differs", "6226000000001")
    line_actions.release_line(by=people.aid, line=line, reason="开户人为祖母，已核对户口簿")
    line.refresh_from_db()
    assert (line.state, line.hold) == ("listed", "")


def test_account_verified_once_is_not_swapped_unseen(people, autumn, luona):
    BankAccount.objects.filter(student=luona).update(holder="祖父")
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    give_account(luona, holder="陌生人", number="6226000000009")
    with pytest.raises(StepRefused, match="开户人是“陌生人”"):
        line_actions.release_line(by=people.aid, line=batch.lines.get(), reason="已核对祖父账户")


# --- objections -------------------------------------------------------------------------------------


def test_dismissed_objection_leaves_a_hold_by_hand(people, autumn, luona):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    line = batch.lines.get()
    hold_by_hand(people, line)
    objection = object_to(people, line)
    for verb in (line_actions.release_line, line_actions.remove_line):
        with pytest.raises(StepRefused, match="有公示异议"):
            verb(by=people.aid, line=line, reason="绕过异议")
    answer(people, objection)
    line.refresh_from_db()
    assert (line.state, line.hold, line.note) == ("held", "by_hand", "家长来电，待核")


def test_objection_holds_all_money_of_the_child_in_the_batch(people, autumn, luona, yanyu):
    meals = subsidies.programme("boarding_topup", "寄宿生增补")
    subsidies.entitle(luona, 5_000, of=meals)
    batch = subsidies.batch_at("in_publicity", people, term=autumn, programmes=[subsidies.programme(), meals])
    first, other = batch.lines.filter(student=luona).order_by("pk")
    one, two = object_to(people, first), object_to(people, other, "已转学")
    assert batch.lines.held().filter(hold="objection").count() == 2
    assert batch.lines.get(student=yanyu).state == "listed"
    answer(people, one)
    assert batch.lines.held().count() == 2  # the second is still open
    answer(people, two, upheld=True)
    assert list(batch.lines.filter(student=luona).order_by("pk").values_list("state", "hold")) == [
        ("held", "by_hand"),
        ("removed", "objection"),
    ]


def test_who_answers_an_objection_does_not_pay(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    answer(people, object_to(people, batch.lines.get(student=luona)), by=people.finance)
    subsidies.end_publicity(batch)
    publicising.clear(by=people.aid, batch=batch)
    with pytest.raises(StepRefused, match="一人只能办理一个环节"):
        payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")


# --- entitlements -----------------------------------------------------------------------------------


@pytest.mark.parametrize("account", [True, False])
def test_child_no_longer_entitled_is_not_shown_in_public(people, autumn, xiazhai, luona, account):
    child = factories.student("已转走", at=xiazhai, during=autumn, account=account)
    subsidies.entitle(child, 10_000)
    batch = subsidies.batch_at("approved", people, term=autumn)
    Entitlement.objects.filter(student=child).delete()
    publicising.publish(by=people.aid, batch=batch)
    assert [row["name"] for row in Notice.objects.get().rows] == ["罗娜"]
    assert batch.lines.get(student=child).hold == "entitlement_fell"
    event = AuditEvent.objects.get(action="batch.hold_fallen")
    assert event.changes == {"lines": [None, [batch.lines.get(student=child).pk]]}


def test_publishing_holds_even_when_nobody_is_left_to_show(people, autumn, luona):
    batch = subsidies.batch_at("approved", people, term=autumn)
    Entitlement.objects.all().delete()
    with pytest.raises(StepRefused, match="没有可公示的学生"):
        publicising.publish(by=people.aid, batch=batch)
    assert batch.lines.get().hold == "entitlement_fell"


def test_money_added_while_some_is_in_hand_waits_for_the_next_batch(people, autumn, luona):
    batch = subsidies.batch_at("open", people, term=autumn)
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    Entitlement.objects.update(amount_fen=60_000)
    assert opening_of(autumn).by_programme() == []
    batches.approve_office(by=people.aid, batch=batch)
    batches.approve_final(by=people.approver, batch=batch)
    publicising.publish(by=people.aid, batch=batch)
    subsidies._clear(batch, people)
    payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    subsidies._pay(batch, people)
    [row] = opening_of(autumn).by_programme()
    assert (row["students"], row["fen"]) == (1, 10_000)
    assert subsidies.batch_at("paid", people, term=autumn).lines.get().amount_fen == 10_000


def test_what_reporting_drops_is_in_the_log(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("open", people, term=autumn)
    Entitlement.objects.filter(student=yanyu).delete()
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    event = AuditEvent.objects.get(action="sheet.drop_lines")
    assert event.changes == {"lines": [None, [batch.lines.get(student=yanyu).pk]]}


def test_child_without_account_whose_money_fell_is_never_listed_without_one(people, autumn, xiazhai, luona):
    child = factories.student("无卡", at=xiazhai, during=autumn, account=False)
    subsidies.entitle(child, 10_000)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    Entitlement.objects.filter(student=child).update(amount_fen=5_000)
    batches.approve_office(by=people.aid, batch=batch)
    line = batch.lines.get(student=child)
    assert line.hold == "entitlement_fell"
    batches.return_to_office(by=people.approver, batch=batch, reason="核对")
    batches.return_sheet(by=people.aid, sheet=batch.sheets.get(), reason="核对")
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    line.refresh_from_db()
    assert (line.state, line.hold, line.amount_fen) == ("held", "no_account", 5_000)


def test_database_refuses_to_send_what_has_no_account(people, autumn, luona):
    batch = subsidies.batch_at("sent", people, term=autumn)
    with pytest.raises(IntegrityError), transaction.atomic():
        batch.lines.update(account_hash="")


# --- who and when -----------------------------------------------------------------------------------


def test_clerk_changes_no_line_of_a_reported_sheet(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    lines = Line.objects.filter(student=luona)
    with pytest.raises(StepRefused):
        assert line_actions.hold_lines(
            by=people.clerk, batch=batch, lines=lines, reason="晚到的一击", stage="clerk"
        )
    hold_by_hand(people, batch.lines.get(student=luona))
    with pytest.raises(StepRefused, match="本校名单已报送"):
        line_actions.release_line(by=people.clerk, line=lines.get(), reason="晚到的一击", stage="clerk")


def test_list_of_sheets_tells_the_last_reason_not_the_greatest(people, autumn, aid_officer, luona):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    sheet = batch.sheets.get()
    batches.return_sheet(by=people.aid, sheet=sheet, reason="请补材料")
    batches.submit_sheet(by=people.clerk, sheet=sheet)
    batches.return_sheet(by=people.aid, sheet=sheet, reason="名单有误")
    [shown] = sheets_of(batch, aid_officer, "view_subsidies")
    assert shown.last_reason == "名单有误"


def test_file_a_hundred_of_a_batch_is_read_back():
    assert clean_serial("2020秋-001-100-00001").value == ("2020秋-001-100", 1)
    assert clean_serial("2020秋-001-02-123456").value == ("2020秋-001-02", 123456)
