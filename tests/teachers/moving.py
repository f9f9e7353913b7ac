"""Posts that begin and end on days to come; the database asks the real clock, so the days are counted from today."""

import datetime as dt

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor
from teachers.actions import posts
from teachers.models import Appointment

BY = Actor(901, "刘人事", "")


def day(number: int) -> dt.date:
    """Return the day so many days from today."""
    return today() + dt.timedelta(days=number)


def appoint(teacher, school, since: dt.date, **more) -> Appointment:
    return posts.appoint(by=BY, teacher=teacher, school=school, subject="chinese", since=since, **more)
