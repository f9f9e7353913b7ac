"""A fortnight of attendance up to yesterday: a few absent each day, some children who stay away, a contact or two."""

import datetime as dt
import random

from dropout.actions import warnings
from dropout.actions.attendance import Why
from dropout.actions.attendance_list import NewAbsence, take_in
from dropout.actions.clock import run_daily
from dropout.actions.follow_ups import Contact, follow_up
from dropout.models import Absence
from dropout.queries.attendance import clocked_stages
from dropout.queries.school_days import term_under_way
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.calendar import today, working_days
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment

from .people import SEED

STAY_AWAY = (1, 2, 3, 9)  # class days until now of the children who stay away, over and over
EVERY = 900  # of so many children one stays away


def fill_attendance(by: Actor) -> None:
    """Enter the last school days of the term under way; nothing where none is. The last day is left to the visitor."""
    term = term_under_way()
    if term is None or not term.enrolments.exists():
        return
    last = min(today() - dt.timedelta(days=1), term.ends_on)
    days = (
        working_days(max(term.starts_on, last - dt.timedelta(days=13)), last) if last > term.starts_on else []
    )
    if not days:
        return
    take_in(rows=_rows(term, days), term=term, by=by)
    _ask_after(term, days[-1])
    warnings.take_usual(by=User.objects.get(username="basic").as_actor(Permission.MANAGE_INDICATORS))
    run_daily()
    warnings.score_term(term)


def _rows(term: Term, days: list[dt.date]) -> list[NewAbsence]:
    dice = random.Random(SEED + 5)
    here = Enrolment.objects.of(term).studying().filter(stage__in=clocked_stages()).exclude(school_class=None)
    children = list(here.order_by("pk").values_list("student", "school_class"))
    rows, absent = [], set()
    for number, (student, school_class) in enumerate(children[EVERY // 2 :: EVERY] or children[-1:]):
        for day in days[-STAY_AWAY[number % len(STAY_AWAY)] :]:
            absent.add((student, day))
            rows.append(NewAbsence(school_class, day, student, Why("unknown", False)))
    for day in days:
        for student, school_class in dice.sample(children, max(1, len(children) // 120)):
            if (student, day) not in absent:
                why = dice.choice(
                    (Why("ill", True), Why("ill", True), Why("personal", True), Why("other", False))
                )
                rows.append(NewAbsence(school_class, day, student, why))
        rows += [NewAbsence(pk, day, None, Why("", False)) for pk in sorted({pk for _, pk in children})]
    return rows


def _ask_after(term: Term, day: dt.date) -> None:
    """Register a contact for half of those who were away on the last day."""
    unasked = (
        Absence.objects.filter(term=term, date=day).not_asked_after().select_related("student", "class_day")
    )
    for one in list(unasked.order_by("pk"))[::2]:
        contact = Contact(day, "班主任", "家长", "phone", "not_reached")
        follow_up(by=Actor(None, "班主任", ""), student=one.student, term=term, contact=contact)
