"""What pictures of projects show: rows of a Gantt chart, and cumulative money planned, carried out and paid."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from itertools import accumulate

from django.db.models import QuerySet, Sum

from povertyedu.ui.timelines import Span
from projects.enums import EntryKind, MilestoneKind
from projects.models import FundEntry, ProgressReport, Project

from .as_of import AsOf, picture

MOST_POINTS = 40


@dataclass
class Point:
    """Cumulative fen at the end of a day; what was carried out and paid is None for days to come."""

    day: dt.date
    planned_fen: int
    done_fen: int | None
    paid_fen: int | None


@dataclass
class Curve:
    points: list[Point]
    without_days: (
        int  # projects with money that have no planned start or finish: their plan is not in the curve
    )

    @property
    def days(self) -> list[dt.date]:
        return [point.day for point in self.points]

    @property
    def lines(self) -> list[tuple[str, list[int | None]]]:
        return [
            ("计划", [point.planned_fen for point in self.points]), ("完成", [point.done_fen for point in self.points]),
            ("支付", [point.paid_fen for point in self.points]),
        ]  # fmt: skip


def phases_of(row: AsOf) -> list[Span]:
    """Return the milestones of a project that have a day, each from the one before to itself; a missed one until the day of the picture."""
    found, plan, real = [], None, None
    for kind in MilestoneKind:
        planned, actual = row.planned.get(kind), row.actual.get(kind)
        if not planned and not actual:
            continue
        is_late = bool(planned) and (actual or row.on) > planned
        span = None
        if actual:
            span = (min(real or actual, actual), actual)
        elif planned and planned < row.on:
            span = (planned, row.on)
        found.append(
            Span(
                kind.label,
                (min(plan or planned, planned), planned) if planned else None,
                span,
                is_late and not actual,
            )
        )
        plan, real = planned or plan, actual or real
    return found


def project_span(row: AsOf, href: str = "") -> Span:
    """Return a project from start to finish; one under way until the day of the picture."""
    planned = (
        (row.starts_on, row.due_on) if row.starts_on and row.due_on and row.starts_on <= row.due_on else None
    )
    if planned is None and row.due_on:
        planned = (row.due_on, row.due_on)
    actual = (row.started_on, row.finished_on or row.on) if row.started_on else None
    words = row.state_words if row.started_on and not row.finished_on else ""
    return Span(row.project.name, planned, actual, row.is_late, href, words)


def curve_of(rows: QuerySet[Project], on: dt.date) -> Curve:
    """Return the curve of ``rows``: the budget known on ``on``, spread evenly from planned start to finish; carried out by percent."""
    found = [row for row in picture(rows, on) if row.total.budget_fen]
    keys = [row.project.pk for row in found]
    done, paid = _done(found, keys, on), _paid(rows, on)
    ends = [
        day for row in found for day in (row.starts_on, row.due_on, row.started_on, row.finished_on) if day
    ]
    ends += [*done, *paid, on]
    days = points_between(min(ends), max(ends), on)
    dated = [row for row in found if row.planned_percent is not None]
    made, done_until, paid_until = [], _until(done), _until(paid)
    for day in days:
        known = day <= on
        planned = sum(_planned(row, day) for row in dated)
        made.append(
            Point(day, planned, done_until(day) if known else None, paid_until(day) if known else None)
        )
    return Curve(made, len(found) - len(dated))


def _planned(row: AsOf, day: dt.date) -> int:
    first, last = row.starts_on, row.due_on
    if first is None or last is None or day < first:
        return 0
    if day >= last:
        return row.total.budget_fen
    return row.total.budget_fen * (day - first).days // ((last - first).days or 1)


def _done(found: list[AsOf], keys: list[int], on: dt.date) -> dict[dt.date, int]:
    """Return by day how much more of the budgets was carried out, by the percent reported; finished is all of it."""
    reports: dict[int, list[tuple[dt.date, int]]] = defaultdict(list)
    rows = ProgressReport.objects.filter(project__in=keys, on__lte=on).order_by("on", "pk")
    for pk, day, percent in rows.values_list("project", "on", "percent"):
        reports[pk].append((day, percent))
    grown: dict[dt.date, int] = defaultdict(int)
    for row in found:
        steps = [
            (day, percent)
            for day, percent in reports[row.project.pk]
            if not row.finished_on or day < row.finished_on
        ]
        if row.finished_on:
            steps.append((row.finished_on, 100))
        last = 0
        for day, percent in steps:
            now = row.total.budget_fen * percent // 100
            grown[day] += now - last
            last = now
    return dict(grown)


def _paid(rows: QuerySet[Project], on: dt.date) -> dict[dt.date, int]:
    entries = FundEntry.objects.filter(
        line__project__in=rows.order_by().values("pk"), kind=EntryKind.PAYMENT, on__lte=on
    )
    return dict(entries.order_by().values_list("on").annotate(fen=Sum("amount_fen")))


def _until(grown: dict[dt.date, int]):
    """Return a reader of the sum until a day."""
    days = sorted(grown)
    sums = list(accumulate(grown[day] for day in days))

    def at(day: dt.date) -> int:
        known = [total for each, total in zip(days, sums, strict=True) if each <= day]
        return known[-1] if known else 0

    return at


def points_between(first: dt.date, last: dt.date, on: dt.date) -> list[dt.date]:
    """Return the first and last day, ``on`` and ends of months between them, about forty at most."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = -(-months // MOST_POINTS)
    days, year, month = {first, last, on}, first.year, first.month
    for number in range(months):
        year_of, month_of = divmod(year * 12 + month - 1 + number + 1, 12)
        day = dt.date(year_of, month_of + 1, 1) - dt.timedelta(days=1)
        if number % step == 0 and first <= day <= last:
            days.add(day)
    return sorted(days)
