"""The night's work asks the database as often for many children as for few of the same places: each daily action, counted."""

import datetime as dt
from collections import Counter

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils.module_loading import import_string

from dropout.actions import case_steps as steps
from dropout.actions.calendar import take_usual_duties
from dropout.actions.pledges import make_out, take_usual_levels
from dropout.actions.runs import recompute
from dropout.actions.warnings import take_usual, work_out_anew
from dropout.enums import AbsenceReason
from dropout.models import Absence, Case, CaseDecision, ClassDay, DutyTask, Escalation, Pledge, WarningScore
from povertyedu.findings.actions import find
from povertyedu.inbox.models import Message
from povertyedu.indicators.actions.notices import issue
from povertyedu.indicators.actions.targets import pick_preset, set_target
from povertyedu.indicators.models import ChangedMember, IndicatorNotice, Snapshot, SnapshotMember
from povertyedu.orgs.models import Person, SchoolClass, Term
from students.models import Enrolment, Student
from tests import factories

from .cases import OFFICER, TEACHER, day, evidence, opened

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
CLASSES = ("1班", "2班", "3班")
NIGHTS = [
    name
    for name in settings.DAILY_ACTIONS
    if name.startswith(("dropout.", "povertyedu.indicators.", "povertyedu.findings."))
]
# What becomes of the children of a class, in turn.
AWAY, AGAIN, DELAYED, MERGED, POOR = range(5)


class County:
    """Two schools of three classes, people at every link, and children of all five kinds in each class."""

    def __init__(self, per_kind: int, links, put, basic, places, clock):
        self.clock, self.by, self.children = clock, basic.as_actor(), {kind: [] for kind in range(5)}
        self.spring, self.autumn = factories.term("2020-spring"), factories.term("2020-autumn")
        self.classes = [factories.school_class(school, name=name) for school, _ in places for name in CLASSES]
        self._people(links, put, places)
        for school, village in places:
            for name in CLASSES:
                for kind in range(5):
                    made = [self._child(school, village, name, kind) for _ in range(per_kind)]
                    self.children[kind] += made
        for verb in (take_usual_levels, take_usual, take_usual_duties):
            verb(by=self.by)
        make_out(by=self.by, year=2020)
        pick_preset(by=self.by, preset="linxia")
        set_target(by=self.by, code="entry", place_kind="township", year=2020, value=99)

    def _people(self, links, put, places) -> None:
        self.teachers = [
            Person.objects.create(name=f"班主任{n}", phone=f"1390000000{n}") for n in range(len(self.classes))
        ]
        for one, teacher in zip(self.classes, self.teachers, strict=True):
            SchoolClass.objects.filter(pk=one.pk).update(homeroom_teacher=teacher)
            factories.user(teacher.name, ("class_teacher", one))
            put(links["校长包班级"], one, f"校长{one.pk}")
        for n, (school, village) in enumerate(places):
            factories.user(f"校长{n}", ("school_head", school))
            factories.user(f"镇{n}", ("township_officer", village.parent))
            put(links["局长包学区"], school, f"局长{n}")
            put(links["县领导包乡镇"], village.parent, f"县领导{n}")
            put(links["乡镇领导包村"], village, f"乡镇{n}")
            cadre = put(links["村干部包户"], village, f"村{n}").person
            account = factories.user(cadre.name)
            type(account).objects.filter(pk=account.pk).update(person=cadre)

    def _child(self, school, village, class_name: str, kind: int) -> Student:
        child = factories.student(
            f"学生{factories.next_number()}", at=school, during=self.autumn, class_name=class_name, home=village,
            birth_date=dt.date(2010, 5, 12), categories=65 if kind == POOR else 0, account=False,
        )  # fmt: skip
        autumn = child.enrolments.get()
        autumn.pk, autumn.term, autumn.grade = None, self.spring, autumn.grade - 1
        autumn.save()
        return child

    def enter(self, *days: str, away: tuple[int, ...]) -> None:
        """Enter class days on which the children of the kinds ``away`` are absent without leave."""
        for date in map(day, days):
            entered = {
                one.pk: ClassDay.objects.create(
                    school_class=one, term=self.autumn, date=date, enrolled=50, absent=0, entered_by="测试"
                )
                for one in self.classes
            }
            in_class = dict(
                Enrolment.objects.filter(term=self.autumn).values_list("student_id", "school_class_id")
            )
            Absence.objects.bulk_create(
                Absence(
                    class_day=entered[in_class[child.pk]], student=child, term=self.autumn, date=date,
                    reason=AbsenceReason.UNKNOWN, excused=False,
                )
                for kind in away
                for child in self.children[kind]
            )  # fmt: skip
        recompute(classes=[one.pk for one in self.classes], term=self.autumn, by=self.by)

    def night(self, text: str) -> dict[str, int]:
        """Run the night of a day; return action -> queries."""
        self.clock.set(text)
        counts = {}
        for name in NIGHTS:
            with CaptureQueriesContext(connection) as queries:
                import_string(name)()
            counts[name] = len(queries)
        return counts

    def hand_on(self) -> None:
        """What people do between the nights, each for a share of the children."""
        for child in self.children[AGAIN]:
            case = opened(child, self.autumn, since="2020-09-02")
            steps.return_to_school(by=TEACHER, case=case, on=day("2020-09-04"))
        for child in self.children[DELAYED]:
            case = opened(child, self.autumn, since="2020-09-02")
            steps.propose(
                by=TEACHER, case=case, outcome="delayed", reason="患病", evidence=evidence(), until=day("2020-09-25"),
                delay_kind="leave",
            )  # fmt: skip
            steps.confirm(by=OFFICER, case=case)
        for child in self.children[MERGED]:
            opened(child, self.autumn, since="2020-09-02")

    def change_places(self) -> None:
        """New class teachers, records merged, children gone from last year's roster, notices and findings overdue."""
        for one, teacher in zip(self.classes, reversed(self.teachers), strict=True):
            SchoolClass.objects.filter(pk=one.pk).update(homeroom_teacher=teacher)
        for child, keeper in zip(self.children[MERGED], self.children[POOR], strict=True):
            Student.objects.filter(pk=child.pk).update(merged_into=keeper)
        poor = [child.pk for child in self.children[POOR]]
        Enrolment.objects.filter(term=self.spring, student__in=poor).update(status="left")
        for child in self.children[POOR]:
            school = child.enrolments.get(term=self.autumn).school
            find(by=self.by, title=f"第{child.pk}项", due_on=day("2020-09-25"), school=school)
        issue(by=self.by, notices=IndicatorNotice.objects.all(), due_on=day("2020-09-25"))


