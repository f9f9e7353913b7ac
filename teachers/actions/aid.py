"""Serious-illness aid: applied for, reviewed, approved, paid, each by another person."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.allowances import CareStage
from teachers.models import AidDecision, AidSeat, IllnessAid, Teacher
from teachers.states.care import AID_FLOW, AID_STAGE_OF


def take_seat(aid: IllnessAid, by: Actor, verb: str) -> None:
    """Let ``by`` act on ``aid`` in the stage of ``verb``, unless they already act in another."""
    if by.id is None:
        raise StepRefused("这一步要由本人办理。")
    stage = AID_STAGE_OF[verb]
    seat, _ = AidSeat.objects.get_or_create(subject=aid, user_id=by.id, defaults={"stage": stage})
    if seat.stage != stage:
        taken = CareStage(seat.stage).label
        raise StepRefused(
            f"您在这份申请已办理“{taken}”环节。同一份申请中一人只能办理一个环节，请由其他人办理。"
        )


@transaction.atomic
def apply(
    *,
    by: Actor,
    teacher: Teacher,
    diagnosis: str,
    ill_since: dt.date,
    cost_fen: int,
    own_fen: int,
    asked_fen: int,
) -> IllnessAid:
    """Apply for a teacher; the diagnosis is sealed and stands in no log."""
    if ill_since > today():
        raise StepRefused("确诊日期不能晚于今天。")
    aid = IllnessAid(
        teacher=teacher, diagnosis=diagnosis.strip(), ill_since=ill_since, cost_fen=cost_fen, own_fen=own_fen, asked_fen=asked_fen,
        applied_on=today(), by_name=by.name,
    )  # fmt: skip
    aid.validate_constraints()
    aid.save()
    take_seat(aid, by, "apply")
    AidDecision.append(aid, step=AID_FLOW["apply"], old="", by=by, reason="", at=timezone.now())
    record(by, action="illness_aid.apply", subject=aid, changes={"asked_fen": [None, asked_fen]})
    return aid


@transaction.atomic
def apply_again(
    *, by: Actor, aid: IllnessAid, cost_fen: int, own_fen: int, asked_fen: int, diagnosis: str = ""
) -> IllnessAid:
    """Hand a returned application in again with figures put right."""
    take_seat(aid, by, "apply_again")
    aid.cost_fen, aid.own_fen, aid.asked_fen = cost_fen, own_fen, asked_fen
    aid.validate_constraints()
    changed = {"cost_fen": cost_fen, "own_fen": own_fen, "asked_fen": asked_fen}
    if diagnosis.strip():
        changed["diagnosis"] = diagnosis.strip()
    advance(aid, AID_FLOW, "apply_again", by=by, **changed)
    return aid


@transaction.atomic
def take_step(*, by: Actor, aid: IllnessAid, verb: str, reason: str = "", **changes) -> IllnessAid:
    """Review, return, approve (``approved_fen``), refuse or pay (``paid_on``, ``voucher``)."""
    aid = IllnessAid.objects.select_for_update(no_key=True, of=("self",)).get(pk=aid.pk)
    take_seat(aid, by, verb)
    if verb == "approve" and not 0 < changes["approved_fen"] <= aid.asked_fen:
        raise StepRefused("批准的救助应大于零，不超过申请的金额。")
    if verb == "pay" and changes["paid_on"] > today():
        raise StepRefused("发放日期不能晚于今天。")
    advance(aid, AID_FLOW, verb, by=by, reason=reason, **changes)
    return aid
