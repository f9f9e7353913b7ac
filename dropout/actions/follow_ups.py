"""A contact with the family of an absent child, registered for every day it has been away until then."""

import datetime as dt
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction

from dropout.models import Absence, FollowUp
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Student


class Contact(NamedTuple):
    """Who got in touch with whom, how, and what came of it."""

    on: dt.date
    person: str
    whom: str
    way: str
    result: str
    return_on: dt.date | None = None
    note: str = ""
    thoughts: str = ""


@transaction.atomic
def follow_up(*, by: Actor, student: Student, term: Term, contact: Contact) -> FollowUp:
    """Register a contact; the same again gives the one that stands.

    It stands for the child's absent days up to it that have none, and for those to the day of return if they are
    entered already. Raise ValidationError for a day to come or outside the term.
    """
    if term.is_closed:
        raise ValidationError(f"{term}已关闭，不能再登记跟进。")
    if contact.on > today():
        raise ValidationError("联系日期还没有到；请填已经联系的日期。")
    if contact.on < term.starts_on:
        raise ValidationError(f"联系日期早于{term}开学（{term.starts_on}）；请核对。")
    Student.objects.select_for_update(no_key=True).get(pk=student.pk)
    same = {
        "student": student,
        "on": contact.on,
        "way": contact.way,
        "person": contact.person,
        "result": contact.result,
    }
    made = FollowUp.objects.filter(**same).first()
    if made is None:
        made = FollowUp(
            **same, term=term, whom=contact.whom, return_on=contact.return_on, thoughts=contact.thoughts, note=contact.note, entered_by_id=by.id,
            entered_by=by.name,
        )  # fmt: skip
        made.full_clean(exclude=["entered_by_id"])  # the system has none
        made.save()
        changes = changes_between(None, made)
        record(
            by,
            action="follow_up.create",
            subject=made,
            changes={name: changes[name] for name in ("on", "way")},
        )
    last = made.return_on - dt.timedelta(days=1) if made.return_on else made.on
    Absence.objects.filter(student=student, term=term, follow_up=None, date__lte=last).update(follow_up=made)
    return made
