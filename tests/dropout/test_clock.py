"""Runs of absent days and their clock: what is entered and corrected against a plain loop, who is told, once."""

import datetime as dt

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from dropout.actions.attendance import Why, save_day
from dropout.actions.clock import Clock, run_daily
from dropout.models import AbsenceRun, ClassDay, RunStep
from povertyedu.inbox.models import Message
from povertyedu.options.registry import set_option
from povertyedu.workflow.flow import SYSTEM
from tests import factories

from .spell_oracle import counted_until
from .spell_oracle import runs as runs_by_hand
from .spell_oracle import step as step_by_hand

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
AWAY, LEAVE = Why("unknown", False), Why("ill", True)
MONDAY = dt.date(2020, 9, 7)
DAY = dt.timedelta(days=1)


@pytest.fixture
def clock(monkeypatch):
    """Set the county's date: ``clock(date)``."""

    def set_to(day: dt.date) -> None:
        monkeypatch.setattr(timezone, "localdate", lambda *_: day)

    return set_to


@pytest.fixture
def luona(xiazhai, autumn):
    return factories.student("罗娜", at=xiazhai, during=autumn)


def enter(child, day: dt.date, why: Why | None, *, by=SYSTEM) -> ClassDay:
    """Enter or correct the child's class on ``day``; with None everybody was there."""
    enrolment = child.enrolments.get()
    known = ClassDay.objects.filter(school_class=enrolment.school_class, date=day).first()
    absences = {child.pk: why} if why else {}
    seen = known.version if known else 0
    return save_day(
        by=by, school_class=enrolment.school_class, term=enrolment.term, date=day, absences=absences, seen=seen, confirmed=True,
    ).day  # fmt: skip


def told(user) -> list[str]:
    return list(Message.objects.filter(to=user).order_by("pk").values_list("text", flat=True))


def test_step_by_step_the_people_are_told_once_and_the_case_comes_after_a_week(clock, luona, xiazhai, basic):
    one = luona.enrolments.get().school_class
    teacher = factories.user("罗雪", ("class_teacher", one))
    head = factories.user("吴国强", ("school_head", xiazhai))
    steps = []
    for number, day in enumerate([MONDAY, MONDAY + DAY, MONDAY + 2 * DAY]):
        clock(day)
        enter(luona, day, AWAY)
        steps.append(AbsenceRun.objects.get().get_step_display())
        assert (len(told(teacher)), len(told(head)), len(told(basic))) == (
            number + 1, max(0, number), max(0, number - 1)
        )  # fmt: skip
    assert steps == ["班主任联系", "校长介入", "上报县局"]
    clock(MONDAY + 7 * DAY)  # the eighth day has begun, the child may still come
    run_daily()
    assert AbsenceRun.objects.get().get_step_display() == "上报县局"
    clock(MONDAY + 8 * DAY)
    run_daily()
    run_daily()
    assert AbsenceRun.objects.get().get_step_display() == "疑似辍学"
    assert told(basic)[-1] == "疑似辍学：罗娜连续缺勤。已开控辍个案，请两条线的责任人劝返。"
    assert [len(told(user)) for user in (teacher, head, basic)] == [4, 3, 2]
    clock(MONDAY + 37 * DAY)  # 37 days are over: 7 and a further 30
    run_daily()
    assert AbsenceRun.objects.get().get_step_display() == "疑似辍学"
    clock(MONDAY + 38 * DAY)
    run_daily()
    assert AbsenceRun.objects.get().get_step_display() == "辍学"
    assert [(each.get_step_display(), each.on - MONDAY) for each in RunStep.objects.all()] == [
        ("班主任联系", 0 * DAY), ("校长介入", 1 * DAY), ("上报县局", 2 * DAY), ("疑似辍学", 8 * DAY), ("辍学", 38 * DAY),
    ]  # fmt: skip


