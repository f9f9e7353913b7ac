"""Reads of the county's own lists that have no place and so no scope: terms, calendar days, what a merger moves."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef, QuerySet

from dropout.models import Post
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, AreaMerger, CalendarDay, Person, School, Term
from students.models import Enrolment, Household, Student


def terms() -> QuerySet[Term]:
    """Return all terms, newest first, each with whether it has enrolments (counting them all would cost)."""
    return Term.objects.annotate(has_enrolments=Exists(Enrolment.objects.filter(term=OuterRef("pk"))))


def days_of(year: int) -> QuerySet[CalendarDay]:
    return CalendarDay.objects.filter(date__year=year)


# --- mergers of areas -------------------------------------------------------------------------------

# Kept name -> where the place stands in a row that goes with it; enrolments keep its code instead.
PLACED: dict[str, tuple[Any, str]] = {
    "households": (Household, "area"), "students": (Student, "home_area"), "schools": (School, "area"), "people": (Person, "area"),
}  # fmt: skip
STAMPED = ("home_area", "school_area")
WORDS = {
    "households": "户", "students": "户籍在这里的学生", "schools": "学校", "people": "工作人员", "home_area": "学籍（户籍地）",
    "school_area": "学籍（就读地）", "posts": "责任人任期",
}  # fmt: skip


class Moving(NamedTuple):
    """One line of what a merger touches: what it is, how many move, how many stay although they were named."""

    what: str
    count: int
    left: int = 0


def touched_by_merger_of(area: Area) -> list[Moving]:
    """Return what goes with ``area``: rows that stand there, enrolments of each open term, posts that end."""
    found = [
        Moving(WORDS[name], model._base_manager.filter(**{field: area}).count())
        for name, (model, field) in PLACED.items()
    ]
    terms_by_code = Term.objects.filter(is_closed=False).in_bulk()
    for field in STAMPED:
        here = Enrolment.objects.filter(**{field: area.full_code}, term__in=terms_by_code)
        for code, count in here.order_by("term").values_list("term").annotate(Count("pk")):
            found.append(Moving(f"{WORDS[field]}，{terms_by_code[code]}", count))
    ending = Post.objects.filter(area=area).still_to_serve(today()).count()
    return [*found, Moving(f"{WORDS['posts']}（到撤并前一天结束）", ending)]


def still_moved(merger: AreaMerger) -> dict[str, list[int]]:
    """Return what ``merger`` moved and stands where it was put: an undo brings just this back."""
    into = merger.into
    back = {
        name: _of(merger.moved[name], model._base_manager.filter(**{field: into}))
        for name, (model, field) in PLACED.items()
    }
    for field in STAMPED:
        rows = Enrolment.objects.filter(**{field: into.full_code}, term__is_closed=False)
        back[field] = _of(merger.moved[field], rows)
    return back


def touched_by_undo_of(merger: AreaMerger) -> list[Moving]:
    """Return what comes back with the area, and what stays at the other place because it was changed since."""
    found = [
        Moving(WORDS[name], len(pks), len(merger.moved[name]) - len(pks))
        for name, pks in still_moved(merger).items()
    ]
    ended = {pk: new for pk, _, new in merger.moved["posts"]}
    ends = Post.objects.filter(pk__in=ended).values_list("pk", "until")
    resumed = sum(1 for pk, until in ends if str(until) == ended[pk])
    return [*found, Moving(WORDS["posts"], resumed, len(ended) - resumed)]


def _of(moved: Iterable[int], rows: QuerySet) -> list[int]:
    there = set(rows.values_list("pk", flat=True))
    return [pk for pk in moved if pk in there]
