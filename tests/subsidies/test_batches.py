"""A batch from outstanding money to paid, by its verbs."""

import pytest
from django.db import IntegrityError, transaction

from povertyedu.home.queries import figures_by
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import StepRefused
from students.models import BankAccount
from subsidies.actions import batches, payouts, publicising
from subsidies.actions import lines as line_actions
from subsidies.actions.batches import opening_of
from subsidies.models import (
    Balance,
    BankFile,
    Batch,
    BatchDecision,
    BatchSeat,
    Entitlement,
    Line,
    SchoolSheet,
)
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def balance(student):
    row = Balance.objects.get(student=student)
    return row.entitled_fen, row.paid_fen, row.in_hand_fen, row.outstanding_fen


def test_batch_from_outstanding_to_paid_settles_the_four_numbers(people, autumn, luona, yanyu):
    assert balance(luona) == (50_000, 0, 0, 50_000)
    batch = subsidies.batch_at("sent", people, term=autumn)
    assert balance(luona) == (50_000, 0, 50_000, 0)
    bank_file = batch.bank_files.get()
    assert (bank_file.students, bank_file.lines_count, bank_file.amount_fen) == (2, 2, 81_250)
    with subsidies.return_file(bank_file) as path:
        answer = payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")
    assert (answer.paid, answer.failed, answer.paid_fen, answer.failed_fen) == (2, 0, 81_250, 0)
    assert balance(luona) == (50_000, 50_000, 0, 0)
    batch.refresh_from_db()
    assert batch.state == "paid"
    batches.archive(by=people.aid, batch=batch)
    verbs = list(batch.decisions.values_list("verb", flat=True))
    assert verbs == [
        "open",
        "approve_office",
        "approve_final",
        "publish",
        "clear",
        "send",
        "mark_paid",
        "archive",
    ]
    assert BatchDecision.broken_link(batch) is None
    sheet = batch.sheets.get()
    assert list(sheet.decisions.values_list("verb", flat=True)) == ["submit_to_office", "approve"]
    assert type(sheet.decisions.first()).broken_link(sheet) is None


def test_opening_copies_the_child_as_it_is(people, autumn, xiazhai, luona):
    batch = subsidies.batch_at("open", people, term=autumn)
    line = batch.lines.get()
    account = luona.bank_account
    assert (line.student_name, line.school_name, line.stage, line.grade, line.class_name) == (
        "罗娜", xiazhai.name, "primary", 5, "1班",
    )  # fmt: skip
    assert (line.account_holder, line.account_number, line.account_hash) == (
        account.holder, account.number, account.number_hash,
    )  # fmt: skip
    assert (line.state, line.rule, line.amount_fen) == ("listed", "boarding_living.a", 50_000)
    sheet = batch.sheets.get()
    assert (sheet.school, sheet.state, sheet.students, sheet.amount_fen) == (xiazhai, "draft", 1, 50_000)
    assert batch.number == "2020秋-001"


def test_opening_again_finds_nothing_and_leaves_nothing(people, autumn, luona):
    subsidies.batch_at("open", people, term=autumn)
    with pytest.raises(StepRefused, match="没有待发资金"):
        subsidies.batch_at("open", people, term=autumn)
    assert Batch.objects.count() == 1


def test_opening_refuses_what_is_not_cash(people, autumn, luona):
    meals = subsidies.programme("nutrition", "营养改善计划", "in_kind")
    subsidies.entitle(luona, 40_000, of=meals)
    with pytest.raises(StepRefused, match="现金"):
        batches.open_batch(by=people.aid, term=autumn, programmes=[meals], title="")


def test_opening_with_past_terms_lists_back_pay_under_its_own_term(people, autumn, xiazhai, luona):
    spring = factories.term("2020-spring")
    child = factories.student("欠发", at=xiazhai, during=spring)
    subsidies.entitle(child, 12_345)
    batch = batches.open_batch(
        by=people.aid, term=autumn, programmes=[subsidies.programme()], title="", with_past=True
    )
    assert list(batch.lines.order_by("pk").values_list("student_name", "term_id")) == [
        ("罗娜", "2020-autumn"),
        ("欠发", "2020-spring"),
    ]


