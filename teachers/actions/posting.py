"""到岗: who was hired becomes a teacher with a post and, where the channel asks it, a term to serve."""

import datetime as dt

from django.db import transaction

from povertyedu.orgs.calendar import today
from povertyedu.workbooks.cells import birth_date_of, sex_of
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.registry import SERVICE_YEARS, AppointmentKind, Origin, ServiceKind, Subject
from teachers.models import Candidate, Teacher
from teachers.states.recruitment import CANDIDATE_FLOW

from .posts import appoint
from .registry import NewPost, NewTeacher, keep_term, register

# The term that comes with a channel; how long it is stands in the contract, but for 特岗.
TERM_OF = {
    Origin.SPECIAL_POST: ServiceKind.SPECIAL_POST, Origin.COMMISSIONED: ServiceKind.COMMISSIONED,
    Origin.FUNDED_NORMAL: ServiceKind.FUNDED_NORMAL,
}  # fmt: skip
USUAL_YEARS = {ServiceKind.COMMISSIONED: 6, ServiceKind.FUNDED_NORMAL: 6}


def service_end(since: dt.date, years: int) -> dt.date:
    """Return the last day of ``years`` whole years that begin with ``since``; 29 February counts to the 28th."""
    try:
        after = since.replace(year=since.year + years)
    except ValueError:
        after = dt.date(since.year + years, 3, 1)
    return after - dt.timedelta(days=1)


def usual(candidate: Candidate) -> dict:
    """Return what the form of posting begins with: contract for 特岗, established otherwise; the usual end of the term."""
    channel = candidate.line.target.channel
    kind = TERM_OF.get(channel)
    years = kind and (SERVICE_YEARS.get(kind) or USUAL_YEARS[kind])
    return {
        "since": today(),
        "kind": AppointmentKind.CONTRACT if channel == Origin.SPECIAL_POST else AppointmentKind.ESTABLISHED,
        "service_until": service_end(today(), years) if years else None,
    }


@transaction.atomic
def post(
    *,
    by: Actor,
    candidate: Candidate,
    since: dt.date,
    code: str,
    kind: str,
    service_until: dt.date | None = None,
) -> Candidate:
    """Register the teacher, give the post, write down the term; refused as a whole where the school has no place."""
    channel = candidate.line.target.channel
    term = TERM_OF.get(channel) or (ServiceKind.CONTRACT if kind == AppointmentKind.CONTRACT else None)
    if term and term in SERVICE_YEARS:
        service_until = service_end(since, SERVICE_YEARS[term])
    if term and not service_until:
        raise StepRefused("请填写服务期（合同）到哪一天。")
    if service_until and service_until <= since:
        raise StepRefused("服务期（合同）的止日应晚于到岗日期。")
    line = candidate.line
    teacher = Teacher.objects.filter(id_hash=candidate.id_hash).first()
    if teacher:
        appoint(
            by=by, teacher=teacher, school=line.school, subject=line.subject, since=since, kind=kind, note=str(candidate.plan)
        )  # fmt: skip
    else:
        facts = {
            "code": code, "sex": sex_of(candidate.id_number), "birth_on": birth_date_of(candidate.id_number), "stage": line.stage,
            "subject": line.subject, "can_teach_all": line.subject == Subject.ALL, "origin": channel, "began_on": since,
        }  # fmt: skip
        new = NewTeacher(
            candidate.name, candidate.id_number, candidate.phone, facts, NewPost(line.school, since, kind)
        )
        teacher = register(by=by, new=new)
    if term or service_until:
        keep_term(
            by=by, teacher=teacher, kind=term or ServiceKind.OTHER, since=since, until=service_until, note=str(candidate.plan)
        )  # fmt: skip
    advance(candidate, CANDIDATE_FLOW, "post", by=by, teacher=teacher, posted_on=since)
    return candidate
