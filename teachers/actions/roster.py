"""A whole roster of teachers taken in, set by set: what the import found new, and what it found changed."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from povertyedu import bulk
from povertyedu.audit.models import record_many
from povertyedu.orgs.models import Person
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor
from teachers.enums.registry import AppointmentKind, TeacherState, Title
from teachers.models import Appointment, Establishment, ServiceTerm, Teacher

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Posting:
    """The school a line names; ``kind`` None is established."""

    school: int
    since: dt.date | None
    kind: str | None


@dataclass(frozen=True)
class Service:
    kind: str
    since: dt.date
    until: dt.date


@dataclass
class Entry:
    """One line of a roster. The second half is what was found of it in the register.

    ``facts`` are columns of :class:`Teacher`, None where the line says nothing; ``home_area`` is a code.
    """

    code: str
    name: str
    id_number: str
    facts: dict[str, Any]
    posting: Posting | None
    service: Service | None
    state: str | None
    teacher: int | None = None
    person: int | None = None
    old_post: int | None = None
    id_hash: str | None = None
    moves: bool = False
    has_service: bool = False
    new_number: bool = False


@transaction.atomic
def take_in(*, by: Actor, new: Sequence[Entry], changed: Sequence[Entry]) -> None:
    """Register ``new`` teachers and bring ``changed`` ones up to their lines; queries do not grow with the lines."""
    _hold(e.posting.school for e in [*new, *changed] if e.moves)
    _register(new, by)
    _amend(changed, by)
    _post([*new, *changed], by)
    _serve([*new, *changed])
    made = Teacher.objects.select_related("person").in_bulk([e.teacher for e in [*new, *changed]])
    told = {"teacher.register": new, "teacher.amend": changed}
    for action, entries in told.items():
        rows = [
            (made[entry.teacher], {"code": [None, entry.code]} if entries is new else _said(entry))
            for entry in entries
        ]
        record_many(by, action=action, rows=rows)


def _said(entry: Entry) -> dict:
    """Return what the line said, for the log; the number of identity never."""
    said = {name: [None, str(value)] for name, value in entry.facts.items() if value is not None}
    return said | ({"school": [None, str(entry.posting.since)]} if entry.moves else {})


def _hold(schools) -> None:
    """Lock the establishments that will fill, in one order."""
    keys = sorted(set(schools))
    list(
        Establishment.objects.select_for_update(no_key=True)
        .filter(school__in=keys)
        .order_by("pk")
        .values_list("pk")
    )


def _register(entries: Sequence[Entry], by: Actor) -> None:
    fresh = [entry for entry in entries if entry.person is None]
    people = [
        Person(name=entry.name, title="教师", school_id=entry.posting.school if entry.posting else None)
        for entry in fresh
    ]
    bulk.insert_new(people)
    for entry, person in zip(fresh, people, strict=True):
        entry.person = person.pk
    usual = {
        "can_teach_all": False,
        "willing_remote": False,
        "family_care": False,
        "title": Title.NONE,
        "backbone": "",
        "remark": "",
    }
    rows = []
    for entry in entries:
        facts = usual | {name: value for name, value in entry.facts.items() if value is not None}
        home = facts.pop("home_area", None)
        rows.append(
            Teacher(
                person_id=entry.person, code=entry.code, id_number=entry.id_number, home_area_id=home, updated_by=by.name,
                id_hash=keyed_hash(entry.id_number) if entry.id_number else None, state=entry.state or TeacherState.ACTIVE, **facts,
            )
        )  # fmt: skip
    bulk.insert_new(rows)
    for entry, row in zip(entries, rows, strict=True):
        entry.teacher = row.pk


def _amend(entries: Sequence[Entry], by: Actor) -> None:
    if not entries:
        return
    names = [name for name in entries[0].facts if name != "home_area"]
    rows = [
        (
            e.teacher, *(e.facts[name] for name in names), e.facts["home_area"], e.state, timezone.now(), by.name,
        )
        for e in entries
    ]  # fmt: skip
    bulk.amend(Teacher, (*names, "home_area_id", "state", "updated_at", "updated_by"), rows)
    # apart from the others: of a sealed column an empty value is a value too
    numbers = [(entry.teacher, entry.id_number, entry.id_hash) for entry in entries if entry.new_number]
    if numbers:
        bulk.amend(Teacher, ("id_number", "id_hash"), numbers)
    bulk.amend(Person, ("name",), [(entry.person, entry.name) for entry in entries])


def _post(entries: Sequence[Entry], by: Actor) -> None:
    moving = [entry for entry in entries if entry.moves]
    subjects = dict(
        Teacher.objects.filter(pk__in=[entry.teacher for entry in moving]).values_list("pk", "subject")
    )
    ends = [(entry.old_post, entry.posting.since - DAY) for entry in moving if entry.old_post]
    if ends:
        bulk.amend(Appointment, ("until",), ends)
    bulk.insert_new(
        [
            Appointment(
                teacher_id=entry.teacher, school_id=entry.posting.school, subject=subjects[entry.teacher],
                since=entry.posting.since, kind=entry.posting.kind or AppointmentKind.ESTABLISHED, by_name=by.name,
            )
            for entry in moving
        ]
    )  # fmt: skip
    bulk.amend(Person, ("school_id",), [(entry.person, entry.posting.school) for entry in moving])


def _serve(entries: Sequence[Entry]) -> None:
    bulk.insert_new(
        [
            ServiceTerm(teacher_id=entry.teacher, kind=entry.service.kind, since=entry.service.since, until=entry.service.until)
            for entry in entries if entry.service and not entry.has_service
        ]
    )  # fmt: skip