def test_child_without_account_is_listed_but_held_until_there_is_one(people, autumn, xiazhai, luona):
    child = factories.student("无卡", at=xiazhai, during=autumn, account=False)
    subsidies.entitle(child, 10_000)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    line = batch.lines.get(student=child)
    assert (line.state, line.hold) == ("held", "no_account")
    with pytest.raises(StepRefused, match="还没有银行账户"):
        line_actions.release_line(by=people.aid, line=line, reason="已联系")
    BankAccount.objects.create(
        student=child,
        holder="罗丽浩",
        bank="县农村信用社",
        number="6226000000001",
        number_hash="x" * 32,
        tail="0001",
    )
    line_actions.release_line(by=people.aid, line=line, reason="已补录监护人账户")
    line.refresh_from_db()
    assert (line.state, line.account_number, line.account_hash) == ("listed", "6226000000001", "x" * 32)


def test_account_of_a_stranger_is_held(people, autumn, xiazhai):
    child = factories.student("罗娜", at=xiazhai, during=autumn)
    BankAccount.objects.filter(student=child).update(holder="陌生人")
    subsidies.entitle(child)
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    line = batch.lines.get()
    assert (line.state, line.hold) == ("held", "holder_differs")
    line_actions.release_line(by=people.aid, line=line, reason="开户人为祖父，已核对户口簿")
    assert batch.lines.listed().count() == 1


def test_opening_shows_exactly_what_it_will_take(people, autumn, xiazhai, luona):
    away = factories.student("县外生", at=xiazhai, during=autumn)
    away.enrolments.update(school=None, place="elsewhere")
    subsidies.entitle(away, 99_900)
    spring = factories.student("欠发", at=xiazhai, during=factories.term("2020-spring"))
    subsidies.entitle(spring, 12_345)
    for with_past, fen in ((False, 149_900), (True, 162_245)):
        [row] = opening_of(autumn, with_past=with_past).by_programme()
        assert row["fen"] == fen
    batch = batches.open_batch(
        by=people.aid, term=autumn, programmes=[subsidies.programme()], title="", with_past=True
    )
    assert batch.lines.totals()["fen"] == 162_245


def test_child_who_studies_elsewhere_is_paid_on_a_sheet_of_its_own(
    aid_officer, approver, finance, autumn, xiazhai
):
    """兜底: the other county does not pay, so ours does; somebody of the bureau holds the clerk's seat for these children."""
    away = factories.student("县外生", at=xiazhai, during=autumn)
    away.enrolments.update(
        school=None, school_class=None, school_area="", place="in_province", outside_school="遵义市第一中学"
    )
    subsidies.entitle(away, 99_900)
    reporter = factories.user("吴代报", ("school_clerk", School.objects.outside()))
    people = subsidies.People(clerk=reporter, aid=aid_officer, approver=approver, finance=finance)
    batch = subsidies.batch_at("paid", people, term=autumn)
    line = batch.lines.get()
    assert (line.school_name, line.state, line.sheet.school.name) == (
        "遵义市第一中学",
        "paid",
        "县外就读学生（资助中心代报）",
    )
    assert Balance.objects.get(student=away).outstanding_fen == 0
    figures = figures_by(aid_officer, autumn, "school_id")
    assert {school: (f.entitled_fen, f.paid_fen) for school, f in figures.items()} == {None: (99_900, 99_900)}
    assert not School.objects.filter(is_open=True, pk=line.school_id).exists()


