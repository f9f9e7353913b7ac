"""Correcting a closed term: asked for by the school, granted by the county, used once.

Refusals are StepRefused with a sentence; :func:`spend` raises ValidationError, as the record form expects.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.enums import CorrectionState
from students.models import Correction, CorrectionDecision, Enrolment
from students.states import CORRECTION_FLOW


@transaction.atomic
def request_correction(
    *, by: Actor, enrolment: Enrolment, facts: list[str], wanted: str, reason: str
) -> Correction:
    """Ask for leave to change ``facts`` (TermFact values) of one child in a closed term."""
    if not enrolment.term.is_closed:
        raise StepRefused(f"{enrolment.term}没有关闭，可以直接修改档案，不需要申请。")
    try:
        with transaction.atomic():
            found = Correction.objects.create(
                enrolment=enrolment, facts=facts, wanted=wanted.strip(), reason=reason.strip(),
                requested_by_id=by.id, requested_by=by.name,
            )  # fmt: skip
    except IntegrityError:
        raise StepRefused("该生这个学期已有一件没有办完的更正申请，请先办完或撤回。") from None
    CorrectionDecision.append(
        found, step=CORRECTION_FLOW["request"], old="", by=by, reason=reason, at=timezone.now()
    )
    changes = {"facts": ["", found.fact_words], "wanted": ["", found.wanted]}
    record(by, action="correction.request", subject=found, changes=changes, reason=reason)
    return found


@transaction.atomic
def approve(*, by: Actor, correction: Correction) -> Correction:
    """Grant the request; whoever asked cannot grant."""
    _not_oneself(by, correction)
    advance(correction, CORRECTION_FLOW, "approve", by=by, **_stamp(by))
    _tell(correction, "已批准，请打开学生档案更正所申请的项目；只能更正一次。", "ok")
    return correction


@transaction.atomic
def refuse(*, by: Actor, correction: Correction, reason: str) -> Correction:
    """Refuse the request, with the reason the school reads."""
    _not_oneself(by, correction)
    advance(correction, CORRECTION_FLOW, "refuse", by=by, reason=reason, **_stamp(by))
    _tell(correction, f"不同意：{reason.strip()}", "warn")
    return correction


@transaction.atomic
def withdraw(*, by: Actor, correction: Correction) -> Correction:
    """Take the request back, or give up the leave that was granted and not used."""
    advance(correction, CORRECTION_FLOW, "withdraw", by=by)
    return correction


def leave_for(enrolment: Enrolment) -> Correction | None:
    """Return the granted correction that opens ``enrolment``, None in an open term.

    Raise ValidationError when the term is closed and nothing was granted.
    """
    if not enrolment.term.is_closed:
        return None
    granted = Correction.objects.granted().select_for_update().filter(enrolment=enrolment).first()
    if granted is None:
        raise ValidationError(
            f"{enrolment.term}已关闭，不能再改；确需更正的，请在学生档案点“申请更正”，批准后再改。"
        )
    return granted


def spend(*, by: Actor, correction: Correction, changed: set[str]) -> None:
    """Use up ``correction`` for a change of the facts labelled ``changed``; anything else refuses the whole change."""
    if more := {label for label in changed if not correction.allows(label)}:
        raise ValidationError(
            f"{correction.enrolment.term}已关闭，批准更正的是“{correction.fact_words}”，不能同时改：{'、'.join(sorted(more))}。"
        )
    advance(correction, CORRECTION_FLOW, "use", by=by, used_at=timezone.now(), used_by=by.name)


# --- how they do it -------------------------------------------------------------------------------


def _not_oneself(by: Actor, correction: Correction) -> None:
    if by.id == correction.requested_by_id and correction.state == CorrectionState.REQUESTED:
        raise StepRefused("更正由一人申请、另一人审批，请其他有权限的同事办理。")


def _stamp(by: Actor) -> dict:
    return {"answered_at": timezone.now(), "answered_by_id": by.id, "answered_by": by.name}


def _tell(correction: Correction, text: str, tone: str) -> None:
    tell(
        User.objects.filter(pk=correction.requested_by_id).first(), f"更正申请（{correction}）：{text}",
        url=reverse("students:correction", args=[correction.pk]), tone=tone,
    )  # fmt: skip