def _nights(county: County) -> tuple[list[dict[str, int]], Counter]:
    county.clock.set("2020-09-05")
    county.hand_on()
    county.clock.set("2020-09-21")
    county.enter("2020-09-07", "2020-09-08", "2020-09-09", "2020-09-10", away=(AWAY,))
    counts = [county.night("2020-09-22"), county.night("2020-09-22")]
    county.change_places()
    county.clock.set("2020-10-12")
    county.enter("2020-10-09", "2020-10-10", "2020-10-12", away=(AWAY, AGAIN, POOR))
    counts.append(county.night("2020-10-13"))
    county.enter("2020-10-13", away=(AWAY, AGAIN, POOR))
    work_out_anew()
    counts += [county.night("2020-10-13"), county.night("2020-10-25"), county.night("2020-11-30")]
    return counts, _what_came_of_it()


def _what_came_of_it() -> Counter:
    verbs = Counter(CaseDecision.objects.values_list("verb", flat=True))
    assert {CaseDecision.broken_link(case) for case in Case.objects.all()} == {None}
    rows = (
        Case, Escalation, WarningScore, Message, Pledge, DutyTask, Snapshot, SnapshotMember, ChangedMember, IndicatorNotice,
    )  # fmt: skip
    return verbs + Counter({model.__name__: model.objects.count() for model in rows})


@pytest.fixture
def counted(linxia, put, basic, xiazhai, qingshi, clock):
    """Return the queries of some nights with so many children of each kind in each class, all undone afterwards."""
    places = [(xiazhai, factories.village()), (qingshi, factories.village("529901101001", "青石村"))]

    def counted(per_kind: int) -> tuple[list[dict[str, int]], Counter]:
        with transaction.atomic():
            clock.set("2020-09-01")
            found = _nights(County(per_kind, linxia, put, basic, places, clock))
            transaction.set_rollback(True)
        return found

    return counted


def test_queries_of_no_daily_action_grow_with_the_children(counted):
    few, of_few = counted(1)
    many, of_many = counted(4)
    assert few == many
    assert not Term.objects.exists()
    # the same happened to four times as many
    children = {"open", "relapse", "lapse", "raise", "Case", "Escalation", "ChangedMember"}
    assert {name: of_many[name] for name in children} == {name: 4 * of_few[name] for name in children}
    places = {"Pledge", "DutyTask", "Snapshot", "IndicatorNotice"}
    assert {name: of_many[name] for name in places} == {name: of_few[name] for name in places}
    assert min(of_few.values()) > 0