def test_submitting_freezes_what_is_due_then(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("open", people, term=autumn)
    Entitlement.objects.filter(student=luona).update(amount_fen=60_000)
    Entitlement.objects.filter(student=yanyu).delete()
    sheet = batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    assert (sheet.state, sheet.students, sheet.amount_fen) == ("reviewed", 1, 60_000)
    assert list(batch.lines.order_by("pk").values_list("state", "amount_fen")) == [
        ("listed", 60_000),
        ("removed", 31_250),
    ]


def test_sheet_goes_through_the_centre_school_and_may_come_back(people, autumn, xiazhai, luona):
    centre = factories.school("城关镇中心小学")
    xiazhai.centre = centre
    xiazhai.save()
    reviewer = factories.user("审核员", ("centre_reviewer", centre)).as_actor()
    batch = subsidies.batch_at("open", people, term=autumn)
    sheet = batch.sheets.get()
    assert batches.submit_sheet(by=people.clerk, sheet=sheet).state == "submitted"
    with pytest.raises(StepRefused, match="必须填写理由"):
        batches.return_sheet(by=reviewer, sheet=sheet, reason=" ")
    assert batches.return_sheet(by=reviewer, sheet=sheet, reason="名单有误").state == "returned"
    batches.submit_sheet(by=people.clerk, sheet=sheet)
    assert batches.review_sheet(by=reviewer, sheet=sheet).state == "reviewed"
    assert batches.return_sheet(by=people.aid, sheet=sheet, reason="请补证明").state == "returned"
    assert [d.label for d in sheet.decisions.all()] == [
        "报送中心学校", "退回学校", "报送中心学校", "审核同意", "退回学校",
    ]  # fmt: skip


def test_person_takes_one_stage_of_a_batch_only(people, autumn, luona):
    batch = subsidies.batch_at("submitted", people, term=autumn)
    with pytest.raises(StepRefused, match="同一批次中一人只能办理一个环节"):
        batches.approve_office(by=people.clerk, batch=batch)
    batches.approve_office(by=people.aid, batch=batch)
    with pytest.raises(StepRefused, match="同一批次中一人只能办理一个环节"):
        batches.approve_final(by=people.aid, batch=batch)
    batch.refresh_from_db()
    assert batch.state == "office_approved"
    with (
        pytest.raises(IntegrityError, match="subsidies_batchseat|one_stage_per_person_and_batch"),
        transaction.atomic(),
    ):
        BatchSeat.objects.create(subject=batch, user_id=people.aid.id, stage="approver")


def test_late_sheets_move_to_a_follow_up_batch(people, autumn, qingshi, luona, neighbour):
    child = factories.student("青石生", at=qingshi, during=autumn)
    subsidies.entitle(child, 20_000)
    batch = subsidies.batch_at("open", people, term=autumn)
    batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get(school=luona.enrolments.get().school))
    batches.approve_office(by=people.aid, batch=batch)
    follow_up = batch.follow_ups.get()
    assert (follow_up.state, follow_up.number) == ("open", "2020秋-002")
    assert list(batch.lines.values_list("student_name", flat=True)) == ["罗娜"]
    assert list(follow_up.lines.values_list("student_name", flat=True)) == ["青石生"]
    sheet = SchoolSheet.objects.get(school=qingshi)
    assert batches.submit_sheet(by=neighbour.as_actor(), sheet=sheet).state == "reviewed"


