"""Deployments: drafted, asked, approved, agreed to by both schools; nobody approves what they asked."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_many
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.deployment import BINDING, DeploymentKind, DeploymentOrigin, DeploymentState
from teachers.models import Appointment, Deployment, DeploymentDecision, Teacher
from teachers.states.deployment import DEPLOYMENT_FLOW

from .deployment_news import tell_bureau, tell_person, tell_school, told

LONGEST_DAYS = 366 * 6


@dataclass(frozen=True)
class NewDeployment:
    """What somebody wants: keys of teacher and receiving school (None: at ``office``), both days included."""

    teacher: int
    kind: str
    receiving: int | None
    since: dt.date
    until: dt.date
    reason: str
    document: str = ""
    office: str = ""


def draft(
    *, by: Actor, teacher: Teacher, kind: str, receiving: School | None, since: dt.date, until: dt.date, reason: str, document: str = "",
    office: str = "", origin: str = DeploymentOrigin.ENTERED,
) -> Deployment:  # fmt: skip
    """Write down a deployment to be asked for; see :func:`draft_deployments`."""
    new = NewDeployment(teacher.pk, kind, receiving and receiving.pk, since, until, reason, document, office)
    return draft_deployments(by=by, rows=[new], origin=origin)[0]


@transaction.atomic
def draft_deployments(
    *, by: Actor, rows: Sequence[NewDeployment], origin: str = DeploymentOrigin.ENTERED
) -> list[Deployment]:
    """Write down ``rows`` as drafts, all or none; from the school whose post a teacher holds on the first day.

    StepRefused names the teacher and what is wrong. A number of queries that does not grow with the rows.
    """
    made = checked(by, rows, origin)
    for each in made:
        each.state = DeploymentState.DRAFT
    return written(by, made, "draft")


@transaction.atomic
def record_past(*, by: Actor, rows: Sequence[NewDeployment]) -> list[Deployment]:
    """Record (补录) what is over and was decided on paper; each names its document."""
    for row in rows:
        if row.until >= today():
            raise StepRefused("补录的派出应已结束；还没有结束的请起草、审批。")
        if not row.document.strip():
            raise StepRefused("补录的派出要写明文号。")
    made = checked(by, rows, DeploymentOrigin.RECORDED)
    for each in made:
        each.state, each.started_on, each.ended_on = DeploymentState.RETURNED, each.since, each.until
    return written(by, made, "record")


def checked(by: Actor, rows: Sequence[NewDeployment], origin: str) -> list[Deployment]:
    """Return unsaved deployments of ``rows``; StepRefused for the first that cannot be."""
    teachers = Teacher.objects.select_related("person").in_bulk({row.teacher for row in rows})
    schools = School.objects.in_bulk({row.receiving for row in rows if row.receiving})
    posts: dict[int, list[Appointment]] = {}
    for post in Appointment.objects.filter(teacher__in=teachers).order_by("since"):
        posts.setdefault(post.teacher_id, []).append(post)
    made = []
    for row in rows:
        teacher, receiving = teachers[row.teacher], row.receiving and schools[row.receiving]
        sending = _sending(posts.get(row.teacher, []), row.since)
        if why := _refusal(teacher, receiving, sending, row, origin):
            raise StepRefused(f"{teacher.name}（{teacher.code}）：{why}")
        made.append(
            Deployment(
                teacher=teacher, kind=row.kind, sending_id=sending, receiving=receiving, since=row.since, until=row.until,
                reason=row.reason.strip()[:300], document=row.document.strip()[:80], office=row.office.strip()[:80], origin=origin,
                drafted_by_id=by.id, drafted_by=by.name,
            )
        )  # fmt: skip
    return made


def _sending(posts: list[Appointment], day: dt.date) -> int | None:
    """Return the school whose post is held on ``day``."""
    held = [post for post in posts if post.since <= day and (post.until is None or post.until >= day)]
    return held[0].school_id if held else None


def _refusal(
    teacher: Teacher, receiving: School | None, sending: int | None, row: NewDeployment, origin: str
) -> str:
    if row.kind not in DeploymentKind.values:
        return "类型不是支教、轮岗交流、走教、跟岗、借调之一。"
    if not row.reason.strip():
        return "请填写事由。"
    if row.until < row.since:
        return f"止日 {row.until} 早于起日 {row.since}。"
    if (row.until - row.since).days > LONGEST_DAYS:
        return "一次派出最长 6 年；请核对起止日期。"
    if sending is None:
        return f"{row.since} 没有学校岗位，请先登记岗位聘任。"
    if receiving is None:
        return _refusal_of_office(teacher, row, origin)
    if row.office.strip():
        return "接收学校和借调单位只填一个。"
    if sending == receiving.pk:
        return f"{receiving.name}就是教师自己的学校，请选另一所学校。"
    if origin != DeploymentOrigin.RECORDED and not receiving.is_open:
        return f"{receiving.name}已停办，不能接收教师。"
    return _refusal_of_state(teacher, origin)


def _refusal_of_office(teacher: Teacher, row: NewDeployment, origin: str) -> str:
    if row.kind != DeploymentKind.SECONDMENT:
        return "请选接收学校；只有借调可以到学校以外的单位。"
    if not row.office.strip():
        return "请选接收学校，或填写借调单位。"
    return _refusal_of_state(teacher, origin)


def _refusal_of_state(teacher: Teacher, origin: str) -> str:
    if origin != DeploymentOrigin.RECORDED and teacher.state != "active":
        return f"教师现在是“{teacher.get_state_display()}”，不能派出。"
    return ""


def written(by: Actor, made: list[Deployment], verb: str) -> list[Deployment]:
    """Store new rows with their first decisions, set-based."""
    try:
        with transaction.atomic():
            Deployment.objects.bulk_create(made)
    except IntegrityError as clash:
        raise StepRefused("有教师在这些日子已有另一次派出，没有保存；请核对起止日期。") from clash
    DeploymentDecision.append_many(
        made,
        step=DEPLOYMENT_FLOW[verb],
        by=by,
        at=timezone.now(),
        reasons={row.pk: row.reason for row in made},
    )
    record_many(by, action=f"deployment.{verb}", rows=[(row, {"state": ["", row.state]}) for row in made])
    return made


@transaction.atomic
def correct(*, by: Actor, deployment: Deployment, **changes) -> Deployment:
    """Change kind, receiving school or office, days, reason or document of a draft."""
    locked = Deployment.objects.select_for_update().get(pk=deployment.pk)
    if locked.state != DeploymentState.DRAFT:
        raise StepRefused("已经提出申请的不能修改；请撤回后重新起草。")
    for name, value in changes.items():
        setattr(locked, name, value)
    row = NewDeployment(
        locked.teacher_id,
        locked.kind,
        locked.receiving_id,
        locked.since,
        locked.until,
        locked.reason,
        locked.document,
        locked.office,
    )
    locked.sending_id = checked(by, [row], locked.origin)[0].sending_id
    locked.save()
    record(by, action="deployment.correct", subject=locked, changes={"period": ["", locked.period]})
    return locked


@transaction.atomic
def ask(*, by: Actor, deployment: Deployment, reason: str = "") -> Deployment:
    """Ask the personnel office for what was drafted; refused where the days are taken already."""
    if by.id is None:
        raise StepRefused("申请要由本人提出。")
    refuse_taken(deployment)
    advance(
        deployment, DEPLOYMENT_FLOW, "ask", by=by, reason=reason, asked_by_id=by.id, asked_at=timezone.now()
    )
    tell_bureau(deployment, f"待审批：{told(deployment)}", but=by.id)
    return deployment


@transaction.atomic
def approve(*, by: Actor, deployment: Deployment, reason: str = "", document: str = "") -> Deployment:
    """Approve as another person than who drafted or asked; from now on the days are the teacher's taken ones."""
    locked = Deployment.objects.select_for_update(no_key=True).get(pk=deployment.pk)
    if by.id is None or by.id in (locked.asked_by_id, locked.drafted_by_id):
        raise StepRefused("审批人不能是起草或申请的人，请由另一人审批。")
    more = {"document": document.strip()[:80]} if document.strip() else {}
    try:
        with transaction.atomic():
            advance(
                locked,
                DEPLOYMENT_FLOW,
                "approve",
                by=by,
                reason=reason,
                approved_by_id=by.id,
                approved_on=today(),
                **more,
            )
    except IntegrityError as clash:
        raise StepRefused(_taken_words(locked)) from clash
    for school in locked.schools:
        tell_school(school, locked, f"待{school.name}确认：{told(locked)}")
    return locked


