"""The second person's answer to a change of an ID number or an account on file."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.changes import differences, snapshot
from students.enums import ChangeKind, ChangeState
from students.models import PendingChange, Student
from students.states import CHANGE_FLOW

from .proposals import account_hash
from .registration import change_number, keep_account


@transaction.atomic
def confirm_change(*, by: Actor, change: PendingChange) -> PendingChange:
    """Apply the change; StepRefused when it is one's own, or what it replaces is no longer on file."""
    _not_oneself(by, change)
    student = Student.objects.select_for_update().get(pk=change.student_id)
    if student.merged_into_id or _on_file(student, change.kind) != change.replaces:
        raise StepRefused(
            "提出之后原来的内容已变，不能再按这一件更改；请填写理由退回，由提出人核对后重新提出。"
        )
    advance(change, CHANGE_FLOW, "confirm", by=by, **_stamp(by))
    before = snapshot(student, change.enrolment)
    value = change.value
    student.updated_at, student.updated_by = timezone.now(), by.name
    try:
        if change.kind == ChangeKind.ID_NUMBER:
            born = value.pop("birth_date")
            change_number(student, value | {"birth_date": dt.date.fromisoformat(born) if born else None})
        else:
            student.save(update_fields=["updated_at", "updated_by"])
            keep_account(student, value)
    except ValidationError as refusal:
        raise StepRefused("；".join(refusal.messages)) from None
    except IntegrityError:
        raise StepRefused("这个号码刚被另一份档案使用，不能更改；请重新核对。") from None
    changes = differences(before, snapshot(student, change.enrolment))
    record(by, action="students.checked_change", subject=student, changes=changes)
    _tell(change, "已复核，现已生效。", "ok")
    return change


@transaction.atomic
def refuse_change(*, by: Actor, change: PendingChange, reason: str) -> PendingChange:
    """Turn the change down, with the reason that its proposer reads."""
    _not_oneself(by, change)
    advance(change, CHANGE_FLOW, "refuse", by=by, reason=reason, **_stamp(by))
    _tell(change, f"不同意：{reason.strip()}", "warn")
    return change


@transaction.atomic
def withdraw_change(*, by: Actor, change: PendingChange) -> PendingChange:
    """Take the change back."""
    advance(change, CHANGE_FLOW, "withdraw", by=by)
    return change


# --- how they do it -------------------------------------------------------------------------------


def _on_file(student: Student, kind: str) -> str:
    """Return the hash of what a change of ``kind`` would replace now."""
    if kind == ChangeKind.ID_NUMBER:
        return student.id_hash or ""
    return account_hash(student.bank_account) if hasattr(student, "bank_account") else ""


def _not_oneself(by: Actor, change: PendingChange) -> None:
    if by.id == change.proposed_by_id and change.state == ChangeState.WAITING:
        raise StepRefused("这项变更是您提出的，须由另一人复核。")


def _stamp(by: Actor) -> dict:
    return {"decided_at": timezone.now(), "decided_by_id": by.id, "decided_by": by.name}


def _tell(change: PendingChange, text: str, tone: str) -> None:
    tell(
        User.objects.filter(pk=change.proposed_by_id).first(), f"{change}变更：{text}",
        url=reverse("students:change", args=[change.pk]), tone=tone,
    )  # fmt: skip
