"""What an indicator is: named in ``settings.INDICATORS`` by the app that has the facts.

A measure returns who is in the denominator, each with whether it is in the numerator and where it stands. Everything
else (rates by place, trend, targets, names, notices, the check of history) follows from that.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from .enums import PlaceKind, Reading

FIRST_MONTH = 9  # a school year begins on 1 September and ends on 31 August


@dataclass(frozen=True)
class Period:
    """A school year as it is seen on a day; ``year`` is the calendar year it begins in."""

    year: int
    on: dt.date

    @property
    def starts_on(self) -> dt.date:
        return dt.date(self.year, FIRST_MONTH, 1)

    @property
    def ends_on(self) -> dt.date:
        return dt.date(self.year + 1, FIRST_MONTH, 1) - dt.timedelta(days=1)

    @property
    def target_year(self) -> int:
        """The calendar year of a plan that the school year is held to: the one it ends in."""
        return self.year + 1

    @property
    def label(self) -> str:
        return f"{self.year}—{self.year + 1}学年"


def period_of(day: dt.date) -> Period:
    return Period(day.year if day.month >= FIRST_MONTH else day.year - 1, day)


class Member(NamedTuple):
    """One child (or teacher) of a denominator. ``subject`` names it for the app that measured."""

    subject: str
    counted: bool
    school: int | None
    school_area: str
    home_area: str


class Named(NamedTuple):
    """How a subject is shown: name, where it is, where its page is ("" without one)."""

    name: str
    place: str
    url: str = ""


class Trace(NamedTuple):
    """What was changed of a subject's facts, by whom, when."""

    at: dt.datetime
    by: str
    what: str


@dataclass(frozen=True)
class Definition:
    """One indicator. ``judged``: the kinds of places that are held to a target, by ``reading`` (who owns it, facts row 3).

    ``given``: denominators that no register has (population of the statistics office), township code -> people.
    """

    code: str
    label: str
    higher_is_better: bool
    formula: str
    source: str
    reading: Reading
    judged: tuple[PlaceKind, ...]
    measure: Callable[[Period], Iterable[Member]]
    names: Callable[[list[str]], dict[str, Named]]
    traces: Callable[[list[str], dt.datetime], dict[str, list[Trace]]]
    numerator: str
    denominator: str
    given: Callable[[Period], dict[str, int]] | None = None
    unit: str = "%"
    counts: str = "学生"  # who its members are


@cache
def definitions() -> dict[str, Definition]:
    """Return every indicator of ``settings.INDICATORS`` by its code, in their order."""
    found = [import_string(path) for path in settings.INDICATORS]
    return {definition.code: definition for definition in found}