@transaction.atomic
def refuse(*, by: Actor, deployment: Deployment, reason: str) -> Deployment:
    advance(deployment, DEPLOYMENT_FLOW, "refuse", by=by, reason=reason)
    tell_person(deployment.asked_by_id, deployment, f"未批准：{told(deployment)}。{reason}", "warn")
    return deployment


@transaction.atomic
def agree(*, by: Actor, deployment: Deployment, schools: Sequence[int], reason: str = "") -> Deployment:
    """Agree on behalf of those of ``schools`` that the deployment is between; with both, it waits for its first day.

    One person may be head of both and agrees for each in a step of its own.
    """
    locked = Deployment.objects.select_for_update(no_key=True).get(pk=deployment.pk)
    sides = [
        name
        for name, school, agreed in (
            ("sending", locked.sending_id, locked.sending_agreed_by_id),
            ("receiving", locked.receiving_id, locked.receiving_agreed_by_id),
        )
        if school in schools and agreed is None
    ]
    if not sides and locked.state in (DeploymentState.APPROVED, DeploymentState.HALF_AGREED):
        raise StepRefused("您的学校已经同意，等另一所学校确认。")
    for side in sides:
        verb = "agree" if locked.state == DeploymentState.APPROVED else "agree_too"
        verb = "agree_alone" if locked.is_to_an_office else verb
        words = f"{getattr(locked, side).name}同意。{reason}".strip("。") + "。"
        advance(locked, DEPLOYMENT_FLOW, verb, by=by, reason=words, **{f"{side}_agreed_by_id": by.id})
    if not sides:
        advance(locked, DEPLOYMENT_FLOW, "agree", by=by)  # says that the step is not this one
    if locked.state == DeploymentState.AGREED:
        tell_bureau(locked, f"{'学校' if locked.is_to_an_office else '两校'}同意：{told(locked)}", tone="ok")
    return locked


