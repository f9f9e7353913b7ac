"""Children whose chains lead to nobody at some link: how many, for what, at which place, and who.

One pass over the term's enrolments, read as bare columns; what a seat lacks is worked out once for all its children.
"""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import QuerySet

from dropout.enums import Lack, Line
from dropout.models import ChainLink
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Area
from students.models import Enrolment
from students.queries import area_names, enrolments_in

from .chains import SEAT_COLUMNS, Register, Seat

PER_PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What a list of gaps is narrowed to; ``link`` and ``lack`` choose the children, the rest the enrolments."""

    reading: str = "school_area"
    township: Area | None = None
    school: int | None = None
    stage: str = ""
    link: int | None = None
    lack: str = ""


@dataclass
class Place:
    """Counts of one township."""

    children: int = 0
    with_gap: int = 0
    lines: Counter = field(default_factory=Counter)  # line -> children with a gap in it


@dataclass
class Gaps:
    """The counts, and the enrolments of one page with what each lacks."""

    children: int = 0
    with_gap: int = 0
    counts: Counter = field(default_factory=Counter)  # (link pk, lack) -> children
    places: dict[str, Place] = field(default_factory=dict)  # township code -> counts
    matching: int = 0
    keys: list[int] = field(default_factory=list)
    lacking: dict[int, list[tuple[ChainLink, Lack]]] = field(default_factory=dict)  # enrolment -> links
    has_more: bool = False

    @property
    def complete(self) -> int:
        return self.children - self.with_gap


def enrolments_for(term, user, wanted: Wanted) -> QuerySet[Enrolment]:
    """Return who counts: the children of ``term`` that hold a place, within the scope and the filter.

    The county counts everybody by either reading, those of no township too; others the children of their places.
    """
    if any(len(code) == 6 for code in user.scope(P.VIEW_CHAINS).areas):
        rows = Enrolment.objects.of(term).here()
    else:
        rows = enrolments_in(term, user=user, permission=P.VIEW_CHAINS, reading=wanted.reading).here()
    if wanted.township:
        rows = rows.filter(wanted.township.scope.area_q(wanted.reading))
    if wanted.school:
        rows = rows.filter(school=wanted.school)
    if wanted.stage:
        rows = rows.filter(stage=wanted.stage)
    return rows


def gaps_in(
    rows: QuerySet[Enrolment],
    register: Register,
    wanted: Wanted,
    *,
    after: int = 0,
    most: int | None = PER_PAGE,
) -> Gaps:
    """Return the gaps of ``rows``; the page is of those past the enrolment ``after``, all with ``most`` None."""
    found = Gaps()
    columns = rows.order_by("pk").values_list("pk", "student_id", *SEAT_COLUMNS)
    of_line = {link.pk: link.line for link in register.links}
    place_of = SEAT_COLUMNS.index(wanted.reading)
    for pk, student, *seat in columns.iterator(chunk_size=5000):
        lacking = register.lacking(Seat(*seat), student)
        township = seat[place_of][:9]
        place = found.places.get(township)
        if place is None:
            place = found.places[township] = Place()
        found.children += 1
        place.children += 1
        if not lacking:
            continue
        found.with_gap += 1
        place.with_gap += 1
        place.lines.update({of_line[link.pk] for link, _ in lacking})
        found.counts.update((link.pk, lack) for link, lack in lacking)
        if _is_wanted(lacking, wanted):
            found.matching += 1
            if pk > after:
                _keep(found, pk, lacking, most)
    return found


def _is_wanted(lacking, wanted: Wanted) -> bool:
    return any(
        (not wanted.link or link.pk == wanted.link) and (not wanted.lack or lack == wanted.lack)
        for link, lack in lacking
    )


def _keep(found: Gaps, pk: int, lacking, most: int | None) -> None:
    if most is not None and len(found.keys) == most:
        found.has_more = True
        return
    found.keys.append(pk)
    found.lacking[pk] = lacking


@dataclass(frozen=True)
class Named:
    """One child of the list, with what it lacks in words."""

    enrolment: Enrolment
    home: str
    lacks: list[str]


def names_of(found: Gaps) -> list[Named]:
    """Return the children of the page; two queries."""
    rows = Enrolment.objects.select_related("student", "school", "school_class").in_bulk(found.keys)
    children = [rows[pk] for pk in found.keys]
    homes = area_names(row.home_area for row in children)
    return [
        Named(row, homes.get(row.home_area, ""), lacks_in_words(row, found.lacking[row.pk]))
        for row in children
    ]


def lacks_in_words(enrolment: Enrolment, lacking: list[tuple[ChainLink, Lack]]) -> list[str]:
    """Return what is lacking, each with what would mend it; a line without any place is told once."""
    words = []
    for line, none in ((Line.GOVERNMENT, _no_home), (Line.EDUCATION, _no_school)):
        without = [link for link, lack in lacking if link.line == line and lack == Lack.NO_PLACE]
        if without:
            words.append(f"{'、'.join(link.label for link in without)}：{none(enrolment)}")
        words += [
            f"{link.label}：{lack.label}"
            for link, lack in lacking
            if link.line == line and lack == Lack.VACANT
        ]
    return words


def _no_home(enrolment: Enrolment) -> str:
    return (
        "没有登记户籍村"
        if not enrolment.home_area or enrolment.home_area.endswith("000")
        else "没有登记户籍地"
    )


def _no_school(enrolment: Enrolment) -> str:
    return (
        "在县外就读"
        if enrolment.school_id is None
        else "没有分班"
        if enrolment.school_class_id is None
        else "没有登记地方"
    )


def township_names(codes) -> dict[str, str]:
    return dict(Area.objects.filter(code__in=[code for code in codes if code]).values_list("code", "name"))
