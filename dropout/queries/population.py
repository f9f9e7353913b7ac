"""The children of school age of a term: who is in school, who is away, and what says so.

The population register is what the county has: the term's enrolments, those of the school year before, the registered
households, the household list that 四查三比对 was given, and the children that cases follow. Read as bare columns, in a number of queries that does not grow with the children.
"""

import datetime as dt
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from dropout.enums import CaseKind, CaseState, ClockStep, Ground, Outcome, Standing
from dropout.models import AbsenceRun, Case
from povertyedu import bulk
from povertyedu.options.registry import options
from povertyedu.orgs.enums import STAGE_YEARS, Season, Stage
from povertyedu.orgs.models import Term
from students.enums import (
    SETTLED_DISPOSALS,
    ComparisonKind,
    ComparisonState,
    Destination,
    DisposalCode,
    EnrolmentStatus,
    FoundIn,
    HardshipCategory,
    MoveKind,
    MoveState,
    Place,
)
from students.models import Comparison, ComparisonRow, Departure, Enrolment, HardshipStatus, Move, Student
from students.models.hardship import age_day

COMPULSORY = (Stage.PRIMARY, Stage.JUNIOR)
OF_SCHOOL = (*COMPULSORY, Stage.SENIOR, Stage.VOCATIONAL, Stage.COLLEGE, Stage.BACHELOR, Stage.POSTGRADUATE)
# What settles a row of a comparison without a case: lawful, or no child of ours.
_NOT_AWAY = (
    *SETTLED_DISPOSALS,
    DisposalCode.OTHER_COUNTY,
    DisposalCode.EXEMPT,
    DisposalCode.HOME_TAUGHT,
    DisposalCode.WRONG_DATA,
)
_PERSON = ("student__id_hash", "student__name", "student__birth_date")
_SEAT = (
    "student_id", *_PERSON, "home_area", "school_id", "school_area", "school_class_id",
    "stage", "grade", "status", "place", "categories", "term_id",
)  # fmt: skip


class _Seat(NamedTuple):
    """An enrolment as :data:`_SEAT` reads it."""

    student: int
    id_hash: str | None
    name: str
    birth_date: dt.date | None
    home_area: str
    school: int | None
    school_area: str
    school_class: int | None
    stage: str
    grade: int
    status: str
    place: str
    categories: int
    term: str


class Child(NamedTuple):
    """One child of school age. ``subject`` is the student's key, or "p:" and the hash of a number no record has."""

    subject: str
    student: int | None
    id_hash: str
    name: str
    birth_date: dt.date | None
    home_area: str
    school: int | None
    school_area: str
    school_class: int | None
    stage: str
    grade: int
    categories: int
    standing: str
    ground: str
    in_school: bool


class Away(NamedTuple):
    """The cases that say who is out on a day."""

    dropout: frozenset[int]
    never: frozenset[int]
    suspected: frozenset[int]
    lawful: frozenset[int]  # 缓学、休学、免学 approved

    @property
    def out(self) -> frozenset[int]:
        return self.dropout | self.never


def away_on(day: dt.date) -> Away:
    """Return who is out on ``day`` by the cases; one query.

    A false alarm never was out; 送教上门 counts as in school (残疾人教育条例); a child that came back, or whose case ended, is not out from that day on.
    """
    found: dict[str, set[int]] = {name: set() for name in ("dropout", "never", "suspected", "lawful")}
    rows = Case.objects.filter(since__lte=day).exclude(state=CaseState.CLOSED, outcome=Outcome.NOT_DROPOUT)
    fields = ("student_id", "student__merged_into_id", "kind", "state", "outcome", "returned_on", "closed_on")
    for student, kept, kind, state, outcome, returned_on, closed_on in rows.values_list(*fields):
        if (returned_on and returned_on <= day) or state == CaseState.HOME_TAUGHT:
            continue
        ended = closed_on is not None and closed_on <= day
        if state == CaseState.DELAYED or (ended and outcome == Outcome.EXEMPT):
            found["lawful"].add(kept or student)
        elif not ended or outcome == Outcome.OVER_AGE:
            name = {CaseKind.DROPOUT: "dropout", CaseKind.NEVER_ENROLLED: "never"}.get(kind, "suspected")
            found[name].add(kept or student)
    return Away(**{name: frozenset(members) for name, members in found.items()})


