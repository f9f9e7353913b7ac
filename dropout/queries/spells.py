"""Runs of absent days, worked out from what was entered; plain values in, plain values out.

Three things are entered of a child on a class day: absent without leave, absent on leave, there. The first begins a
run and lengthens it, leave pauses it, a day on which the child was there ends it; a day nobody entered says nothing.
A child that changes class is taken to have been there on a day of the class in which it is next known to be.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

DAY = dt.timedelta(days=1)


class Away(NamedTuple):
    """One absent day of a child."""

    date: dt.date
    school_class: int
    excused: bool
    term: str


class TermDays:
    """The terms, term -> first and last day. Only their days count: holidays between terms stop the clock."""

    def __init__(self, terms: Mapping[str, tuple[dt.date, dt.date]]):
        self.terms = dict(sorted(terms.items(), key=_by_start))

    def between(self, first: dt.date, last: dt.date) -> int:
        """Return how many days from ``first`` to ``last``, both included, lie within a term."""
        return sum(
            max(0, (min(last, end) - max(first, start)).days + 1)
            for start, end in self.terms.values()
            if end >= first
        )


def _by_start(term: tuple[str, tuple[dt.date, dt.date]]) -> dt.date:
    return term[1][0]


@dataclass
class Spell:
    """One run; see :class:`dropout.models.AbsenceRun` for what each value means."""

    first_on: dt.date
    last_on: dt.date
    known_on: dt.date
    term: str
    days: int = 1
    out_before: int = 0
    is_paused: bool = False
    ended_on: dt.date | None = None

    def goes_on(self, away: Away, counted: TermDays) -> None:
        """Take the next absent day in."""
        if not self.is_paused:
            self.out_before += counted.between(self.known_on, away.date - DAY)
        self.known_on, self.is_paused, self.term = away.date, away.excused, away.term
        if not away.excused:
            self.last_on = away.date
            self.days += 1


def days_out(run, on: dt.date, counted: TermDays) -> int:
    """Return the calendar days that ``run`` (a :class:`Spell` or an AbsenceRun) has lasted when ``on`` is over."""
    since = 0 if run.is_paused else counted.between(run.known_on, on)
    return run.out_before + since


def spells_of(
    absences: Sequence[Away],
    met: Mapping[int, Sequence[dt.date]],
    seats: Mapping[str, int | None],
    counted: TermDays,
) -> list[Spell]:
    """Return the runs of one child, oldest first.

    ``absences`` by date; ``met``: class -> the entered days of it, sorted; ``seats``: term -> the child's class in it.
    """
    spells: list[Spell] = []
    running: Spell | None = None
    for away in absences:
        if running:
            there = {**seats, away.term: away.school_class}
            running.ended_on = _met_after(met, there, counted, running.known_on, away.date)
            if running.ended_on is None:
                running.goes_on(away, counted)
                continue
            running = None
        if not away.excused:
            running = Spell(away.date, away.date, away.date, away.term)
            spells.append(running)
    if running:
        running.ended_on = _met_after(met, seats, counted, running.known_on, dt.date.max)
    return spells


def _met_after(met, seats, counted: TermDays, day: dt.date, before: dt.date) -> dt.date | None:
    """Return the first day after ``day`` and before ``before`` on which the child's class of the term met."""
    for term, (start, end) in counted.terms.items():
        if end <= day or start >= before:
            continue
        days = met.get(seats.get(term), ())
        place = bisect_right(days, max(day, start - DAY))
        if place < len(days) and days[place] < before and days[place] <= end:
            return days[place]
    return None
