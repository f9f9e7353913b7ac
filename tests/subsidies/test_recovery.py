"""Money paid beyond what is due comes back by decision only, and every number follows."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from povertyedu.home.queries import cash_by_stage_and_source, figures_by
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import batches, recovery
from subsidies.models import Balance, Line, PaidAdjustment, Recovery
from tests import factories
from tests.factories import subsidies
from tests.together import together

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def people(clerk, aid_officer, approver, finance):
    return subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)


@pytest.fixture
def over(people, autumn, xiazhai):
    """孙多 was paid 500 yuan and is due 200."""
    return subsidies.overpaid("孙多", people, term=autumn, at=xiazhai)


def numbers(child, programme=None):
    """The four numbers of a child's money, in fen."""
    found = Balance.objects.filter(student=child, **({"programme": programme} if programme else {}))
    return [
        (b.entitled_fen, b.paid_fen, b.in_hand_fen, b.outstanding_fen) for b in found.order_by("programme_id")
    ]


def proposed(child, people, method="offset"):
    balance = Balance.objects.get(student=child, outstanding_fen__lt=0)
    return recovery.propose_recovery(by=people.aid, balance=balance, method=method, reason="查明走读")


def test_overpayment_is_shown_and_nothing_happens_by_itself(client, over, aid_officer, people, autumn):
    subsidies.entitle(over, 50_000)
    batch = subsidies.batch_at("open", people, term=autumn)
    assert (batch.lines.get().amount_fen, PaidAdjustment.objects.count()) == (50_000, 0)
    client.force_login(aid_officer)
    page = client.get(reverse("subsidies:recoveries")).content.decode()
    assert "孙多" in page
    assert "300.00" in page


def test_returned_money_lowers_what_was_paid(over, people):
    found = recovery.approve_recovery(by=people.approver, recovery=proposed(over, people, "returned"))
    recovery.record_return(by=people.finance, recovery=found, amount_fen=10_000, note="收据 001")
    assert numbers(over) == [(20_000, 40_000, 0, -20_000)]
    with pytest.raises(StepRefused, match="不超过还应追回的 200.00 元"):
        recovery.record_return(by=people.finance, recovery=found, amount_fen=20_001, note="收据 002")
    recovery.record_return(by=people.finance, recovery=found, amount_fen=20_000, note="收据 002")
    found.refresh_from_db()
    assert (numbers(over), found.state) == ([(20_000, 20_000, 0, 0)], "settled")


def test_dashboard_follows_what_came_back(over, people, leader, autumn, xiazhai):
    found = recovery.approve_recovery(by=people.approver, recovery=proposed(over, people, "returned"))
    recovery.record_return(by=people.finance, recovery=found, amount_fen=10_000, note="收据 001")
    assert figures_by(leader, autumn, "school_id")[xiazhai.pk].paid_fen == 40_000
    assert cash_by_stage_and_source(leader, autumn).stages["primary"].paid_fen == 40_000


def test_offset_takes_what_is_outstanding_now_and_the_rest_from_the_next_batch(over, people, autumn):
    first = subsidies.programme("p1", "项目一")
    subsidies.entitle(over, 10_000, of=first)
    found = recovery.approve_recovery(by=people.approver, recovery=proposed(over, people))
    assert numbers(over, first) == [(10_000, 10_000, 0, 0)]
    assert (recovery.left_of(found), found.state) == (20_000, "approved")

    second = subsidies.programme("p2", "项目二")
    subsidies.entitle(over, 50_000, of=second)
    batch = subsidies.batch_at("submitted", people, term=autumn, programmes=[second])
    assert batch.lines.get().amount_fen == 30_000
    found.refresh_from_db()
    assert (found.state, recovery.left_of(found)) == ("settled", 0)
    assert numbers(over, second) == [(50_000, 20_000, 30_000, 0)]
    assert sum(PaidAdjustment.objects.values_list("paid_fen", flat=True)) == 0


def test_money_in_hand_is_left_alone(over, people, autumn):
    first = subsidies.programme("p1", "项目一")
    subsidies.entitle(over, 10_000, of=first)
    subsidies.batch_at("open", people, term=autumn, programmes=[first])
    recovery.approve_recovery(by=people.approver, recovery=proposed(over, people))
    assert PaidAdjustment.objects.count() == 0


def test_who_proposed_cannot_approve_and_refusal_needs_a_reason(over, people):
    found = proposed(over, people)
    with pytest.raises(StepRefused, match="不能自己批准"):
        recovery.approve_recovery(by=people.aid, recovery=found)
    with pytest.raises(StepRefused, match="必须填写理由"):
        recovery.answer_recovery(by=people.approver, recovery=found, verb="refuse", reason=" ")
    recovery.answer_recovery(by=people.approver, recovery=found, verb="refuse", reason="家庭困难，免予追回")
    assert numbers(over) == [(20_000, 50_000, 0, -30_000)]
    proposed(over, people)  # may be proposed again


