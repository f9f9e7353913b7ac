"""Titles (职称) and ranks of backbone teachers: given on a day, the newest of its kind is what holds."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from povertyedu import bulk
from povertyedu.audit.models import record, record_many
from povertyedu.workflow.flow import Actor
from teachers.enums.registry import Backbone, Title
from teachers.models import Teacher, TitleRecord


@dataclass(frozen=True)
class Awarded:
    """One title or rank of a teacher (key); ``pk`` is the record it corrects."""

    teacher: int
    title: str
    backbone: str
    on: dt.date
    document: str = ""
    pk: int | None = None


@transaction.atomic
def award(
    *, by: Actor, teacher: Teacher, on: dt.date, title: str = "", backbone: str = "", document: str = ""
) -> TitleRecord:
    """Write down a title or a rank of backbone teacher; the newest of its kind is what holds."""
    given = TitleRecord(
        teacher=teacher, title=title, backbone=backbone, on=on, document=document, by_name=by.name
    )
    given.validate_constraints()
    given.save()
    column = "title" if title else "backbone"
    newest = teacher.title_records.exclude(**{column: ""}).order_by("-on", "-pk").first()
    old = getattr(teacher, column)
    if old != getattr(newest, column):
        setattr(teacher, column, getattr(newest, column))
        teacher.updated_at, teacher.updated_by = timezone.now(), by.name
        teacher.save(update_fields=[column, "updated_at", "updated_by"])
    word = (Title if title else Backbone)(title or backbone).label
    record(by, action="teacher.award", subject=teacher, changes={column: [old, word]}, reason=document)
    return given


@transaction.atomic
def take_in_titles(*, by: Actor, rows: Sequence[Awarded]) -> None:
    """Write ``rows`` down, and what holds now of each of their teachers; queries do not grow with the rows."""
    TitleRecord.objects.bulk_create(
        TitleRecord(teacher_id=row.teacher, title=row.title, backbone=row.backbone, on=row.on, document=row.document, by_name=by.name)
        for row in rows if row.pk is None
    )  # fmt: skip
    bulk.amend(TitleRecord, ("on", "document"), [(row.pk, row.on, row.document) for row in rows if row.pk])
    teachers = Teacher.objects.select_related("person").in_bulk({row.teacher for row in rows})
    holds = {pk: [teacher.title, teacher.backbone] for pk, teacher in teachers.items()}
    for record_ in TitleRecord.objects.filter(teacher__in=teachers).order_by("on", "pk"):
        holds[record_.teacher_id][0 if record_.title else 1] = record_.title or record_.backbone
    now = timezone.now()
    bulk.amend(
        Teacher, ("title", "backbone", "updated_at", "updated_by"), [(pk, title, backbone, now, by.name) for pk, (title, backbone) in holds.items()]
    )  # fmt: skip
    record_many(
        by, action="teacher.award",
        rows=[(teachers[row.teacher], {"title" if row.title else "backbone": [None, f"{row.title or row.backbone} {row.on}"]}) for row in rows],
    )  # fmt: skip