def gone_by_case(day: dt.date) -> set[int]:
    """Return the children whom a case says to be dead, elsewhere or abroad while the roster still has them; one query."""
    return set(Case.objects.gone_for_good(day).values_list("student_id", flat=True))


def terms_of_year(year: int) -> list[Term]:
    """Return the terms of the school year that begins in ``year``, first term first."""
    return list(
        Term.objects.filter(
            Q(year=year, season=Season.AUTUMN) | Q(year=year + 1, season=Season.SPRING)
        ).order_by("starts_on")
    )


def year_of(term: Term) -> int:
    return term.year if term.season == Season.AUTUMN else term.year - 1


def children_of_school_age(term: Term, on: dt.date) -> list[Child]:
    """Return every child of school age (the county's options, 6 to 15) known in ``term``, once, as of ``on``."""
    reader = _Reader(term, on)
    for read in (reader.enrolled, reader.gone, reader.listed, reader.compared, reader.followed):
        read()
    return list(reader.children.values())


class _Reader:
    """Reads the sources one after the other; a child is taken from the first that has it."""

    def __init__(self, term: Term, on: dt.date):
        self.term, self.on = term, on
        ages = options("school_age_from", "school_age_to")
        day = age_day(term)
        self.born_from = dt.date(day.year - ages["school_age_to"] - 1, day.month, day.day) + dt.timedelta(
            days=1
        )
        self.born_to = dt.date(day.year - ages["school_age_from"], day.month, day.day)
        self.ages = ages["school_age_from"], ages["school_age_to"]
        self.away = away_on(on)
        self.children: dict[str, Child] = {}
        self.known: set[str | None] = set()  # ID hashes that some child has, or that must not come in again
        self.absent = self._not_present()
        self.gone_by_case = gone_by_case(on)
        self.gone_for_good = self._gone_for_good()

    def _is_of_age(self, birth_date: dt.date | None, stage: str) -> bool:
        """A child whose birth is not registered is of age where its grade is."""
        if birth_date is None:
            return stage in COMPULSORY
        return self.born_from <= birth_date <= self.born_to

    def enrolled(self) -> None:
        """The term's enrolments: 在校, 休学; who left for another county is that county's, and who died or left by a case is nobody's."""
        self.enrolled_now: set[int] = set()
        self.graduated: set[int] = set()
        for row in Enrolment.objects.of(self.term).values_list(*_SEAT).iterator(chunk_size=5000):
            seat = _Seat(*row)
            self.known.add(seat.id_hash)
            self.enrolled_now.add(seat.student)
            if seat.status == EnrolmentStatus.GRADUATED:
                self.graduated.add(seat.student)
            left = seat.status in (EnrolmentStatus.LEFT, EnrolmentStatus.GRADUATED)
            if left or seat.student in self.gone_by_case or not self._is_of_age(seat.birth_date, seat.stage):
                continue
            in_school = seat.status == EnrolmentStatus.STUDYING and seat.stage in OF_SCHOOL
            in_school = (
                in_school and seat.student not in self.away.out and seat.student not in self.away.lawful
            )
            self._seat(seat, *self._standing(seat.student, seat.stage, seat.status, seat.place), in_school)

    def _standing(self, student: int, stage: str, status: str, place: str) -> tuple[str, str]:
        by_case = self._by_case(student)
        if by_case:
            return by_case
        if status == EnrolmentStatus.SUSPENDED or student in self.away.lawful:
            return Standing.SUSPENDED, Ground.NONE
        if stage == Stage.PRESCHOOL:  # of age and still in kindergarten
            return Standing.SUSPENDED, Ground.NONE
        if student in self.absent and place == Place.IN_COUNTY:
            return Standing.SUSPECTED, self.absent[student]
        return Standing.IN_SCHOOL, Ground.NONE

    def _by_case(self, student: int | None) -> tuple[str, str] | None:
        for members, standing in (
            (self.away.dropout, Standing.DROPOUT), (self.away.never, Standing.NEVER_ENROLLED), (self.away.suspected, Standing.SUSPECTED),
        ):  # fmt: skip
            if student in members:
                return standing, Ground.CASE
        return None

    def gone(self) -> None:
        """Who studied in the school year before or earlier in this one and has no enrolment now (小学送、中学接 among them)."""
        this_year = year_of(self.term)
        earlier = [term for year in (this_year - 1, this_year) for term in terms_of_year(year)]
        earlier = [term for term in earlier if term.starts_on < self.term.starts_on]
        if not earlier:
            return
        last_year = {term.pk for term in earlier if year_of(term) < this_year}
        rows = Enrolment.objects.filter(
            term__in=earlier, student__merged_into=None, status__in=[EnrolmentStatus.STUDYING, EnrolmentStatus.SUSPENDED],
        )  # fmt: skip
        present = Enrolment.objects.filter(term=self.term).values("student")
        rows = rows.exclude(student__in=present).order_by("term__starts_on")
        newest = {row[0]: _Seat(*row) for row in rows.values_list(*_SEAT).iterator(chunk_size=5000)}
        for seat in newest.values():
            if seat.id_hash is not None:
                self.known.add(seat.id_hash)
            if seat.student in self.gone_for_good or not self._is_of_age(seat.birth_date, seat.stage):
                continue
            at_an_end = seat.grade == STAGE_YEARS.get(Stage(seat.stage)) and seat.term in last_year
            if (
                seat.place != Place.IN_COUNTY
                or seat.stage not in COMPULSORY
                or (at_an_end and seat.stage == Stage.JUNIOR)
            ):
                continue  # another county's roster, or nine years done: not ours to miss
            standing, ground = self._by_case(seat.student) or (
                Standing.SUSPENDED if seat.student in self.away.lawful else Standing.SUSPECTED,
                Ground.NOT_RECEIVED if at_an_end else Ground.NOT_RETURNED,
            )
            self._seat(seat, standing, ground, in_school=False)

    def listed(self) -> None:
        """Members of registered households who are of age and have no record here."""
        rows = HardshipStatus.objects.filter(
            Q(until=None) | Q(until__gte=self.term.starts_on),
            since__lte=self.term.ends_on,
            category=HardshipCategory.REGISTERED_POOR,
        ).of_age(self.term, *self.ages)
        found = {
            id_hash: (name, birth, (home or "").ljust(12, "0") if home else "")
            for id_hash, name, birth, home in rows.order_by("since").values_list(
                "id_hash", "name", "birth_date", "household__area_id"
            )
        }
        self._add_people(found, HardshipCategory.REGISTERED_POOR)

    def compared(self) -> None:
        """Who the newest household list of the term has and no roster (户籍 × 学籍), as far as nobody has settled it."""
        comparison = self._newest(ComparisonKind.REGISTER_ENROLMENT)
        if comparison is None:
            return
        rows = ComparisonRow.objects.filter(comparison=comparison, found_in=FoundIn.ONLY_LEFT)
        rows = rows.exclude(disposal__code__in=_NOT_AWAY)
        found = {
            id_hash: (name, None, area)
            for id_hash, name, area in rows.values_list("id_hash", "name", "area_code")
        }
        self._add_people(found, 0)

    def followed(self) -> None:
        """Who is out by a case and on none of the lists: reported, gone for years, or off the roster since it left."""
        out = self.away.out | self.away.suspected | self.away.lawful
        known = {child.student for child in self.children.values()}
        rest = out - known - self.gone_for_good - self.graduated
        with transaction.atomic(), bulk.keys(Student, "id", rest) as keys:
            rows = Case.objects.filter(student__in=keys, student__merged_into=None).order_by("pk")
            fields = (
                "student_id",
                *_PERSON,
                "home_area",
                "school_id",
                "school_area",
                "school_class_id",
                "stage",
                "grade",
            )
            newest = {row[0]: row for row in rows.values_list(*fields)}
        for (
            student,
            id_hash,
            name,
            birth,
            home,
            school,
            school_area,
            school_class,
            stage,
            grade,
        ) in newest.values():
            if not self._is_of_age(birth, stage or Stage.PRIMARY):
                continue
            standing, ground = self._by_case(student) or (Standing.SUSPENDED, Ground.NONE)
            self._add(
                student, id_hash or "", name, birth, home, school, school_area, school_class, stage, grade, 0, standing, ground, False
            )  # fmt: skip

    def _newest(self, kind: str) -> Comparison | None:
        rows = Comparison.objects.filter(term=self.term, kind=kind, state=ComparisonState.FROZEN)
        return rows.order_by("-frozen_at").first()

    def _add_people(self, found: dict[str, tuple], mask: int) -> None:
        """Add people known by ID hash; those with a record that has been enrolled before are away, the others never were."""
        found = {id_hash: person for id_hash, person in found.items() if id_hash not in self.known}
        if not found:
            return
        records, before, done = self._records(found)
        for id_hash, (name, birth, home) in found.items():
            student = records.get(id_hash)
            self.known.add(id_hash)
            if student is not None and (
                student in self.gone_for_good or student in done or student in self.enrolled_now
            ):
                continue
            standing, ground = Standing.NEVER_ENROLLED, Ground.NO_RECORD
            if student in before:
                standing, ground = Standing.SUSPECTED, Ground.NOT_RETURNED
            if student in self.away.lawful:
                standing, ground = Standing.SUSPENDED, Ground.NONE
            standing, ground = self._by_case(student) or (standing, ground)
            self._add(
                student, id_hash, name, birth, home, None, "", None, "", 0, mask, standing, ground, False
            )

    def _records(self, hashes) -> tuple[dict[str, int], set[int], set[int]]:
        """Return hash -> the record kept under it, those enrolled in some term, those who have been in the ninth grade."""
        with transaction.atomic(), bulk.keys(Student, "id_hash", hashes) as keys:
            rows = Student.objects.filter(id_hash__in=keys).values_list("id_hash", "pk", "merged_into_id")
            records = {id_hash: kept or pk for id_hash, pk, kept in rows}
        with transaction.atomic(), bulk.keys(Student, "id", set(records.values())) as keys:
            seats = Enrolment.objects.filter(student__in=keys).values_list("student_id", "stage", "grade")
            before, done = set(), set()
            for student, stage, grade in seats:
                before.add(student)
                if stage not in (Stage.PRESCHOOL, *COMPULSORY) or (stage, grade) == (
                    Stage.JUNIOR,
                    STAGE_YEARS[Stage.JUNIOR],
                ):
                    done.add(student)
        return records, before, done

    def _gone_for_good(self) -> set[int]:
        """Return the children who died, moved to another county's schools, or have a right not to be here, by what was registered."""
        departed = Departure.objects.filter(
            term__starts_on__lte=self.term.starts_on,
            destination__in=[Destination.DECEASED, Destination.OUTSIDE],
        )
        moved = Move.objects.filter(
            kind__in=[MoveKind.OUT, MoveKind.DECEASED], state=MoveState.DONE, effective_on__lte=self.on
        )
        by_roster = {pk for rows in (departed, moved) for pk in rows.values_list("student_id", flat=True)}
        return by_roster | self.gone_by_case

    def _not_present(self) -> dict[int, str]:
        """Return student -> what says that it is enrolled and not at school: the attendance, and the newest list of who is present."""
        runs = AbsenceRun.objects.open().filter(
            term=self.term, step__gte=ClockStep.BUREAU, is_paused=False, first_on__lte=self.on
        )
        found: dict[int, str] = dict.fromkeys(runs.values_list("student_id", flat=True), Ground.ABSENT)
        comparison = self._newest(ComparisonKind.ENROLMENT_PRESENT)
        if comparison is None:
            return found
        rows = ComparisonRow.objects.filter(
            comparison=comparison, found_in=FoundIn.ONLY_LEFT, student__isnull=False
        )
        excused = Case.objects.excusing(self.on).filter(student=OuterRef("student"))
        rows = rows.exclude(disposal__code__in=_NOT_AWAY).exclude(Exists(excused))
        return dict.fromkeys(rows.values_list("student_id", flat=True), Ground.NOT_PRESENT) | found

    def _seat(self, seat: _Seat, standing: str, ground: str, in_school: bool) -> None:
        self._add(
            seat.student, seat.id_hash, seat.name, seat.birth_date, seat.home_area, seat.school, seat.school_area, seat.school_class, seat.stage,
            seat.grade, seat.categories, standing, ground, in_school,
        )  # fmt: skip

    def _add(self, student: int | None, id_hash: str | None, *facts) -> None:
        subject = str(student) if student else f"p:{id_hash}"
        self.children[subject] = Child(subject, student, id_hash or "", *facts)
