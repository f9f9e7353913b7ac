"""Recruitment and training by several people at once: no post, no place of a course, no place of the establishment is given twice."""

import datetime as dt

import pytest
from django.db import connection, transaction

from teachers.actions import candidates, posting, training
from teachers.models import Appointment, Candidate, Establishment, PostLine, Teacher, Trainee, TrainingCourse
from tests import factories
from tests.factories import teachers
from tests.teachers.recruiting import apply, approved, hire, wanted
from tests.teachers.trained import course_of
from tests.together import refused_at_once

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.sql,
    pytest.mark.usefixtures("real_commits"),
    pytest.mark.skipif(
        connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
    ),
]
SINCE = dt.date(2020, 9, 1)


def test_last_place_of_a_school_goes_to_one_of_two_who_are_posted_at_once(personnel, approver, xiazhai):
    """Two were hired for two posts of a school that has one place left: one comes, the other is refused whole."""
    teachers.establishment(xiazhai, 1)
    plan = approved(wanted(xiazhai, 2), by=personnel, approver=approver, open_recruitment=2)
    line = PostLine.objects.get(target__plan=plan)
    apply(line, ("罗丽", "90", "90"), ("韦平", "80", "80"), by=personnel)
    hire(plan, by=personnel, approver=approver)
    refused = refused_at_once(
        *(
            lambda who=who, code=code: posting.post(
                by=personnel.as_actor(), candidate=who, since=SINCE, code=code, kind="established"
            )
            for who, code in zip(Candidate.objects.order_by("pk"), ("T0901", "T0902"), strict=True)
        )
    )
    assert ["没有空编" in each for each in refused] == [True]
    assert (Establishment.objects.get().filled, Appointment.objects.count(), Teacher.objects.count()) == (
        1,
        1,
        1,
    )
    assert sorted(Candidate.objects.values_list("state", flat=True)) == ["hired", "posted"]


def test_one_candidate_is_posted_once_however_often_the_button_is_pressed(personnel, approver, xiazhai):
    teachers.establishment(xiazhai, 5)
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, open_recruitment=1)
    apply(PostLine.objects.get(target__plan=plan), ("罗丽", "90", "90"), by=personnel)
    hire(plan, by=personnel, approver=approver)
    refused = refused_at_once(
        *(
            lambda code=code: posting.post(
                by=personnel.as_actor(),
                candidate=Candidate.objects.get(),
                since=SINCE,
                code=code,
                kind="established",
            )
            for code in ("T0901", "T0902")
        )
    )
    assert (len(refused), Teacher.objects.count(), Appointment.objects.count()) == (1, 1, 1)


def test_one_post_is_taken_once_by_two_who_choose_at_once(personnel, approver, xiazhai):
    """Two with the same total tie for one post; two officers settle it differently in the same moment."""
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, open_recruitment=1)
    line = PostLine.objects.get(target__plan=plan)
    tied = apply(line, ("罗丽", "80", "80"), ("韦平", "80", "80"), by=personnel)
    refused = refused_at_once(
        *(
            lambda who=who: candidates.choose(
                by=personnel.as_actor(), candidate=Candidate.objects.get(pk=who.pk), reason="面试表现"
            )
            for who in tied
        )
    )
    line.refresh_from_db()
    assert (len(refused), line.taken) == (1, 1)
    assert sorted(Candidate.objects.values_list("state", flat=True)) == ["checking", "registered"]


def test_post_is_taken_once_whatever_writes(personnel, approver, xiazhai):
    """Without the verb's locks the constraint behind the counting trigger refuses the second."""
    plan = approved(wanted(xiazhai), by=personnel, approver=approver, open_recruitment=1)
    line = PostLine.objects.get(target__plan=plan)
    both = apply(line, ("罗丽", "80", "80"), ("韦平", "80", "80"), by=personnel)
    refused = refused_at_once(
        *(lambda who=who: Candidate.objects.filter(pk=who.pk).update(state="checking") for who in both)
    )
    line.refresh_from_db()
    assert (len(refused), line.taken, Candidate.objects.filter(state="checking").count()) == (1, 1, 1)


def test_last_place_of_a_course_is_given_once(personnel, clerk, xiazhai):
    course = course_of(by=personnel, places=1, on=dt.date(2020, 9, 1))
    people = [teachers.teacher(f"教师{number}", xiazhai) for number in range(2)]
    refused = refused_at_once(
        *(
            lambda who=who: training.enrol(by=clerk.as_actor(), course=course, teachers=[who])
            for who in people
        )
    )
    assert ["名额" in each for each in refused] == [True]
    assert (TrainingCourse.objects.get().taken, Trainee.objects.count()) == (1, 1)


def test_more_than_the_establishment_is_not_taken_in_by_a_roster_and_a_clerk_at_once(personnel, xiazhai):
    """One place: whoever comes second, by hand or by roster, is refused."""
    teachers.establishment(xiazhai, 1)
    wang, zhao = teachers.teacher("王芳"), teachers.teacher("赵平")

    def by_roster():
        with transaction.atomic():
            Appointment.objects.bulk_create(
                [Appointment(teacher=wang, school=xiazhai, subject="art", since=SINCE, kind="established")]
            )

    refused = refused_at_once(by_roster, lambda: teachers.post(zhao, xiazhai))
    assert (len(refused), Establishment.objects.get().filled) == (1, 1)


def test_other_schools_do_not_wait_for_each_other(personnel, xiazhai):
    schools = [xiazhai, factories.school("第三小学")]
    for school in schools:
        teachers.establishment(school, 1)
    people = [teachers.teacher(f"教师{number}") for number in range(2)]
    assert (
        refused_at_once(
            *(lambda who=who, at=at: teachers.post(who, at) for who, at in zip(people, schools, strict=True))
        )
        == []
    )
