"""Reads of help between schools: which school helped which, how often and how long; by school, by poor village."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Count, Q, Sum

from povertyedu.orgs.calendar import today
from teachers.enums.mutual_help import HelpState
from teachers.models import HelpActivity

TABS = {
    "all": ("全部", Q()),
    "planned": ("已计划", Q(state=HelpState.PLANNED)),
    "held": ("已开展", Q(state=HelpState.HELD)),
    "cancelled": ("已取消", Q(state=HelpState.CANCELLED)),
}


class Help(NamedTuple):
    """What one school did for another in some days: times by kind, hours held."""

    from_school: int
    to_school: int
    kind: str
    planned: int
    held: int
    cancelled: int
    hours: int


def _counts() -> dict:
    return {
        "planned_n": Count("pk"),
        "held_n": Count("pk", filter=Q(state=HelpState.HELD)),
        "cancelled_n": Count("pk", filter=Q(state=HelpState.CANCELLED)),
        "overdue_n": Count("pk", filter=Q(state=HelpState.PLANNED, planned_on__lt=today())),
        "hours": Sum("held_hours", default=0),
    }


def help_between(since: dt.date, until: dt.date, schools: Sequence[int] | None = None) -> list[Help]:
    """Return who helped whom by what is planned for, or was held, from ``since`` to ``until``, both included.

    One row a pair and kind, in the order of their keys; with ``schools`` only what one of them gave or got. One query.
    A register of pairings reads this: an activity counts on the day it was held, else on the day it is planned for.
    """
    held = Q(state=HelpState.HELD, held_on__range=(since, until))
    rows = HelpActivity.objects.filter(held | ~Q(state=HelpState.HELD) & Q(planned_on__range=(since, until)))
    if schools is not None:
        rows = rows.filter(Q(from_school__in=schools) | Q(to_school__in=schools))
    found = rows.order_by("from_school", "to_school", "kind").values("from_school", "to_school", "kind")
    return [
        Help(
            row["from_school"], row["to_school"], row["kind"], row["planned_n"], row["held_n"], row["cancelled_n"], row["hours"],
        )
        for row in found.annotate(**_counts())
    ]  # fmt: skip


def narrowed(rows, wanted: dict):
    """Narrow by township or school (either side), form, term and words."""
    if township := wanted.get("township"):
        rows = rows.filter(
            township.scope.area_q("from_school__area_id") | township.scope.area_q("to_school__area_id")
        )
    if school := wanted.get("school"):
        rows = rows.filter(Q(from_school=school) | Q(to_school=school))
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    if term := wanted.get("term"):
        rows = rows.filter(term=term)
    if q := wanted.get("q"):
        rows = rows.filter(topic__contains=q)
    return rows


def totals(rows) -> dict[str, int]:
    """Return how many are planned in all, held, cancelled, overdue, and the hours held; one query."""
    return rows.order_by().aggregate(**_counts(), audience=Sum("audience", default=0))


@dataclass(frozen=True)
class Counted:
    """A line of a table of counts."""

    label: str
    sub: str
    planned: int
    held: int
    overdue: int
    hours: int


def _table(rows, label: str, sub: str) -> list[Counted]:
    found = rows.order_by().values(label, sub).annotate(**_counts()).order_by("-hours", label)
    return [
        Counted(r[label], r[sub] or "", r["planned_n"], r["held_n"], r["overdue_n"], r["hours"])
        for r in found
    ]


def by_giver(rows) -> list[Counted]:
    """Return what each school gave; one query."""
    return _table(rows, "from_school__name", "from_school__area__name")


def by_receiver(rows) -> list[Counted]:
    """Return what each school got; one query."""
    return _table(rows, "to_school__name", "to_school__area__name")


def by_poor_village(rows) -> list[Counted]:
    """Return what the schools of each poor village (贫困村) got; one query."""
    return _table(
        rows.filter(to_school__area__is_poor_village=True),
        "to_school__area__name",
        "to_school__area__parent__name",
    )
