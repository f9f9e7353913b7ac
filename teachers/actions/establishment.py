"""Verbs of the establishment: authorised by a document, over it only by one who asks and another who approves."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record, record_many
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.establishment import StaffBasis
from teachers.models import (
    Appointment,
    Establishment,
    EstablishmentChange,
    ExcessDecision,
    ExcessRequest,
    StaffStandard,
    SubjectHours,
)
from teachers.models.registry import fullest
from teachers.states.establishment import EXCESS_FLOW

# 中央编办发〔2014〕72号: one of staff to 19, 13.5, 12.5 pupils, town and village alike.
STATE = (("primary", "19"), ("junior", "13.5"), ("senior", "12.5"))
STATE_SINCE, STATE_DOCUMENT = (
    dt.date(2014, 11, 13),
    "中央编办发〔2014〕72号：小学 1:19、初中 1:13.5、高中 1:12.5",
)


# Lessons a week on the average of a stage's grades: a county may begin with these, and is told to put its own in.
USUAL_HOURS = {
    "primary": {
        "chinese": 7, "mathematics": 5, "english": 2, "morality": 2, "science": 2, "music": 2, "sport": 4, "art": 2, "computing": 1, "labour": 1,
    },
    "junior": {
        "chinese": 5, "mathematics": 5, "english": 4, "physics": 2, "chemistry": 1, "biology": 2, "morality": 2, "history": 2, "geography": 1,
        "music": 1, "sport": 3, "art": 1, "computing": 1, "labour": 1,
    },
    "senior": {
        "chinese": 4, "mathematics": 4, "english": 4, "physics": 3, "chemistry": 3, "biology": 3, "morality": 3, "history": 3, "geography": 3,
        "music": 1, "sport": 2, "art": 1, "computing": 1, "labour": 1,
    },
}  # fmt: skip


@dataclass(frozen=True)
class Authorised:
    """How many established posts a document gives a school."""

    school: int
    posts: int
    since: dt.date
    document: str = ""


@transaction.atomic
def authorise(*, by: Actor, rows: Sequence[Authorised]) -> list[Establishment]:
    """Set the established posts of schools, set-based; what was before stays in the changes.

    Refused where a school would have fewer than are filled, less what is approved beyond.
    """
    wanted = {row.school: row for row in rows}
    known = {
        found.school_id: found
        for found in Establishment.objects.select_for_update(no_key=True, of=("self",)).select_related("school").filter(school__in=wanted).order_by("pk")
    }  # fmt: skip
    posts = Appointment.objects.holding_places()
    for key, found in known.items():
        held = fullest(posts[key], today())
        if wanted[key].posts < found.authorised and wanted[key].posts + found.excess_approved < held:
            raise StepRefused(
                f"{found.school.name}已有在编 {held} 名，核定 {wanted[key].posts} 名不够；请先申请超编，经批准后再核减。"
            )
    fresh = [
        Establishment(school_id=row.school, authorised=row.posts, since=row.since, document=row.document)
        for key, row in wanted.items() if key not in known
    ]  # fmt: skip
    before = {key: found.authorised for key, found in known.items()}
    for key, found in known.items():
        row = wanted[key]
        found.authorised, found.since, found.document = row.posts, row.since, row.document
    try:
        with transaction.atomic():
            Establishment.objects.bulk_create(fresh)
            Establishment.objects.bulk_update(
                list(known.values()), ["authorised", "since", "document"], batch_size=500
            )
    except IntegrityError as clash:
        raise StepRefused("刚有人改动了这些学校的编制或聘任，没有保存；请刷新后再看。") from clash
    made = [*fresh, *known.values()]
    EstablishmentChange.objects.bulk_create(
        EstablishmentChange(
            establishment=each, before=before.get(each.school_id), after=each.authorised, since=each.since, document=each.document, by_name=by.name,
        )
        for each in made
    )  # fmt: skip
    schools = School.objects.in_bulk([each.school_id for each in made])
    record_many(
        by, action="establishment.authorise",
        rows=[(schools[each.school_id], {"authorised": [before.get(each.school_id), each.authorised]}) for each in made],
    )  # fmt: skip
    return made


@transaction.atomic
def ask_excess(*, by: Actor, school: School, posts: int, reason: str) -> ExcessRequest:
    """Ask to go over a school's establishment; nothing changes before another person approves."""
    if by.id is None:
        raise StepRefused("申请要由本人办理。")
    if not Establishment.objects.filter(school=school).exists():
        raise StepRefused(f"{school.name}还没有核定编制；请先核定编制，再申请超编。")
    request = ExcessRequest(
        school=school, posts=posts, reason=reason.strip()[:500], asked_by_id=by.id, asked_by=by.name
    )
    request.validate_constraints()
    request.save()
    ExcessDecision.append(
        request, step=EXCESS_FLOW["ask"], old="", by=by, reason=request.reason, at=timezone.now()
    )
    record(by, action="excess_request.ask", subject=school, changes={"posts": [None, posts]}, reason=reason)
    for user in User.objects.who_may_at(P.APPROVE_EXCESS, school=school):
        if user.pk != by.id:
            tell(
                user, f"待审批：{school.name}申请超编 {posts} 名", url=request.get_absolute_url(), tone="warn"
            )
    return request


