"""The runs of a class's children brought up to what is entered: read once, compared, only differences written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dropout.models import Absence, AbsenceRun, ClassDay
from dropout.queries.attendance import clocked_stages
from dropout.queries.spells import Away, Spell, spells_of
from povertyedu import bulk
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment, Student

from .clock import advance, counted_days

COLUMNS = ("term_id", "first_on", "last_on", "known_on", "days", "out_before", "is_paused", "ended_on")


@transaction.atomic
def recompute(*, classes: Collection[int], term: Term, by: Actor, corrected: Collection[int] = ()) -> int:
    """Work out again the runs of the children of ``classes`` in ``term``, then move their clock; return how many changed.

    ``corrected``: children whose absences may be gone, whatever their class is by now. Runs that were over before the term began stay as they are. Queries do not grow with classes or children.
    """
    students = {*_concerned(classes, term), *corrected}
    if not students:
        return 0
    with bulk.keys(Student, "id", students) as wanted:
        standing = _standing(wanted, term)
        spells = _spells(wanted, term, standing)
    touched = _write(standing, spells)
    if touched:
        advance(AbsenceRun.objects.filter(pk__in=touched), but=by)
    return len(touched)


def _concerned(classes: Collection[int], term: Term) -> set[int]:
    """Return the children with an absent day in ``classes``, or in them now with an absent day or a run."""
    inside = Enrolment.objects.filter(student=OuterRef("student"), term=term, school_class__in=classes)
    absent = Absence.objects.filter(term=term).filter(Q(class_day__school_class__in=classes) | Exists(inside))
    runs = AbsenceRun.objects.filter(_touching(term), Exists(inside))
    return {*absent.values_list("student", flat=True), *runs.values_list("student", flat=True)}


def _touching(term: Term) -> Q:
    return Q(ended_on=None) | Q(ended_on__gt=term.starts_on) | Q(first_on__gte=term.starts_on)


def _standing(wanted, term: Term) -> dict[int, list[AbsenceRun]]:
    """Return student -> the runs that ``term`` touches, by start."""
    found = defaultdict(list)
    for run in AbsenceRun.objects.filter(_touching(term), student__in=wanted).order_by("first_on"):
        found[run.student_id].append(run)
    return found


def _spells(wanted, term: Term, standing: dict[int, list[AbsenceRun]]) -> dict[int, list[Spell]]:
    """Return student -> runs as they should be, from the start of the term or of the run that reaches into it."""
    since = {student: min(runs[0].first_on, term.starts_on) for student, runs in standing.items()}
    first = min([term.starts_on, *since.values()])
    absences: dict[int, list[Away]] = defaultdict(list)
    rows = Absence.objects.filter(
        student__in=wanted, date__gte=first, class_day__school_class__stage__in=clocked_stages()
    )
    columns = ("student", "date", "class_day__school_class", "excused", "term")
    for student, *away in rows.order_by("date").values_list(*columns):
        if away[0] >= since.get(student, term.starts_on):
            absences[student].append(Away(*away))
    seats: dict[int, dict[str, int | None]] = defaultdict(dict)
    enrolled = Enrolment.objects.filter(student__in=wanted, term__ends_on__gte=first)
    for student, code, school_class in enrolled.values_list("student", "term", "school_class"):
        seats[student][code] = school_class
    classes = {each.school_class for aways in absences.values() for each in aways}
    classes |= {pk for of_terms in seats.values() for pk in of_terms.values() if pk}
    met: dict[int, list[dt.date]] = defaultdict(list)
    days = ClassDay.objects.filter(school_class__in=classes, date__gte=first).order_by("date")
    for school_class, date in days.values_list("school_class", "date"):
        met[school_class].append(date)
    counted = counted_days()
    return {student: spells_of(aways, met, seats[student], counted) for student, aways in absences.items()}


def _write(standing: dict[int, list[AbsenceRun]], spells: dict[int, list[Spell]]) -> list[int]:
    """Bring the rows to the spells and return the keys of those written; a row stands for the spell it shares days with."""
    gone: list[int] = []
    ended: list[tuple[int, dict]] = []
    others: list[tuple[int, dict]] = []
    new: list[AbsenceRun] = []
    for student in standing.keys() | spells.keys():
        rows = list(standing.get(student, ()))
        for spell in spells.get(student, ()):
            row = next((each for each in rows if _share_days(each, spell)), None)
            if row is None:
                new.append(AbsenceRun(student_id=student, **_values(spell)))
                continue
            rows.remove(row)
            values = _values(spell)
            if any(getattr(row, name) != value for name, value in values.items()):
                (ended if spell.ended_on else others).append((row.pk, values))
        gone += [row.pk for row in rows]
    AbsenceRun.objects.filter(pk__in=gone).delete()
    for rows_of in (ended, others):  # whoever has come back gives room for an open run
        if rows_of:
            bulk.overwrite(AbsenceRun, rows_of)
    AbsenceRun.objects.bulk_create(new)
    return [pk for pk, _ in (*ended, *others)] + [row.pk for row in new]


def _share_days(row: AbsenceRun, spell: Spell) -> bool:
    return row.first_on <= spell.known_on and spell.first_on <= row.known_on


def _values(spell: Spell) -> dict:
    return dict(zip(COLUMNS, _in_order(spell), strict=True))


def _in_order(spell: Spell) -> Iterable:
    return (
        spell.term, spell.first_on, spell.last_on, spell.known_on, spell.days, spell.out_before, spell.is_paused,
        spell.ended_on,
    )  # fmt: skip
