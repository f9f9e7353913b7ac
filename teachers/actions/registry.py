"""Verbs of the register of teachers: registered, corrected, terms of service written down."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.models import Person, School
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.enums.registry import AppointmentKind
from teachers.models import ServiceTerm, Teacher

from .posts import appoint

# What may be corrected on a teacher's page; the number goes by itself, it is never in a log.
FACTS = (
    "code", "sex", "birth_on", "stage", "subject", "can_teach_all", "title", "backbone", "origin", "began_on", "home_area", "willing_remote",
    "family_care", "state", "remark",
)  # fmt: skip

STALE = "您打开这一页之后，这位教师的资料已被他人修改或被批量导入更新；请重新打开，核对后再改，以免盖掉对方的修改。"


@dataclass(frozen=True)
class NewPost:
    """Where a new teacher is posted."""

    school: School
    since: dt.date
    kind: str = AppointmentKind.ESTABLISHED


@dataclass(frozen=True)
class NewTeacher:
    """Who is registered: ``facts`` are columns of :class:`Teacher` (see FACTS)."""

    name: str
    id_number: str = ""
    phone: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    post: NewPost | None = None


@transaction.atomic
def register(*, by: Actor, new: NewTeacher) -> Teacher:
    """Register a teacher of the county, with a post when one is given."""
    person = Person.objects.create(name=new.name, phone=new.phone, title="教师")
    teacher = Teacher(
        person=person, id_number=new.id_number, id_hash=keyed_hash(new.id_number) if new.id_number else None, updated_by=by.name, **new.facts,
    )  # fmt: skip
    _store(teacher)
    record(by, action="teacher.register", subject=teacher, changes={"code": [None, teacher.code]})
    if new.post:
        appoint(
            by=by, teacher=teacher, school=new.post.school, subject=teacher.subject, since=new.post.since, kind=new.post.kind,
        )  # fmt: skip
    return teacher


@transaction.atomic
def amend(
    *, by: Actor, teacher: Teacher, seen: str, name: str, phone: str, id_number: str | None = None, **facts
) -> Teacher:
    """Correct what the register says; ``id_number`` None leaves the number as it is. What changed is logged, never the number.

    ``seen`` is the teacher's fingerprint when the form was opened: a later change, by whomever, refuses this one.
    """
    held = (
        Teacher.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person", "home_area")
        .get(pk=teacher.pk)
    )
    if held.fingerprint != seen:
        raise StepRefused(STALE)
    changes = {
        column: [_word(getattr(held, column)), _word(value)]
        for column, value in facts.items()
        if getattr(held, column) != value
    }
    for column, value in facts.items():
        setattr(held, column, value)
    if id_number is not None and id_number != held.id_number:
        held.id_number, held.id_hash = id_number, keyed_hash(id_number) if id_number else None
        changes["id_number"] = ["（已登记）", "（已更正）"]
    if (held.person.name, held.person.phone) != (name, phone):
        changes |= (
            {"name": [held.person.name, name]} if held.person.name != name else {"phone": ["", "（已更正）"]}
        )
        Person.objects.filter(pk=held.person_id).update(name=name, phone=phone)
        held.person.name = name
    if not changes:
        return held
    held.updated_at, held.updated_by = timezone.now(), by.name
    _store(held)
    record(by, action="teacher.amend", subject=held, changes=changes)
    return held


def _word(value) -> Any:
    return value if isinstance(value, (str, bool)) or value is None else str(value)


def _store(teacher: Teacher) -> None:
    """Write the row; a code or number that is there already is told in words."""
    teacher.validate_constraints(exclude={"person"})
    same = Teacher.objects.exclude(pk=teacher.pk).select_related("person").filter(code=teacher.code).first()
    if same:
        raise StepRefused(f"工号 {teacher.code} 已是{same.name}的；请核对。")
    try:
        with transaction.atomic():
            teacher.save()
    except IntegrityError as clash:
        raise StepRefused("这个工号或身份证件号已有教师，请核对。") from clash


@transaction.atomic
def keep_term(
    *, by: Actor, teacher: Teacher, kind: str, since: dt.date, until: dt.date, note: str = ""
) -> ServiceTerm:
    """Write down a contract or a term to serve; one of a kind runs at a time."""
    term = ServiceTerm(teacher=teacher, kind=kind, since=since, until=until, note=note)
    term.validate_constraints()
    term.save()
    record(
        by,
        action="teacher.keep_term",
        subject=teacher,
        changes={kind: [None, f"{since}—{until}"]},
        reason=note,
    )
    return term


@transaction.atomic
def end_term(*, by: Actor, term: ServiceTerm, on: dt.date, note: str) -> ServiceTerm:
    """Close a term of service: served to its end, or broken off; once only."""
    if on < term.since:
        raise StepRefused(f"办结日期不能早于起日 {term.since}。")
    ended = ServiceTerm.objects.filter(pk=term.pk, ended_on=None).update(ended_on=on, note=note[:200])
    if not ended:
        raise StepRefused("这份服务期（合同）已办结，请刷新后再看。")
    term.refresh_from_db()
    record(
        by, action="teacher.end_term", subject=term.teacher, changes={term.kind: [None, str(on)]}, reason=note
    )
    return term
