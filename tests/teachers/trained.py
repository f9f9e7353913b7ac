"""Courses of training for tests, and who completed them, by the verbs themselves."""

import datetime as dt

from teachers.actions import training as actions
from teachers.actions.training import Completion
from teachers.models import Trainee, TrainingCourse


def course_of(
    *,
    by,
    name="骨干教师研修",
    level="county",
    form="central",
    places=10,
    hours=40,
    on=dt.date(2020, 9, 1),
    **more,
):
    course = TrainingCourse(
        name=name,
        level=level,
        form=form,
        starts_on=on,
        ends_on=on + dt.timedelta(days=4),
        hours=hours,
        places=places,
        **more,
    )
    return actions.keep_course(by=by.as_actor(), course=course)


def completed(course, teacher, *, by, confirmer, hours=40, on=None) -> Trainee:
    trainee = actions.enrol(by=by.as_actor(), course=course, teachers=[teacher])[0]
    completion = Completion(hours, "证-1", on or course.ends_on)
    actions.report(by=by.as_actor(), trainee=trainee, completion=completion)
    return actions.confirm(by=confirmer.as_actor(), trainee=trainee)