@transaction.atomic
def decline(*, by: Actor, deployment: Deployment, reason: str) -> Deployment:
    """Say as one of the schools that it does not agree; it is over and the days are free again."""
    advance(deployment, DEPLOYMENT_FLOW, "decline", by=by, reason=reason)
    tell_person(deployment.asked_by_id, deployment, f"学校不同意：{told(deployment)}。{reason}", "warn")
    tell_bureau(deployment, f"学校不同意：{told(deployment)}。{reason}")
    return deployment


@transaction.atomic
def withdraw(*, by: Actor, deployment: Deployment, reason: str) -> Deployment:
    """Take back what one drafted or asked, before the teacher is there."""
    if by.id is None or by.id not in (deployment.asked_by_id, deployment.drafted_by_id):
        raise StepRefused("只有起草或申请的人可以撤回。")
    known = deployment.state in BINDING
    advance(deployment, DEPLOYMENT_FLOW, "withdraw", by=by, reason=reason)
    if known:
        for school in deployment.schools:
            tell_school(school, deployment, f"已撤回：{told(deployment)}。{reason}")
    return deployment


def ask_all(*, by: Actor, deployments: Sequence[Deployment]) -> tuple[int, list[str]]:
    """Ask for each of ``deployments``; return how many, and the sentences of those that were refused."""
    return _each(deployments, lambda each: ask(by=by, deployment=each))


def approve_all(*, by: Actor, deployments: Sequence[Deployment], document: str) -> tuple[int, list[str]]:
    """Approve each of ``deployments`` under one document; those that cannot be are told."""
    return _each(deployments, lambda each: approve(by=by, deployment=each, document=document))


def _each(deployments, verb) -> tuple[int, list[str]]:
    done, refused = 0, []
    for each in deployments:
        try:
            verb(each)
        except StepRefused as refusal:
            refused.append(f"{each.teacher.name}：{refusal}")
        else:
            done += 1
    return done, refused


def refuse_taken(deployment: Deployment) -> None:
    if words := _taken_words(deployment):
        raise StepRefused(words)


def _taken_words(deployment: Deployment) -> str:
    """Return in words what the teacher's days are taken by, "" where they are free."""
    others = Deployment.objects.binding().filter(teacher=deployment.teacher_id).exclude(pk=deployment.pk)
    for other in others.select_related("receiving"):
        last = other.ended_on if other.state == DeploymentState.ENDED_EARLY else other.until
        if other.since <= deployment.until and deployment.since <= last:
            return (
                f"{deployment.teacher.name}在 {other.since} 至 {last} 已派到{other.destination}（{other.get_kind_display()}），"
                "起止日期重叠；请改期，或先撤回、提前结束那一次。"
            )
    return ""