def test_second_proposal_of_the_same_money_is_refused_by_the_database_too(over, people):
    found = proposed(over, people)
    balance = Balance.objects.get(student=over)
    with pytest.raises(StepRefused, match="已有未办结"):
        recovery.propose_recovery(by=people.aid, balance=balance, method="offset", reason="再提")
    found.pk = None
    with pytest.raises((IntegrityError, ValidationError)), transaction.atomic():
        found.save(force_insert=True)


def test_entitlement_that_rose_again_stops_the_offset(over, people, autumn):
    found = proposed(over, people)
    over.entitlements.update(amount_fen=40_000)
    with pytest.raises(StepRefused, match="已变小"):
        recovery.approve_recovery(by=people.approver, recovery=found)


def test_adjustment_is_never_changed_or_deleted(over, people):
    found = recovery.approve_recovery(by=people.approver, recovery=proposed(over, people, "returned"))
    recovery.record_return(by=people.finance, recovery=found, amount_fen=10_000, note="收据 001")
    for change in (PaidAdjustment.objects.all().delete, lambda: PaidAdjustment.objects.update(paid_fen=-1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_two_batches_opened_at_once_offset_the_same_money_once(
    real_commits, clerk, aid_officer, approver, finance
):
    people = subsidies.People(clerk=clerk, aid=aid_officer, approver=approver, finance=finance)
    autumn, at = factories.term(), factories.school("城关镇下寨小学")
    over = subsidies.overpaid("孙多", people, term=autumn, at=at)
    found = proposed(over, people)
    recovery.approve_recovery(by=people.approver, recovery=found)
    programmes = [subsidies.programme(code, code) for code in ("p1", "p2")]
    for programme in programmes:
        subsidies.entitle(over, 25_000, of=programme)

    def open_one(programme):
        return batches.open_batch(by=people.aid, term=autumn, programmes=[programme], title="同时")

    together(
        *(partial(open_one, programme) for programme in programmes)
    )  # refused where the offset took all of it
    taken = sum(-fen for fen in PaidAdjustment.objects.values_list("paid_fen", flat=True) if fen < 0)
    listed = sum(Line.objects.open().values_list("amount_fen", flat=True))
    assert (taken, listed) == (30_000, 20_000)


def test_pages_walk_from_proposal_to_the_last_yuan(client, over, aid_officer, approver, finance):
    balance = Balance.objects.get(student=over)
    new = reverse("subsidies:recovery_new", args=[over.pk, balance.term_id, balance.programme_id])
    client.force_login(aid_officer)
    assert client.post(new, {"method": "returned", "reason": ""}).status_code == 422
    client.post(new, {"method": "returned", "reason": "查明走读"})
    found = Recovery.objects.get()
    assert client.get(new).status_code == 404  # under way already
    page = reverse("subsidies:recovery", args=[found.pk])
    step = reverse("subsidies:recovery_step", args=[found.pk, "approve"])
    assert client.post(step).status_code == 403
    client.force_login(approver)
    assert "待审批的多发追回" in client.get(reverse("home:todo")).content.decode()
    client.post(step)
    client.force_login(finance)
    back = reverse("subsidies:recovery_return", args=[found.pk])
    for wrong in (
        {"amount": "0", "note": "收据"},
        {"amount": "300.001", "note": "收据"},
        {"amount": "301", "note": "收据"},
        {},
    ):
        assert client.post(back, wrong).status_code == 422
        assert PaidAdjustment.objects.count() == 0
    client.post(back, {"amount": "100", "note": "收据 001"})
    again = client.post(back, {"amount": "100", "note": "收据 001"})
    assert (again.status_code, "“收据 001”的 100.00 元已经登记过，没有再记" in again.text) == (422, True)
    assert numbers(over) == [(20_000, 40_000, 0, -20_000)]
    client.post(back, {"amount": "200", "note": "收据 002"})
    late = client.post(back, {"amount": "1", "note": "收据 003"}, follow=True)
    assert "这笔追回不在“已批准，等待退回”的状态" in late.text
    shown = client.get(page).content.decode()
    assert "已追回" in shown
    assert "收据 001" in shown
    assert numbers(over) == [(20_000, 20_000, 0, 0)]


def test_list_takes_the_same_queries_for_few_and_many(client, people, autumn, xiazhai, aid_officer):
    client.force_login(aid_officer)

    def queries(children: int) -> int:
        of = subsidies.programme(f"over{children}", "寄宿")
        paid = [factories.student(f"学生{n}", at=xiazhai, during=autumn) for n in range(children)]
        for child in paid:
            subsidies.entitle(child, 50_000, of=of)
        subsidies.batch_at("paid", people, term=autumn, programmes=[of])
        of.entitlements.update(amount_fen=20_000)
        for child in paid[: children // 2]:
            proposed(child, people)
        client.get(reverse("subsidies:recoveries"))
        with CaptureQueriesContext(connection) as found:
            assert client.get(reverse("subsidies:recoveries")).status_code == 200
        return len(found)

    assert queries(2) == queries(30)
