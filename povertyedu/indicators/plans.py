"""Yearly counts of plans: what was done of a target by a day, and where a plan contradicts itself.

A plan counts in four ways (:class:`~povertyedu.indicators.enums.TargetBasis`): so many more in a year, so many since it
began, so many standing at a year's end, a share of something. What is counted is one series of readings per item, each
all there is on its day; the four ways are worked out of it. No database here.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from .enums import TargetBasis

HUNDRED = Decimal(100)


class Reading(NamedTuple):
    """All there is on a day; ``whole`` is what it is a part of."""

    on: dt.date
    value: Decimal
    whole: Decimal | None = None


@dataclass(frozen=True)
class Aim:
    """One number of a plan with where it stands."""

    year: int
    item: str
    basis: str
    value: Decimal
    unit: str
    clause: str = ""

    @property
    def told(self) -> str:
        return f"{plain(self.value)} {self.unit}" + (f"（{self.clause}）" if self.clause else "")


class Contradiction(NamedTuple):
    """Two figures of one plan that cannot both hold: the later one, and a sentence with both."""

    aim: Aim
    text: str


def plain(number: Decimal) -> str:
    """A number with thousands and without empty decimals: 17,859; 6.5."""
    return f"{number.normalize():,f}"


def standing(readings: Sequence[Reading], day: dt.date) -> Reading | None:
    """Return the last of ``readings`` (by day) on ``day`` or before."""
    return next((reading for reading in reversed(readings) if reading.on <= day), None)


def done_by(
    basis: str, year: int, readings: Sequence[Reading], on: dt.date, *, first_year: int
) -> tuple[Decimal, dt.date] | None:
    """Return what was done of a target of ``year`` by ``on`` and the day of the count; None when nobody counted.

    A year is looked at until its own end. What stood before (the year for 当年完成, the plan for 累计完成) is taken off;
    where no count was made before, nothing is.
    """
    end = min(on, dt.date(year, 12, 31))
    last = standing(readings, end)
    if last is None:
        return None
    if basis == TargetBasis.SHARE:
        return (last.value * HUNDRED / last.whole if last.whole else last.value), last.on
    if basis == TargetBasis.REACHED:
        return last.value, last.on
    begin = year if basis == TargetBasis.ADDED else first_year
    before = standing(readings, min(end, dt.date(begin - 1, 12, 31)))
    return last.value - (before.value if before else 0), last.on


def contradictions(aims: Iterable[Aim]) -> list[Contradiction]:
    """Return a sentence with both figures for each two numbers of a plan that cannot both hold.

    Told are two figures of the same thing, 累计完成 that is not the sum of 当年完成, and 年末达到 that does not follow from the
    one before it and what is added in between. Where the plan has no yearly figures there is nothing to compare.
    """
    by_item: dict[tuple[str, str], list[Aim]] = defaultdict(list)
    for aim in aims:
        by_item[aim.item, aim.unit].append(aim)
    told: list[Contradiction] = []
    for own in by_item.values():
        firsts = _firsts(own, told)
        added = [aim for aim in firsts if aim.basis == TargetBasis.ADDED]
        reached = [aim for aim in firsts if aim.basis == TargetBasis.REACHED]
        for aim in own:
            if aim.basis == TargetBasis.TOTAL:
                _compare(aim, [each for each in added if each.year <= aim.year], Decimal(0), told)
        for before, after in zip(reached, reached[1:], strict=False):
            between = [each for each in added if before.year < each.year <= after.year]
            _compare(after, between, before.value, told)
    return told


def _firsts(own: list[Aim], told: list[Contradiction]) -> list[Aim]:
    """Return one aim per year and basis, by year; a second figure of the same thing is told."""
    found: dict[tuple[int, str], Aim] = {}
    for aim in own:
        first = found.setdefault((aim.year, aim.basis), aim)
        if first.value != aim.value:
            word = TargetBasis(aim.basis).label
            text = f"“{aim.item}”{aim.year} 年{word}有两个数：{first.told}和 {aim.told}；两个数都保留。"
            told.append(Contradiction(aim, text))
    return sorted(found.values(), key=lambda aim: aim.year)


def _compare(aim: Aim, added: list[Aim], start: Decimal, told: list[Contradiction]) -> None:
    worked_out = start + sum((each.value for each in added), Decimal(0))
    if not added or worked_out == aim.value:
        return
    parts = [plain(start)] if start else []
    sum_of = " + ".join([*parts, *(plain(each.value) for each in added)])
    text = (
        f"“{aim.item}”{aim.year} 年{TargetBasis(aim.basis).label} {aim.told}，各年相加 {sum_of} = {plain(worked_out)} {aim.unit}，"
        f"相差 {plain(abs(aim.value - worked_out))} {aim.unit}；两个数都保留。"
    )
    told.append(Contradiction(aim, text))