def test_cancelled_batch_gives_its_money_back(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("submitted", people, term=autumn)
    with pytest.raises(StepRefused, match="必须填写理由"):
        batches.cancel(by=people.aid, batch=batch, reason="")
    batches.cancel(by=people.aid, batch=batch, reason="项目选错")
    assert set(batch.lines.values_list("state", flat=True)) == {"removed"}
    assert balance(luona) == (50_000, 0, 0, 50_000)
    with pytest.raises(StepRefused, match="已撤销"):
        batches.submit_sheet(by=people.clerk, sheet=batch.sheets.get())
    assert subsidies.batch_at("paid", people, term=autumn).lines.count() == 2


def test_cancelling_ends_with_approval(people, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    with pytest.raises(StepRefused):
        batches.cancel(by=people.aid, batch=batch, reason="项目选错")
    assert batch.lines.get().state == "listed"


def test_cleared_batch_of_which_nobody_is_left_can_be_archived(people, autumn, luona):
    batch = subsidies.batch_at("cleared", people, term=autumn)
    with pytest.raises(StepRefused, match="还有 1 笔"):
        batches.archive(by=people.aid, batch=batch)
    line_actions.remove_line(by=people.aid, line=batch.lines.get(), reason="已转出")
    batches.archive(by=people.aid, batch=batch)
    batch.refresh_from_db()
    assert batch.state == "archived"


def test_approver_may_send_the_batch_back(people, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    batches.return_to_office(by=people.approver, batch=batch, reason="金额偏大，请复核")
    batch.refresh_from_db()
    assert batch.state == "open"
    batches.approve_office(by=people.aid, batch=batch)
    batches.approve_final(by=people.approver, batch=batch)
    batch.refresh_from_db()
    assert batch.state == "approved"


@pytest.mark.parametrize("step", ["reviewed", "cleared"])
def test_entitlement_lowered_after_submission_holds_the_child(people, autumn, luona, yanyu, step):
    batch = subsidies.batch_at(step, people, term=autumn)
    Entitlement.objects.filter(student=yanyu).update(amount_fen=10_000)
    if step == "reviewed":
        batches.approve_office(by=people.aid, batch=batch)
    else:
        assert payouts.export_bank_file(by=people.finance, batch=batch, reason="发放").amount_fen == 50_000
    line = batch.lines.get(student=yanyu)
    assert (line.state, line.hold) == ("held", "entitlement_fell")
    with pytest.raises(StepRefused):
        line_actions.release_line(by=people.aid, line=line, reason="放行")
    line_actions.remove_line(by=people.aid, line=line, reason="应享已降低")
    assert balance(yanyu) == (10_000, 0, 0, 10_000)


def test_hold_stays_when_nobody_is_left_to_pay(people, autumn, luona):
    batch = subsidies.batch_at("cleared", people, term=autumn)
    Entitlement.objects.all().delete()
    with pytest.raises(StepRefused, match="没有可以发放的学生"):
        payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    assert batch.lines.get().hold == "entitlement_fell"
    assert not BankFile.objects.exists()


def test_held_by_hand_waits_alone_and_archive_waits_for_it(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("reviewed", people, term=autumn)
    held = line_actions.hold_lines(
        by=people.aid, batch=batch, lines=Line.objects.filter(student=yanyu), reason="核对学籍"
    )
    assert held == 1
    batches.approve_office(by=people.aid, batch=batch)
    batches.approve_final(by=people.approver, batch=batch)
    publicising.publish(by=people.aid, batch=batch)
    line = batch.lines.get(student=yanyu)
    with pytest.raises(StepRefused, match="未随本批审批和公示"):
        line_actions.release_line(by=people.aid, line=line, reason="已核对")
    subsidies.end_publicity(batch)
    publicising.clear(by=people.aid, batch=batch)
    payouts.export_bank_file(by=people.finance, batch=batch, reason="发放")
    subsidies._pay(batch, people)
    with pytest.raises(StepRefused, match="还有 1 笔"):
        batches.archive(by=people.aid, batch=batch)
    line_actions.remove_line(by=people.aid, line=line, reason="转下一批")
    batches.archive(by=people.aid, batch=batch)
    assert balance(yanyu) == (31_250, 0, 0, 31_250)


def test_failed_lines_are_outstanding_again_and_paid_by_the_next_batch(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("sent", people, term=autumn)
    bank_file = batch.bank_files.get()
    number = batch.lines.get(student=yanyu).bank_no
    with subsidies.return_file(bank_file, failed={number: "账户已销户"}) as path:
        payouts.apply_return(by=people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")
    batch.refresh_from_db()
    assert batch.state == "partly_failed"
    line = batch.lines.get(student=yanyu)
    assert (line.state, line.note) == ("failed", "账户已销户")
    assert balance(yanyu) == (31_250, 0, 0, 31_250)
    again = subsidies.batch_at("paid", people, term=autumn)
    assert [line.student_name for line in again.lines.all()] == ["严宇"]
    assert balance(yanyu) == (31_250, 31_250, 0, 0)


def test_database_refuses_two_open_lines_for_the_same_money(people, autumn, luona):
    line = subsidies.batch_at("open", people, term=autumn).lines.get()
    line.pk, line.batch = (
        None,
        batches._new_batch(
            by=people.aid, term=autumn, title="x", programmes=[subsidies.programme()], follows=None
        ),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        line.save(force_insert=True)


def test_database_refuses_to_send_what_was_never_public(people, autumn, luona):
    line = subsidies.batch_at("sent", people, term=autumn).lines.get()
    with pytest.raises(IntegrityError, match="sent_line_was_publicised"), transaction.atomic():
        Line.objects.filter(pk=line.pk).update(notice=None)


def test_clear_waits_for_the_last_working_day(people, autumn, luona):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    assert batch.publicity_until > today()
    with pytest.raises(StepRefused, match="公示到"):
        publicising.clear(by=people.aid, batch=batch)
    subsidies.end_publicity(batch)
    publicising.clear(by=people.aid, batch=batch)
    batch.refresh_from_db()
    assert batch.state == "cleared"


def test_changed_list_begins_its_period_again(people, autumn, xiazhai, luona):
    batch = subsidies.batch_at("in_publicity", people, term=autumn)
    subsidies.end_publicity(batch)
    publicising.republish(by=people.aid, batch=batch, school=xiazhai, reason="更正班级")
    old, new = Notice.objects.order_by("pk")
    assert (old.state, new.state) == ("withdrawn", "open")
    assert batch.lines.get().notice == new
    batch.refresh_from_db()
    assert batch.publicity_until == new.closes_on > today()
    with pytest.raises(StepRefused, match="公示到"):
        publicising.clear(by=people.aid, batch=batch)