@transaction.atomic
def approve_excess(*, by: Actor, request: ExcessRequest, reason: str = "") -> ExcessRequest:
    """Approve as another person than who asked: so many more may be posted."""
    if by.id is None or request.asked_by_id == by.id:
        raise StepRefused("审批人不能是申请人，请由另一人审批。")
    advance(request, EXCESS_FLOW, "approve", by=by, reason=reason, decided_by_id=by.id)
    _tell_asker(request, f"已批准：{request.school.name}超编 {request.posts} 名", "ok")
    return request


@transaction.atomic
def refuse_excess(*, by: Actor, request: ExcessRequest, reason: str) -> ExcessRequest:
    advance(request, EXCESS_FLOW, "refuse", by=by, reason=reason, decided_by_id=by.id)
    _tell_asker(request, f"未批准：{request.school.name}超编 {request.posts} 名。{reason}", "warn")
    return request


@transaction.atomic
def withdraw_excess(*, by: Actor, request: ExcessRequest, reason: str = "") -> ExcessRequest:
    """Take back one's own request before it is decided."""
    if request.asked_by_id != by.id:
        raise StepRefused("只有申请人本人可以撤回。")
    advance(request, EXCESS_FLOW, "withdraw", by=by, reason=reason)
    return request


@transaction.atomic
def end_excess(*, by: Actor, request: ExcessRequest, reason: str) -> ExcessRequest:
    """Take the approved posts back; refused while they are filled."""
    try:
        with transaction.atomic():
            advance(request, EXCESS_FLOW, "end", by=by, reason=reason)
    except IntegrityError as filled:
        raise StepRefused("这些超编名额还有人占用，不能收回；请先把多出的教师调出或转为聘用。") from filled
    return request


def _tell_asker(request: ExcessRequest, words: str, tone: str) -> None:
    tell(
        User.objects.filter(pk=request.asked_by_id).first(), words, url=request.get_absolute_url(), tone=tone
    )


@transaction.atomic
def keep_standard(*, by: Actor, standard: StaffStandard) -> StaffStandard:
    """Store a standard of staff, new or corrected; an older one holds for the days before it."""
    standard.validate_constraints()
    standard.save()
    record(
        by, action="staff_standard.keep", subject=standard, changes={"amount": [None, str(standard.amount)]}
    )
    return standard


@transaction.atomic
def take_state_standards(*, by: Actor) -> int:
    """Take over the state's three ratios and usual lessons where the county has none of the stage; return how many were added."""
    known = set(StaffStandard.objects.filter(basis=StaffBasis.PUPILS).values_list("stage", flat=True))
    rows = [
        StaffStandard(stage=stage, basis=StaffBasis.PUPILS, amount=Decimal(amount), since=STATE_SINCE, document=STATE_DOCUMENT)
        for stage, amount in STATE if stage not in known
    ]  # fmt: skip
    StaffStandard.objects.bulk_create(rows)
    taught = set(SubjectHours.objects.values_list("stage", flat=True))
    hours = [
        SubjectHours(stage=stage, subject=subject, lessons=lessons)
        for stage, lessons_of in USUAL_HOURS.items() if stage not in taught
        for subject, lessons in lessons_of.items()
    ]  # fmt: skip
    SubjectHours.objects.bulk_create(hours)
    record_many(
        by, action="staff_standard.keep", rows=[(row, {"amount": [None, str(row.amount)]}) for row in rows]
    )
    return len(rows) + len({each.stage for each in hours})


@transaction.atomic
def keep_hours(*, by: Actor, stage: str, lessons: dict[str, Decimal]) -> int:
    """Say how many lessons a week each subject of a stage has; what is not named is not taught. Return how many subjects."""
    old = SubjectHours.objects.by_stage().get(stage, {})
    SubjectHours.objects.filter(stage=stage).exclude(subject__in=lessons).delete()
    rows = [SubjectHours(stage=stage, subject=subject, lessons=number) for subject, number in lessons.items()]
    SubjectHours.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["stage", "subject"], update_fields=["lessons"]
    )
    changed = {
        subject: [str(old.get(subject, 0)), str(lessons.get(subject, 0))]
        for subject in {*old, *lessons} if old.get(subject) != lessons.get(subject)
    }  # fmt: skip
    if rows and changed:
        record(
            by,
            action="subject_hours.keep",
            subject=SubjectHours.objects.filter(stage=stage).first(),
            changes=changed,
        )
    return len(rows)
