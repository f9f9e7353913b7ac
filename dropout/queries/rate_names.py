"""The names behind the rates: who a subject is, and what was changed of its facts."""

import datetime as dt
import json

from django.urls import reverse

from povertyedu.audit.models import AuditEvent, Operation
from povertyedu.indicators.definitions import Named, Trace
from students.models import Enrolment, HardshipStatus, RecordVersion, Student
from students.queries import area_names

BY_HASH = "p:"


def names_of(subjects: list[str]) -> dict[str, Named]:
    """Return who each subject is and where it stood last; five queries for any page."""
    students = [int(subject) for subject in subjects if subject.isdigit()]
    hashes = {subject.removeprefix(BY_HASH): subject for subject in subjects if subject.startswith(BY_HASH)}
    seats = {}
    for seat in (
        Enrolment.objects.filter(student__in=students)
        .select_related("school", "school_class", "term")
        .order_by("term__starts_on")
    ):
        seats[seat.student_id] = seat
    named = {}
    for student in Student.objects.filter(pk__in=students):
        named[str(student.pk)] = Named(
            student.name, _place(seats.get(student.pk)), reverse("students:detail", args=[student.pk])
        )
    people = HardshipStatus.objects.filter(id_hash__in=hashes).select_related("household").order_by("since")
    found = {person.id_hash: person for person in people}
    homes = area_names(person.household.area_id for person in found.values() if person.household)
    for id_hash, person in found.items():
        home = homes.get(person.household.area_id, "") if person.household else ""
        named[hashes[id_hash]] = Named(person.name, f"没有学籍，{home or '户籍不详'}")
    return {subject: named.get(subject, Named("（名单上的人）", "没有学籍")) for subject in subjects}


def _place(seat: Enrolment | None) -> str:
    if seat is None:
        return "没有学籍"
    where = seat.school.name if seat.school else seat.outside_school
    return f"{where} {seat.grade_name}{seat.school_class.name if seat.school_class else ''}"


def traces_of(subjects: list[str], since: dt.datetime) -> dict[str, list[Trace]]:
    """Return what the registry's history says was changed of each child after ``since``; three queries for any page."""
    students = [int(subject) for subject in subjects if subject.isdigit()]
    found: dict[str, list[Trace]] = {subject: [] for subject in subjects}
    versions = list(RecordVersion.objects.filter(student__in=students, at__gt=since).order_by("pk"))
    operations = Operation.objects.in_bulk(
        {version.operation_id for version in versions if version.operation_id}
    )
    for version in versions:
        cause = operations.get(version.operation_id)
        by = f"{cause.by_name}（{cause.action} {cause.label}）" if cause else "（见操作记录）"
        found[str(version.student_id)].append(
            Trace(
                version.at,
                by,
                f"{version.get_source_display()}{version.get_kind_display()} {_columns(version)}",
            )
        )
    events = AuditEvent.objects.filter(
        subject_type="students.student", subject_id__in=map(str, students), at__gt=since
    )
    for event in events.order_by("pk"):
        changed = "；".join(f"{name}：{old} → {new}" for name, (old, new) in _pairs(event.changes))
        found[event.subject_id].append(Trace(event.at, event.by_name, changed or event.action))
    return found


def _pairs(changes: dict):
    return [(name, pair) for name, pair in changes.items() if isinstance(pair, list) and len(pair) == 2]


def _columns(version: RecordVersion) -> str:
    """Return the names of the columns that became different; their old values stay where they are read with a reason."""
    model = {"enrolment": Enrolment, "student": Student}.get(version.source)
    if model is None:
        return ""
    names = {field.column: str(field.verbose_name) for field in model._meta.concrete_fields}
    return "、".join(names[column] for column in json.loads(version.old) if column in names)