def test_leave_pauses_and_a_day_there_ends_the_run(clock, luona):
    clock(dt.date(2020, 9, 30))
    for number, why in enumerate([AWAY, LEAVE, LEAVE, AWAY]):  # Monday to Thursday, Friday not entered
        enter(luona, MONDAY + number * DAY, why)
    run = AbsenceRun.objects.get()
    assert (run.first_on, run.last_on, run.days, run.out_before, run.ended_on) == (
        MONDAY, MONDAY + 3 * DAY, 2, 1, None,
    )  # fmt: skip
    enter(luona, MONDAY + 7 * DAY, None)
    run.refresh_from_db()
    assert (run.ended_on, run.days) == (MONDAY + 7 * DAY, 2)
    enter(luona, MONDAY + 7 * DAY, AWAY)  # a correction takes the return back
    run.refresh_from_db()
    assert (run.ended_on, run.days, run.last_on) == (None, 3, MONDAY + 7 * DAY)


def test_holidays_between_terms_stop_the_clock_and_the_new_class_ends_the_run(clock, luona, autumn, xiazhai):
    last = dt.date(2021, 1, 29)  # a Friday; the term ends on the 31st
    clock(last)
    enter(luona, last, AWAY)
    spring = factories.term("2021-spring")
    enrolment = luona.enrolments.get()
    enrolment.pk, enrolment.term, enrolment.school_class = (
        None,
        spring,
        factories.school_class(xiazhai, name="2班"),
    )
    enrolment.save()
    clock(dt.date(2021, 2, 17))  # the term began on Monday the 15th: 3 + 2 days are over
    run_daily()
    run = AbsenceRun.objects.get()
    assert (run.term, run.get_step_display()) == (spring, "班主任联系")
    clock(dt.date(2021, 2, 20))  # Friday the 19th is over: 3 + 5 days
    run_daily()
    run.refresh_from_db()
    assert run.get_step_display() == "疑似辍学"
    save_day(
        by=SYSTEM,
        school_class=enrolment.school_class,
        term=spring,
        date=dt.date(2021, 2, 19),
        absences={},
        seen=0,
    )
    run.refresh_from_db()
    assert (run.ended_on, run.get_step_display()) == (dt.date(2021, 2, 19), "班主任联系")


def test_case_is_opened_once_and_becomes_a_dropout(clock, luona):
    clock(MONDAY)
    enter(luona, MONDAY, AWAY)
    for days in range(9):
        clock(MONDAY + days * DAY)
        run_daily()
    case = luona.cases.get()
    assert (case.kind, case.origin, case.since, case.opened_on) == (
        "suspected",
        "attendance",
        MONDAY,
        MONDAY + 8 * DAY,
    )
    clock(MONDAY + 38 * DAY)
    run_daily()
    run_daily()
    assert luona.cases.get().kind == "dropout"
    assert [each.verb for each in case.decisions.all()] == ["open", "raise"]


def test_thresholds_are_the_countys(clock, luona):
    for key, days in {"absence_head_days": "1", "suspected_after_days": "28"}.items():  # W8: four weeks
        set_option(key, days, by_name="县")
    clock(MONDAY)
    enter(luona, MONDAY, AWAY)
    assert AbsenceRun.objects.get().get_step_display() == "校长介入"
    clock(MONDAY + 28 * DAY)  # Sunday the 27th day: the Friday before is over
    run_daily()
    assert not luona.cases.exists()
    clock(MONDAY + 29 * DAY)
    run_daily()
    assert luona.cases.get().kind == "suspected"


def test_child_who_left_school_and_stages_without_attendance_have_no_clock(clock, luona, autumn):
    senior = factories.student(
        "高一", at=factories.school("云岭一中", kind="senior"), during=autumn, stage="senior", grade=1
    )
    clock(MONDAY)
    enter(senior, MONDAY, AWAY)
    enter(luona, MONDAY, AWAY)
    luona.enrolments.update(status="left")
    clock(MONDAY + 20 * DAY)
    run_daily()
    assert list(AbsenceRun.objects.values_list("student__name", "step")) == [("罗娜", 1)]


