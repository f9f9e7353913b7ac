"""Two people at the same instant, on real connections: exactly one wins, nothing is doubled."""

from threading import Event, Thread

import pytest
from django.db import connection, transaction

from povertyedu.publicity import actions as publicity
from povertyedu.publicity.models import Notice
from povertyedu.workflow.flow import SYSTEM
from students.actions.hardship import mark_changed
from students.models import Enrolment, FactChange
from subsidies.actions import batches, payouts, recalculation
from subsidies.actions.policies import load_policy, pack_text
from subsidies.models import BankFile, Batch, BatchDecision, BatchSeat, Entitlement, Line
from tests import factories
from tests.factories import subsidies
from tests.together import refusals, together

pytestmark = [pytest.mark.sql, pytest.mark.usefixtures("real_commits")]


def test_two_approvals_at_once_count_one(people, autumn, luona):
    batch = subsidies.batch_at("office_approved", people, term=autumn)
    second = factories.user("第二审批", ("approver", factories.county())).as_actor()
    results = together(
        *(
            lambda by=by: batches.approve_final(by=by, batch=Batch.objects.get(pk=batch.pk))
            for by in (people.approver, second)
        )
    )
    assert len(refusals(results)) == 1
    assert BatchDecision.objects.filter(subject=batch, verb="approve_final").count() == 1
    assert BatchSeat.objects.filter(subject=batch, stage="approver").count() == 1
    assert BatchDecision.broken_link(batch) is None


def test_double_click_of_one_person_counts_once(people, autumn, luona):
    batch = subsidies.batch_at("cleared", people, term=autumn)
    results = together(
        *(
            lambda: payouts.export_bank_file(
                by=people.finance, batch=Batch.objects.get(pk=batch.pk), reason="发放"
            )
            for _ in range(2)
        )
    )
    assert len(refusals(results)) == 1
    assert batch.bank_files.count() == 1
    assert batch.lines.get().state == "sent"


def test_two_batches_opened_at_once_never_hold_the_same_money(people, autumn, xiazhai, luona, yanyu):
    second = factories.user("第二经办", ("aid_officer", factories.county())).as_actor()
    spring = factories.term("2021-spring")
    results = together(
        lambda: batches.open_batch(
            by=people.aid, term=autumn, programmes=[subsidies.programme()], title="甲"
        ),
        # another term, so that not even the lock on the term's numbering keeps them apart
        lambda: batches.open_batch(
            by=second, term=spring, programmes=[subsidies.programme()], title="乙", with_past=True
        ),
    )
    assert len(refusals(results)) == 1
    assert Batch.objects.count() == 1
    assert sorted(Line.objects.values_list("student__name", flat=True)) == ["严宇", "罗娜"]


def test_approval_and_a_late_report_do_not_pass_each_other(people, autumn, qingshi, neighbour, luona):
    child = factories.student("青石生", at=qingshi, during=autumn)
    subsidies.entitle(child)
    batch = subsidies.batch_at("open", people, term=autumn)
    mine = batch.sheets.exclude(school=qingshi).get()
    batches.submit_sheet(by=people.clerk, sheet=mine)
    late = batch.sheets.get(school=qingshi)
    together(
        lambda: batches.approve_office(by=people.aid, batch=Batch.objects.get(pk=batch.pk)),
        lambda: batches.submit_sheet(by=neighbour.as_actor(), sheet=late),
    )
    batch.refresh_from_db()
    late.refresh_from_db()
    assert batch.state == "office_approved"
    # either it came in time, or it waits in the follow-up batch; never unreviewed in an approved one
    assert (late.batch_id == batch.pk) == (late.state == "reviewed" and not batch.follow_ups.exists())
    assert not batch.sheets.exclude(state="reviewed").exists()


def test_objection_during_an_export_leaves_the_file_as_it_says(people, autumn, luona, yanyu):
    batch = subsidies.batch_at("cleared", people, term=autumn)
    line, notice = batch.lines.get(student=luona), Notice.objects.get()
    objection = publicity.Objection(
        notice=notice, subject=f"subsidies.line:{line.pk}", subject_name="罗娜", text="x"
    )

    def raise_it():
        with transaction.atomic():
            return publicity.matter_of(notice).objection_raised(objection, by=people.clerk)

    together(
        lambda: payouts.export_bank_file(
            by=people.finance, batch=Batch.objects.get(pk=batch.pk), reason="发放"
        ),
        raise_it,
    )
    bank_file, sent = BankFile.objects.get(), Line.objects.filter(state="sent")
    assert (bank_file.lines_count, bank_file.amount_fen) == (
        sent.count(),
        sum(each.amount_fen for each in sent),
    )
    line.refresh_from_db()
    assert line.state in ("sent", "held")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="on SQLite nobody else writes meanwhile")
@pytest.mark.parametrize("looks", ["standing", "compare"])  # at the sums of a range, or at each child
def test_mark_committed_during_a_recalculation_is_not_lost(autumn, luona, yanyu, monkeypatch, looks):
    load_policy(text=pack_text("guiding"), by=SYSTEM)
    Enrolment.objects.update(categories=1, boarding=True)
    recalculation.recalculate(term=autumn, by=SYSTEM, trigger="测试")
    if looks == "compare":
        assert Entitlement.objects.filter(student=luona).update(amount_fen=1)
    marked, go, done = Event(), Event(), Event()

    def mark_slowly():
        with transaction.atomic():
            mark_changed(autumn, [luona.pk])
            marked.set()
            assert go.wait(timeout=10)
        done.set()
        connection.close()

    other = Thread(target=mark_slowly)
    other.start()
    assert marked.wait(timeout=10)
    mark_changed(autumn, [yanyu.pk])  # a higher key, committed before the lower one
    look = getattr(recalculation, looks)

    def commit_meanwhile(*args):
        go.set()
        assert done.wait(timeout=10)
        return look(*args)

    monkeypatch.setattr(recalculation, looks, commit_meanwhile)
    recalculation.recalculate(term=autumn, by=SYSTEM, trigger="测试", only_changed=False)
    other.join()
    assert list(FactChange.objects.values_list("student", flat=True)) == [luona.pk]
