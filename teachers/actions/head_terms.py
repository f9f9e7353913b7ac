"""Heads' terms of office (校长任期): registered, corrected, removed where there was none, taken in from a list."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from povertyedu.audit.models import record, record_many
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.models import HeadTerm, Teacher


@dataclass(frozen=True)
class TermOfHead:
    """One term of a head (keys), both days included."""

    teacher: int
    school: int
    number: int
    since: dt.date
    until: dt.date


@transaction.atomic
def register_head_term(
    *, by: Actor, teacher: Teacher, number: int, since: dt.date, until: dt.date
) -> HeadTerm:
    """Register one term at the school whose post the head held on its first day."""
    post = teacher.appointments.in_force(since).select_related("school").first()
    if post is None:
        raise StepRefused(f"{teacher.name}在 {since} 没有学校岗位，请先核对岗位聘任。")
    made = HeadTerm(teacher=teacher, school=post.school, number=number, since=since, until=until)
    made.validate_constraints()
    made.save()
    record(by, action="head_term.register", subject=made, changes={"number": [None, number]})
    return made


@transaction.atomic
def correct_head_term(
    *, by: Actor, term: HeadTerm, number: int, since: dt.date, until: dt.date, reason: str
) -> HeadTerm:
    """Correct number and days of a term; what was written before stays in the log, with the reason."""
    held = HeadTerm.objects.select_for_update(no_key=True, of=("self",)).get(pk=term.pk)
    new = {"number": number, "since": since, "until": until}
    changes = {name: [str(getattr(held, name)), str(value)] for name, value in new.items() if getattr(held, name) != value}  # fmt: skip
    if not changes:
        raise StepRefused("没有改动；请改正以后再保存，没有这一届的请删去。")
    for name, value in new.items():
        setattr(held, name, value)
    held.validate_constraints()
    held.save()
    record(by, action="head_term.correct", subject=held, changes=changes, reason=reason)
    return held


@transaction.atomic
def remove_head_term(*, by: Actor, term: HeadTerm, reason: str) -> None:
    """Remove a term there never was; the log keeps it, with the reason."""
    told = {"term": [f"{term.teacher} {term.school} {term} {term.since}—{term.until}", None]}
    record(by, action="head_term.remove", subject=term, changes=told, reason=reason)
    term.delete()


@transaction.atomic
def take_in_head_terms(*, by: Actor, rows: Sequence[TermOfHead]) -> None:
    """Write ``rows`` down; a term that is there (teacher, school, number) gets the days of its row. Queries do not grow with them."""
    made = [
        HeadTerm(teacher_id=row.teacher, school_id=row.school, number=row.number, since=row.since, until=row.until)
        for row in rows
    ]  # fmt: skip
    HeadTerm.objects.bulk_create(
        made, update_conflicts=True, unique_fields=["teacher", "school", "number"], update_fields=["since", "until"]
    )  # fmt: skip
    record_many(
        by, action="head_term.register",
        rows=[(row, {"number": [None, row.number], "until": [None, str(row.until)]}) for row in made],
    )  # fmt: skip
