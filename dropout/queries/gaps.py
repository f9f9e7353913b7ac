"""Children whose chains lead to nobody at some link: how many, for what, at which place, and who.

Children are counted by the database seat by seat; what a seat lacks is worked out once for all its children.
"""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count, QuerySet

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
    """Return the gaps of ``rows``; the page is of those past the enrolment ``after``, all with ``most`` None.

    Counted seat by seat in one grouped query; child by child only where a link is held for the child itself.
    """
    found = Gaps()
    of_line = {link.pk: link.line for link in register.links}
    place_of = SEAT_COLUMNS.index(wanted.reading)
    if register.has_links_of_children:
        columns = rows.order_by("pk").values_list("pk", "student_id", *SEAT_COLUMNS)
        for pk, student, *seat in columns.iterator(chunk_size=5000):
            lacking = register.lacking(Seat(*seat), student)
            if _count(found, lacking, 1, seat[place_of][:9], of_line, wanted) and pk > after:
                _keep(found, pk, lacking, most)
        return found
    homes: set[str] = set()
    groups = rows.order_by().values_list(*SEAT_COLUMNS).annotate(children=Count("pk"))
    for *seat, children in groups.iterator(chunk_size=5000):
        lacking = register.lacking(Seat(*seat), 0)
        if _count(found, lacking, children, seat[place_of][:9], of_line, wanted):
            homes.add(seat[0])
    if found.matching:
        _name(found, rows, register, wanted, homes, after, most)
    return found


def _count(found: Gaps, lacking, children: int, township: str, of_line: dict, wanted: Wanted) -> bool:
    """Add ``children`` who lack the same; return whether they are among those asked for."""
    place = found.places.get(township)
    if place is None:
        place = found.places[township] = Place()
    found.children += children
    place.children += children
    if not lacking:
        return False
    found.with_gap += children
    place.with_gap += children
    for line in {of_line[link.pk] for link, _ in lacking}:
        place.lines[line] += children
    for link, lack in lacking:
        found.counts[link.pk, lack] += children
    if not _is_wanted(lacking, wanted):
        return False
    found.matching += children
    return True


FEW_HOMES = 300


def _name(
    found: Gaps, rows, register: Register, wanted: Wanted, homes: set[str], after: int, most: int | None
) -> None:
    """Keep the page's children: read on from ``after`` until it is full, where gaps are rare only among their villages."""
    rows = rows.filter(pk__gt=after)
    if len(homes) <= FEW_HOMES:
        rows = rows.filter(home_area__in=homes)
    columns = rows.order_by("pk").values_list("pk", "student_id", *SEAT_COLUMNS)
    for pk, student, *seat in columns.iterator(chunk_size=500):
        lacking = register.lacking(Seat(*seat), student)
        if lacking and _is_wanted(lacking, wanted):
            _keep(found, pk, lacking, most)
            if found.has_more:
                return


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