def test_queries_do_not_grow_with_children(clock, xiazhai, autumn):
    def queries(children: int) -> int:
        made = [
            factories.student(f"学生{number}", at=xiazhai, during=autumn, class_name=f"{children}-{number}班")
            for number in range(children)
        ]
        clock(MONDAY)
        for child in made:
            enter(child, MONDAY, AWAY)
        clock(MONDAY + 8 * DAY)
        with CaptureQueriesContext(connection) as captured:
            run_daily()
        assert {child.cases.get().kind for child in made} == {"suspected"}
        return len(captured)

    assert queries(2) == queries(12)


def test_absence_corrected_after_the_child_was_back_leaves_no_run(clock, luona):
    clock(MONDAY + DAY)
    enter(luona, MONDAY, AWAY)
    enter(luona, MONDAY + DAY, None)
    assert AbsenceRun.objects.get().ended_on == MONDAY + DAY
    enter(luona, MONDAY, None)
    assert not AbsenceRun.objects.exists()


def test_absence_corrected_in_the_class_the_child_has_left_leaves_no_run(clock, luona, xiazhai):
    clock(MONDAY + DAY)
    day = enter(luona, MONDAY, AWAY)
    other = factories.school_class(xiazhai, name="2班")
    luona.enrolments.update(school_class=other)
    save_day(
        by=SYSTEM, school_class=day.school_class, term=day.term, date=MONDAY, absences={}, seen=day.version, confirmed=True
    )  # fmt: skip
    assert not AbsenceRun.objects.exists()


WORDS = {"away": AWAY, "leave": LEAVE, "there": None}
OPS = st.lists(
    st.tuples(st.integers(0, 24), st.sampled_from(sorted(WORDS)), st.sampled_from(sorted(WORDS))),
    min_size=1,
    max_size=14,
)


@given(ops=OPS, later=st.integers(0, 60))
@settings(max_examples=40)
def test_runs_of_any_entries_and_corrections_are_those_of_a_plain_loop(ops, later):
    first = dt.date(2020, 9, 1)
    now = first + (max(day for day, *_ in ops) + later) * DAY
    with transaction.atomic():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(timezone, "localdate", lambda *_: now)
            at, term = factories.school(), factories.term("2020-autumn")
            pair = [factories.student(name, at=at, during=term) for name in ("罗娜", "杨二")]
            entered: list[dict] = [{}, {}]
            for number, *words in ops:
                day = first + number * DAY
                _enter_pair(pair, day, words)
                for known, word in zip(entered, words, strict=True):
                    known[day] = word
            run_daily()
            for child, known in zip(pair, entered, strict=True):
                assert _rows(child, now) == _by_hand(known, now, term)
        transaction.set_rollback(True)


def _enter_pair(pair, day, words) -> None:
    enrolment = pair[0].enrolments.get()
    known = ClassDay.objects.filter(school_class=enrolment.school_class, date=day).first()
    absences = {child.pk: WORDS[word] for child, word in zip(pair, words, strict=True) if WORDS[word]}
    save_day(
        by=SYSTEM, school_class=enrolment.school_class, term=enrolment.term, date=day, absences=absences,
        seen=known.version if known else 0, confirmed=True,
    )  # fmt: skip


def _rows(child, now) -> list[tuple]:
    rows = AbsenceRun.objects.filter(student=child).order_by("first_on")
    clock = Clock.read()
    return [(run.first_on, run.last_on, run.days, clock.out(run), run.ended_on, run.step) for run in rows]


def _by_hand(known: dict, now: dt.date, term) -> list[tuple]:
    found = runs_by_hand(known, counted_until(known, now), first=term.starts_on, last=term.ends_on)
    return [
        (run["first_on"], run["last_on"], run["days"], run["out"], run["ended_on"], step_by_hand(run))
        for run in found
    ]
