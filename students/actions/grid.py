"""One row of a class's grid: boarding, meal days, card number. What somebody else changed meanwhile is never overwritten.

A card in place of one on file waits for a second person (:mod:`.pending`).
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor
from students.enums import ChangeCause
from students.models import Enrolment, EnrolmentQuerySet, PendingChange, Student

from .hardship import mark_changed
from .proposals import propose_account
from .registration import keep_account
from .terms import refuse_closed


@dataclass(frozen=True)
class Cells:
    """What the grid shows of a child."""

    boarding: bool
    meal_days: int | None
    account_hash: str
    tail: str

    @classmethod
    def of(cls, enrolment: Enrolment) -> "Cells":
        account = enrolment.student.bank_account if hasattr(enrolment.student, "bank_account") else None
        return cls(
            enrolment.boarding, enrolment.meal_days, account.number_hash if account else "", account.tail if account else ""
        )  # fmt: skip

    @property
    def seen(self) -> str:
        """A keyed hash of the row: another one means that somebody changed it."""
        return keyed_hash(f"{self.boarding}|{self.meal_days}|{self.account_hash}")

    @property
    def words(self) -> dict[str, str]:
        days = "同学期" if self.meal_days is None else str(self.meal_days)
        return {
            "寄宿": "是" if self.boarding else "否", "供餐天数": days, "银行账号": f"尾号{self.tail}" if self.tail else ""
        }  # fmt: skip


def with_cards(rows: EnrolmentQuerySet) -> EnrolmentQuerySet:
    """Return ``rows`` with all that the grid shows; ``card_waiting``: the masked card that waits to be checked."""
    waiting = PendingChange.objects.card_words()
    return rows.select_related("student__bank_account", "term").annotate(card_waiting=waiting)


@transaction.atomic
def save_row(
    *, by: Actor, enrolment: Enrolment, boarding: bool, meal_days: int | None, account_number: str, seen: str
) -> Enrolment:
    """Write what differs in one row; an empty ``account_number`` leaves the card as it is.

    Raise ValidationError when the row is no longer as it was ``seen``, StepRefused in a closed term.
    """
    student = Student.objects.select_for_update().get(pk=enrolment.student_id)
    row = Enrolment.objects.select_related("term").get(pk=enrolment.pk)
    row.student = student
    refuse_closed(row.term)
    old = Cells.of(row)
    if old.seen != seen:
        now = "，".join(f"{label} {word or '无'}" for label, word in old.words.items())
        raise ValidationError(f"没有保存：他人刚改过，现在是{now}。请刷新本页再改。")
    row.boarding, row.meal_days = boarding, meal_days
    if (boarding, meal_days) != (old.boarding, old.meal_days):
        row.save(update_fields=["boarding", "meal_days"])
        moved = boarding != old.boarding
        mark_changed(row.term, [student.pk], ChangeCause.BOARDING if moved else ChangeCause.RECORD)
    if account_number and old.account_hash:
        account = student.bank_account
        card = {"account_number": account_number, "account_holder": "", "account_bank": account.bank}
        propose_account(by=by, enrolment=row, account=account, data=card)
    elif account_number:
        keep_account(student, {"account_number": account_number, "account_holder": "", "account_bank": ""})
        student.updated_at, student.updated_by = timezone.now(), by.name
        student.save(update_fields=["updated_at", "updated_by"])
    row = with_cards(Enrolment.objects.all()).get(pk=row.pk)
    new = Cells.of(row)
    if new != old:
        changes = {
            label: [old.words[label], word] for label, word in new.words.items() if word != old.words[label]
        }
        record(by, action="students.correct", subject=student, changes=changes, reason=str(row.term))
    return row
