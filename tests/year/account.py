"""What must be so on a day, counted from the raw events by plain loops. Imports nothing of the system."""

import datetime as dt
from collections import defaultdict

from .events import DAY, EDUCATION, GOVERNMENT, TERMS, Absence, Year, school_days

# How long a child is away, in days of a term, before it counts (facts.md 5, W7): the defaults of the county's settings.
SUSPECTED_AFTER, DROPOUT_AFTER = 7, 30


class Account:
    """The state of the county on each day, from its events."""

    def __init__(self, year: Year):
        self.year = year
        self.held = defaultdict(list)
        for post in year.posts:
            self.held[post.link, post.place].append((post.since, post.until))
        self.moved = defaultdict(list)
        for move in sorted(year.moves, key=lambda each: each.on):
            self.moved[move.child].append(move)

    def seat(self, child: int, day: dt.date) -> tuple[int, int]:
        """Return village and class of ``child`` on ``day``."""
        village, in_class = self.year.children[child].village, self.year.children[child].in_class
        for move in self.moved[child]:
            if move.on <= day:
                in_class = move.to_class
        return village, in_class

    def filled(self, link: str, place: tuple[str, int], day: dt.date) -> bool:
        return any(
            since <= day and (until is None or day <= until) for since, until in self.held[link, place]
        )

    def lacking(self, child: int, day: dt.date) -> set[str]:
        """Return the links of both chains that lead to nobody for ``child``."""
        village, in_class = self.seat(child, day)
        school = self.year.classes[in_class].school
        places = {
            "township": self.year.villages[village], "village": village, "class": in_class,
            "centre": self.year.centre(school),
        }  # fmt: skip
        return {
            link for link, kind in GOVERNMENT + EDUCATION if not self.filled(link, (kind, places[kind]), day)
        }

    def gaps(self, day: dt.date) -> set[int]:
        """Return the children without two full chains."""
        return {child for child in self.year.children if self.lacking(child, day)}

    def rates(self, back: dict[Absence, dt.date], day: dt.date) -> dict[str, tuple[set[int], set[int]]]:
        """Return rate -> the children in its numerator and in its denominator on ``day`` (formulas: facts.md 5).

        All children of the year are 6 to 15 and were enrolled when it began; nobody leaves the county. A cohort is followed
        from the county's first term on, so those in the last grade are the ones that began together.
        """
        everybody = set(self.year.children)
        out = dropped_out(self.year, back, day)
        six, nine = self._in_grade("primary", 6), self._in_grade("junior", 3)
        return {
            "entry": (everybody - out, everybody),
            "dropout": (out, everybody),
            "primary_six": (six - out, six),
            "junior_three": (nine - out, nine),
            "nine_year": (nine - out, nine),
        }

    def _in_grade(self, stage: str, grade: int) -> set[int]:
        wanted = {
            each.number for each in self.year.classes.values() if (each.stage, each.grade) == (stage, grade)
        }
        return {child.number for child in self.year.children.values() if child.in_class in wanted}


def days_away(absence: Absence, day: dt.date) -> int:
    """Return how many days of a term, the first one counted, the child has been away when ``day`` is over."""
    count, each = 0, absence.first
    while each <= day:
        count += any(start <= each <= end for _, start, end in TERMS)
        each += DAY
    return count


def becomes(absence: Absence, back: dt.date) -> tuple[dt.date | None, dt.date | None]:
    """Return the days on which the child counts as 疑似辍学 and as 辍学, if it stays away so long; ``back``: the day it is seen again.

    A day off is in the count, but nobody knows of it before the next school day on which the child is not there.
    """
    suspected = dropout = None
    for day in [] if absence.leave else school_days(absence.first, back - DAY):
        count = days_away(absence, day)
        if suspected is None and count > SUSPECTED_AFTER:
            suspected = day
        if dropout is None and count > SUSPECTED_AFTER + DROPOUT_AFTER:
            dropout = day
    return suspected, dropout


def dropped_out(year: Year, back: dict[Absence, dt.date], day: dt.date) -> set[int]:
    """Return the children out on ``day`` who have been away so long that they count as 辍学."""
    out = set()
    for absence in year.absences:
        _, dropout = becomes(absence, back[absence])
        if dropout and dropout <= day < back[absence]:
            out.add(absence.child)
    return out
