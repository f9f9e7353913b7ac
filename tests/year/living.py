"""The year lived through day by day, through the doors that staff use; beat's schedule does the rest.

Each day: who takes or leaves office, who changes school, attendance of the classes with something to say, then the clock
moves into the evening and beat sends what is due. People work the cases by fixed habits: some at once, some never.
"""

import datetime as dt
from collections import defaultdict

from dropout.actions import attendance, case_steps, visits
from dropout.actions.attendance import Why
from dropout.actions.posts import Whom, appoint, end
from dropout.enums import AbsenceReason, CaseState
from dropout.models import Case
from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.workflow.flow import Actor
from students.actions import moves
from students.models import Enrolment
from tests.clock import Clock

from .county import HOMEROOM, OFFICER, County
from .events import DAY, TERMS, Absence, Lie, Year, school_days

TEACHER = Actor(9002, "李班主任", "class_teacher")
LIAR = Actor(9005, "韦村干", "village_cadre")
HEAD = Actor(9003, "王校长", "school_head")
OTHER_CLERK = Actor(9004, "赵经办", "school_clerk")


class Living:
    """``close_cases``: cases are worked; ``back``: absence -> the day the child is seen again."""

    def __init__(self, year: Year, clock: Clock):
        self.year, self.clock = year, clock
        self.county = County(year)
        self.starts, self.ends = defaultdict(list), defaultdict(list)
        for post in year.posts:
            self.starts[post.since].append(post)
            if post.until:
                self.ends[post.until].append(post)
        self.moves = defaultdict(list)
        for move in year.moves:
            self.moves[move.on].append(move)
        self.seats = {child.number: child.in_class for child in year.children.values()}
        self.away = defaultdict(list)  # day -> absences of the day
        self.back = {}
        for absence in year.absences:
            self._spread(absence)
        self.lies = defaultdict(list)
        for lie in year.lies:
            self.lies[lie.on].append(lie)

    def _spread(self, absence: Absence) -> None:
        for day in school_days(absence.first, absence.last):
            self.away[day].append(absence)
        self.back[absence] = school_days(absence.last + DAY, TERMS[-1][2])[0]

    def live(self, day: dt.date) -> None:
        """Live one day through, until the evening."""
        self.clock.set(day, hour=7)
        self._change_posts(day)
        for move in self.moves[day]:
            self._move(move)
        for lie in self.lies[day]:
            self._say_it_is_back(lie)
        if day in self.away or day in self.back.values():
            self._attendance(day)
        self._work_cases(day)
        self.clock.to(day, hour=20)

    def _change_posts(self, day: dt.date) -> None:
        for post in self.ends[day - DAY]:
            place = self.county.place(*post.place)
            if post.link == HOMEROOM:
                SchoolClass.objects.filter(pk=place.pk).update(homeroom_teacher=None)
        for post in self.starts[day]:
            place, person = self.county.place(*post.place), self.county.people[post.person]
            if post.link == HOMEROOM:
                SchoolClass.objects.filter(pk=place.pk).update(homeroom_teacher=person)
            else:
                appoint(
                    by=OFFICER, link=self.county.link(post.link), place=place, whom=Whom(person.name, person.phone), since=day
                )  # fmt: skip
        for post in self.ends[day]:
            if post.link != HOMEROOM:
                held = self.county.in_office(post.link, self.county.place(*post.place), day)
                end(by=OFFICER, post=held, until=day)

    def _move(self, move) -> None:
        klass = self.county.classes[move.to_class]
        enrolment = Enrolment.objects.get(student=self.county.students[move.child], term=self.county.terms[0])
        asked = moves.request_transfer(
            by=TEACHER, enrolment=enrolment, to_school=klass.school, to_class=klass, side="sending", effective_on=move.on,
            reason="随父母搬迁",
        )  # fmt: skip
        moves.accept(by=OTHER_CLERK, move=asked, to_class=klass)
        Enrolment.objects.filter(student=enrolment.student_id, term=self.county.terms[1]).update(
            school_class=klass
        )
        self.seats[move.child] = move.to_class

    def _attendance(self, day: dt.date) -> None:
        absent: dict[int, dict[int, Why]] = defaultdict(dict)
        for absence in self.away[day]:
            why = Why(AbsenceReason.PERSONAL, True) if absence.leave else Why(AbsenceReason.UNKNOWN, False)
            absent[self.seats[absence.child]][self.county.students[absence.child].pk] = why
        returned = {self.seats[absence.child] for absence, back in self.back.items() if back == day}
        term = self._term(day)
        for number in sorted({*absent, *returned}):
            attendance.save_day(
                by=TEACHER,
                school_class=self.county.classes[number],
                term=term,
                date=day,
                absences=absent[number],
                seen=0,
            )

    def _term(self, day: dt.date) -> Term:
        return next(term for term in self.county.terms if term.starts_on <= day <= term.ends_on)

    # --- how people work the cases: by the child's number, so that it is known beforehand ------------------

    def _work_cases(self, day: dt.date) -> None:
        for case in Case.objects.open().select_related("student").order_by("pk"):
            child = self.county.number_of[case.student_id]
            self._work(case, child, day)

    def _work(self, case: Case, child: int, day: dt.date) -> None:
        waited = (day - case.state_since).days
        absence = self._absence_of(child, case.since)
        returned = absence and self.back[absence] <= day
        if case.state in (CaseState.SUSPECTED, CaseState.VERIFIED, CaseState.PERSUADING) and returned:
            case_steps.return_to_school(by=TEACHER, case=case, on=self.back[absence])
        elif child % 4 == 3 and case.state == CaseState.SUSPECTED:
            return  # nobody lifts a finger until the child comes back by itself
        elif case.state == CaseState.SUSPECTED and waited >= child % 3 * 3:
            case_steps.verify(by=HEAD, case=case)
        elif case.state == CaseState.VERIFIED and waited >= child % 3 * 6:
            visits.make_plan(by=TEACHER, case=case, causes=1, measures="补课、家访", target_on=day + 14 * DAY)
        elif case.state == CaseState.RETURNED and waited >= 2 and not self._is_away(child, day):
            case_steps.monitor(by=HEAD, case=case)
        elif (
            case.state == CaseState.MONITORED
            and case.monitored_until <= day
            and not self._is_away(child, day)
        ):
            case_steps.propose(
                by=TEACHER, case=case, outcome="returned", reason="到校满一个学期", evidence=self._evidence()
            )
        elif case.state == CaseState.PROPOSED_CLOSED and waited >= child % 3 * 5:
            case_steps.confirm(by=OFFICER, case=case)

    def _say_it_is_back(self, lie: Lie) -> None:
        case = Case.objects.open().get(
            student=self.county.students[lie.absence.child], since=lie.absence.first
        )
        case_steps.return_to_school(by=LIAR, case=case, on=lie.on)
        if lie.borne_out:
            case_steps.monitor(by=HEAD, case=case)

    def _absence_of(self, child: int, since: dt.date) -> Absence | None:
        return next(
            (each for each in self.year.absences if each.child == child and each.first == since), None
        )

    def _is_away(self, child: int, day: dt.date) -> bool:
        return any(each.child == child and not each.leave for each in self.away[day])

    def _evidence(self) -> StoredFile:
        return StoredFile.keep([b"%PDF-1.4 proof"], name="proof.pdf", purpose="test")
