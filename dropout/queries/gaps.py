"""Children whose chains lead to nobody at some link: how many, for what, at which place, and who."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Substr

from dropout.enums import Lack, Line
from dropout.models import Post
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from students.models import Enrolment
from students.queries import area_names, enrolments_in

from .chains import SEAT_COLUMNS, Lacking, Register, Seat, columns_of

PER_PAGE = 50
SCHOOL_COLUMNS = SEAT_COLUMNS[1:]  # from the widest to the narrowest


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
    lacking: dict[int, list[Lacking]] = field(default_factory=dict)  # enrolment -> links
    has_more: bool = False

    @property
    def complete(self) -> int:
        return self.children - self.with_gap


def enrolments_for(term, user, wanted: Wanted) -> QuerySet[Enrolment]:
    """Return who counts: the children of ``term`` that hold a place, within the scope and the filter.

    The county counts everybody by either reading, those of no township too; others the children of their places.
    """
    if user.scope(P.VIEW_CHAINS).of_county:
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

    Two queries count and one names, however many children: see :class:`_Counting`. ``register`` needs no posts held
    for children.
    """
    counting = _Counting(rows, register, wanted)
    counting.count()
    if counting.found.matching:
        counting.name(after, most)
    return counting.found


AT_ONCE = 2000  # children read together where all are wanted


class _Counting:
    """Children counted by the database by what they lack, not one by one.

    What a child lacks at home follows from its village, what at school from its school and class: villages that lack
    the same are one group. Posts held for the child itself are asked of the database in the same query.
    """

    def __init__(self, rows: QuerySet[Enrolment], register: Register, wanted: Wanted):
        self.rows, self.register, self.wanted, self.found = rows.order_by(), register, wanted, Gaps()
        self.of_line = {link.pk: link.line for link in register.links}
        self.held = {f"held_{link.pk}": link for link in register.of_children}
        self.columns = [
            name for name in SCHOOL_COLUMNS if any(name in columns_of(link) for link in register.of_schools)
        ]
        # where children lack what is wanted: villages, and values of the narrowest of the columns
        self.homes: set[str] = set()
        self.schools: set[str | int | None] = set()

    def count(self) -> None:
        """Fill in all but the names."""
        villages: dict[tuple, list[str]] = defaultdict(list)
        for home in self.rows.values_list("home_area", flat=True).distinct():
            villages[tuple(self.register.lacking_at_home(home))].append(home)
        alike = sorted(villages.items(), key=_how_many)
        lacks_at_home = Case(
            *(When(home_area__in=homes, then=Value(n)) for n, (_, homes) in enumerate(alike[:-1])),
            default=Value(len(alike) - 1), output_field=IntegerField(),
        )  # fmt: skip
        groups = (
            self._with_posts()
            .annotate(at_home=lacks_at_home, township=Substr(self.wanted.reading, 1, 9))
            .values_list("at_home", "township", *self.held, *self.columns)
            .annotate(children=Count("pk"))
        )
        for place, township, *values, children in groups:
            held, at = values[: len(self.held)], values[len(self.held) :]
            home, homes = alike[place]
            at_school = self.register.lacking_at_school(self._seat(at))
            if self._add([*home, *at_school, *self._of_child(held)], children, township):
                if is_wanted(home, self.wanted):
                    self.homes.update(homes)
                if is_wanted(at_school, self.wanted):
                    self.schools.add(at[-1])

    def _seat(self, values: Sequence) -> Seat:
        """Return a seat of which only what the links ask for is filled in."""
        known = dict(zip(self.columns, values, strict=True))
        return Seat("", *(known.get(name) for name in SCHOOL_COLUMNS))

    def _with_posts(self) -> QuerySet[Enrolment]:
        """Annotate whether each link of children is held for the child, or for a record merged into it."""
        held = {}
        for name, link in self.held.items():
            posts, child = Post.objects.on(today()).filter(link=link), OuterRef("student")
            held[name] = Q(Exists(posts.filter(student=child))) | Q(
                Exists(posts.filter(student__merged_into=child))
            )
        return self.rows.annotate(**held)

    def _of_child(self, held: Sequence[bool]) -> list[Lacking]:
        return [(link, Lack.VACANT) for link, has in zip(self.held.values(), held, strict=True) if not has]

    def _add(self, lacking: list[Lacking], children: int, township: str) -> bool:
        """Add ``children`` who lack the same; return whether they are among those asked for."""
        found, place = self.found, self.found.places.setdefault(township, Place())
        found.children += children
        place.children += children
        if not lacking:
            return False
        found.with_gap += children
        place.with_gap += children
        for line in {self.of_line[link.pk] for link, _ in lacking}:
            place.lines[line] += children
        for link, lack in lacking:
            found.counts[link.pk, lack] += children
        if not is_wanted(lacking, self.wanted):
            return False
        found.matching += children
        return True

    def name(self, after: int, most: int | None) -> None:
        """Keep the page's children past the enrolment ``after``."""
        rows = self._with_posts().filter(self._near()).order_by("pk")
        columns = ("pk", *self.held, "home_area", *self.columns)
        for pk, *values in _by_key(rows.values_list(*columns), after, AT_ONCE if most is None else most + 1):
            held, (home, *at) = values[: len(self.held)], values[len(self.held) :]
            lacking = [
                *self.register.lacking_at_home(home),
                *self.register.lacking_at_school(self._seat(at)),
                *self._of_child(held),
            ]
            if not is_wanted(lacking, self.wanted):
                continue
            if most is not None and len(self.found.keys) == most:
                self.found.has_more = True
                return
            self.found.keys.append(pk)
            self.found.lacking[pk] = lacking

    def _near(self) -> Q:
        """Return the condition of being where children were found; it holds for few others."""
        near = Q(home_area__in=self.homes)
        if self.columns:
            name = self.columns[-1]
            near |= Q(**{f"{name}__in": self.schools - {None}})
            if None in self.schools:
                near |= Q(**{name: None})
        for name, link in self.held.items():
            if is_wanted([(link, Lack.VACANT)], self.wanted):
                near |= Q(**{name: False})
        return near


def _by_key(rows: QuerySet, after: int, size: int) -> Iterator[tuple]:
    """Yield ``rows`` past a key, by key, ``size`` at a time; a cursor would have the database work out all of them first."""
    while page := list(rows.filter(pk__gt=after)[:size]):
        yield from page
        if len(page) < size:
            return
        after = page[-1][0]


def _how_many(group: tuple[tuple, list[str]]) -> int:
    return len(group[1])


def is_wanted(lacking: Iterable[Lacking], wanted: Wanted) -> bool:
    return any(
        (not wanted.link or link.pk == wanted.link) and (not wanted.lack or lack == wanted.lack)
        for link, lack in lacking
    )


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


def lacks_in_words(enrolment: Enrolment, lacking: list[Lacking]) -> list[str]:
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
