"""Verbs in any order, by anyone: what is refused is refused in words, and the money always adds up."""

import random
from contextlib import suppress

import pytest

from povertyedu.workflow.flow import StepRefused
from subsidies.actions import batches, payouts, publicising
from subsidies.actions import lines as line_actions
from subsidies.enums import OPEN_LINES
from subsidies.models import Balance, Batch, BatchDecision, BatchSeat, Entitlement, Line, SchoolSheet
from tests import factories
from tests.factories import subsidies

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


class Walk:
    """One random walk over two schools, five children and everybody's verbs."""

    def __init__(self, seed, people, autumn, children):
        self.random, self.people, self.term, self.children = random.Random(seed), people, autumn, children

    def take(self):
        onward = [
            self.submit,
            self.submit,
            self.approve,
            self.approve_final,
            self.publish,
            self.clear,
            self.send,
            self.answer,
        ]
        aside = [
            self.open,
            self.back,
            self.hold,
            self.release,
            self.remove,
            self.change_entitlement,
            self.archive,
            self.cancel,
        ]
        deed = self.random.choice(onward if self.random.random() < 0.8 else aside)
        with suppress(StepRefused):
            deed()

    def any(self, rows):
        found = list(rows)
        if not found:
            raise StepRefused("nothing there")
        return self.random.choice(found)

    def anybody(self, usual):
        """Nearly always the right person, now and then another."""
        return (
            usual if self.random.random() < 0.9 else self.random.choice(list(vars(self.people).values())[:4])
        )

    def batch(self, *states):
        """Nearly always a batch at the step, now and then another."""
        return self.any(
            Batch.objects.filter(state__in=states) if self.random.random() < 0.9 else Batch.objects.all()
        )

    def open(self):
        batches.open_batch(
            by=self.anybody(self.people.aid), term=self.term, programmes=[subsidies.programme()], title="走"
        )

    def submit(self):
        batches.submit_sheet(by=self.anybody(self.people.clerk), sheet=self.any(SchoolSheet.objects.all()))

    def back(self):
        batches.return_sheet(by=self.people.aid, sheet=self.any(SchoolSheet.objects.all()), reason="核对")

    def approve(self):
        batches.approve_office(by=self.anybody(self.people.aid), batch=self.batch("open"))

    def approve_final(self):
        batches.approve_final(by=self.anybody(self.people.approver), batch=self.batch("office_approved"))

    def publish(self):
        publicising.publish(by=self.people.aid, batch=self.batch("approved"))

    def clear(self):
        batch = self.any(Batch.objects.filter(state="in_publicity"))
        subsidies.end_publicity(batch)
        publicising.clear(by=self.people.aid, batch=batch)

    def send(self):
        payouts.export_bank_file(
            by=self.anybody(self.people.finance), batch=self.batch("cleared", "partly_failed"), reason="走"
        )

    def answer(self):
        bank_file = self.any(
            f for batch in Batch.objects.filter(state="sent") for f in batch.bank_files.all()
        )
        failed = {
            n: "账号有误"
            for n in bank_file.lines.values_list("bank_no", flat=True)
            if self.random.random() < 0.3
        }
        with subsidies.return_file(bank_file, failed=failed) as path:
            payouts.apply_return(by=self.people.finance, bank_file=bank_file, path=path, name="回盘.xlsx")

    def hold(self):
        line = self.any(Line.objects.all())
        line_actions.hold_lines(
            by=self.people.aid, batch=line.batch, lines=Line.objects.filter(pk=line.pk), reason="核对"
        )

    def release(self):
        line_actions.release_line(by=self.people.aid, line=self.any(Line.objects.held()), reason="已核对")

    def remove(self):
        line_actions.remove_line(by=self.people.aid, line=self.any(Line.objects.all()), reason="移出")

    def change_entitlement(self):
        child = self.random.choice(self.children)
        Entitlement.objects.filter(student=child).update(
            amount_fen=self.random.choice([100, 5_000, 50_000, 60_000])
        )

    def cancel(self):
        batches.cancel(by=self.people.aid, batch=self.any(Batch.objects.all()), reason="重开")

    def archive(self):
        batches.archive(by=self.people.aid, batch=self.batch("cleared", "paid", "partly_failed"))


def check(highest: dict[int, int]):
    """Assert what must hold whatever was tried."""
    for student, entitled in Entitlement.objects.values_list("student_id", "amount_fen"):
        highest[student] = max(highest.get(student, 0), entitled)
    for balance in Balance.objects.all():
        # never more on its way than was ever due; more only where the entitlement fell afterwards
        assert balance.paid_fen + balance.in_hand_fen <= highest[balance.student_id]
        assert balance.outstanding_fen == balance.entitled_fen - balance.paid_fen - balance.in_hand_fen
    opened = list(Line.objects.filter(state__in=OPEN_LINES).values_list("student", "term", "programme"))
    assert len(opened) == len(set(opened))
    for batch in Batch.objects.all():
        assert BatchDecision.broken_link(batch) is None
        assert not batch.lines.exclude(sheet__batch=batch).exists()
    seats = list(BatchSeat.objects.values_list("subject", "user_id"))
    assert len(seats) == len(set(seats))


@pytest.mark.parametrize("seed", range(4))
def test_money_adds_up_after_any_order_of_verbs(seed, people, autumn, xiazhai, qingshi):
    children = [
        factories.student(
            f"生{number}", at=(xiazhai, qingshi)[number % 2], during=autumn, account=number != 4
        )
        for number in range(5)
    ]
    for child in children:
        subsidies.entitle(child, 50_000)
    walk, highest = Walk(seed, people, autumn, children), {}
    for _ in range(150):
        walk.take()
        check(highest)
    assert Line.objects.exists()
