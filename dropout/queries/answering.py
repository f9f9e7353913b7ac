"""Who is told of a child that stays away: the people of its chains and its school, with their accounts."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dropout.enums import ClockStep, Line, PlaceKind
from dropout.models import AbsenceRun, ChainLink
from povertyedu import bulk
from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Role
from students.models import Enrolment, Student

from .chains import SEAT_COLUMNS, Register, Seat, key_of


def without_account(people: Iterable[int | None]) -> set[int]:
    """Return those of ``people`` whom no message reaches: they are told by telephone."""
    asked = {person for person in people if person}
    reached = User.objects.filter(is_active=True, person__in=asked).values_list("person", flat=True)
    return asked - set(reached)


class Told(NamedTuple):
    """Somebody to be told; without an account only by telephone."""

    name: str
    user: int | None

    def __str__(self):
        return self.name if self.user else f"{self.name}（没有账号，请电话告知）"


class Answering:
    """Those who answer for the children of some runs; the same number of queries for any number of them."""

    def __init__(self, runs: Sequence[AbsenceRun]):
        self.register = Register()
        self.seats: dict[tuple[int, str], tuple[str, Seat]] = {}
        with bulk.keys(Student, "id", {run.student_id for run in runs}) as keys:
            rows = Enrolment.objects.filter(student__in=keys, term__in={run.term_id for run in runs})
            for student, term, name, *seat in rows.values_list(
                "student", "term", "student__name", *SEAT_COLUMNS
            ):
                self.seats[student, term] = name, Seat(*seat)
        people = User.objects.filter(is_active=True).exclude(person=None)
        self.accounts = dict(people.values_list("person", "pk"))
        self._read_grants()

    def _read_grants(self) -> None:
        wanted = (Role.CLASS_TEACHER, Role.SCHOOL_HEAD, Role.BASIC_EDUCATION_OFFICER)
        grants = Grant.objects.filter(ended_at=None, role__in=wanted, user__is_active=True)
        self.staff: dict[tuple, set[Told]] = defaultdict(set)
        for role, school, school_class, user, name in grants.values_list(
            "role", "school", "school_class", "user", "user__name"
        ):
            place = None if role == Role.BASIC_EDUCATION_OFFICER else school_class or school
            self.staff[role, place].add(Told(name, user))

    def name(self, run: AbsenceRun) -> str:
        return self.seats[run.student_id, run.term_id][0]

    def of(self, run: AbsenceRun, step: ClockStep) -> list[Told]:
        """Return who is told when ``run`` comes to ``step``, each once, by name; nobody of a child without enrolment."""
        if (run.student_id, run.term_id) not in self.seats:
            return []
        seat = self.seats[run.student_id, run.term_id][1]
        told: set[Told] = set()
        for link in self._links(step):
            place = key_of(link, seat, run.student_id, self.register.merged)
            if holder := self.register.holders.get((link.pk, place)):
                told.add(Told(holder.name, self.accounts.get(holder.person)))
        told |= self.staff[Role.CLASS_TEACHER, seat.school_class]
        if step >= ClockStep.HEAD:
            told |= self.staff[Role.SCHOOL_HEAD, seat.school]
        if step >= ClockStep.BUREAU:
            told |= self.staff[Role.BASIC_EDUCATION_OFFICER, None]
        return sorted(told, key=str)

    def _links(self, step: ClockStep) -> list[ChainLink]:
        """Return the links told: the one responsible person, then the school's, then both lines."""
        education = [link for link in self.register.links if link.line == Line.EDUCATION]
        if step == ClockStep.TEACHER:
            return education[-1:]
        if step == ClockStep.HEAD:
            return [
                link
                for link in education
                if link.place_kind in (PlaceKind.SCHOOL, PlaceKind.CLASS, PlaceKind.CHILD)
            ]
        return education if step == ClockStep.BUREAU else self.register.links
