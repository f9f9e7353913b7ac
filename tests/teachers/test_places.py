"""Places of the establishment by day: who leaves later keeps the place until then, who comes later gets it from then on."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import StepRefused
from teachers.actions import establishment, posts
from teachers.models import Appointment, Establishment
from tests import factories
from tests.factories import teachers
from tests.teachers.moving import BY, appoint, day
from tests.teachers.test_import import line, roster, wrong
from tests.together import refused_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


def in_post(school, on: dt.date) -> int:
    return school.appointments.in_force(on).filter(kind="established").count()


def test_place_of_who_leaves_later_is_not_given_before(leaving, xiazhai):
    zhao = teachers.teacher("赵平")
    with pytest.raises(StepRefused) as told:
        appoint(zhao, xiazhai, today())
    assert str(told.value) == (
        f"{xiazhai.name}核定编制 2 名，批准超编 0 名，在编教师有人任至 {day(99)}，在那以前没有空编；"
        f"请把聘任日期写为 {day(100)} 或以后，或先申请超编，或按“聘用”办理。"
    )
    assert in_post(xiazhai, today()) == 2

    appoint(zhao, xiazhai, day(100))
    assert [in_post(xiazhai, day(number)) for number in (0, 99, 100)] == [2, 2, 2]
    with pytest.raises(StepRefused, match="没有空编"):
        appoint(teachers.teacher("孙丽"), xiazhai, day(100))


def test_place_of_who_leaves_later_is_not_given_before_whatever_writes(leaving, xiazhai):
    zhao = teachers.teacher("赵平")
    for since, until in ((today(), None), (day(99), day(120)), (day(-9), day(0))):
        with pytest.raises(IntegrityError, match="在编人数会超过"), transaction.atomic():
            teachers.post(zhao, xiazhai, since=since, until=until)
    held = teachers.post(zhao, xiazhai, since=today(), kind="contract")
    with pytest.raises(IntegrityError, match="在编人数会超过"), transaction.atomic():
        Appointment.objects.filter(pk=held.pk).update(kind="established")
    with pytest.raises(IntegrityError, match="在编人数会超过"), transaction.atomic():
        Establishment.objects.filter(school=xiazhai).update(authorised=1)
    # days that are over are history: a post may have stood beside one that has ended since
    Appointment.objects.filter(pk=held.pk).update(until=day(-1), since=day(-30), kind="established")


def test_longer_post_takes_its_place_for_longer(leaving, xiazhai):
    zhao = teachers.teacher("赵平")
    appoint(zhao, xiazhai, day(100))
    with pytest.raises(IntegrityError, match="在编人数会超过"), transaction.atomic():
        Appointment.objects.filter(teacher=zhao).update(since=day(99))
    with pytest.raises(StepRefused, match=f"请把聘任日期写为 {day(100)} 或以后"):
        posts.correct_post(
            by=BY,
            post=zhao.appointments.get(),
            subject="chinese",
            since=day(50),
            until=None,
            kind="established",
            note="早到",
        )
    posts.correct_post(
        by=BY,
        post=zhao.appointments.get(),
        subject="art",
        since=day(101),
        until=None,
        kind="established",
        note="晚到",
    )


def test_contract_becomes_established_when_a_place_is_free_by_then(leaving, xiazhai):
    zhao = teachers.teacher("赵平", xiazhai, kind="contract")
    with pytest.raises(StepRefused, match="在那以前没有空编"):
        posts.correct_post(
            by=BY,
            post=zhao.post,
            subject="chinese",
            since=zhao.post.since,
            until=None,
            kind="established",
            note="留任",
        )


def test_establishment_is_not_lowered_below_who_is_still_there(leaving, xiazhai):
    with pytest.raises(StepRefused, match="已有在编 2 名，核定 1 名不够"):
        establishment.authorise(
            by=BY, rows=[establishment.Authorised(xiazhai.pk, 1, today(), "云编〔2026〕9号")]
        )


def test_roster_gives_the_place_from_the_day_it_is_free(leaving, run, personnel, xiazhai):
    early, late = f"{day(99)}", f"{day(100)}"
    found = wrong(
        personnel,
        roster(
            line(1, xiazhai, 到校日期=early), line(2, xiazhai, 到校日期=late), line(3, xiazhai, 到校日期=late)
        ),
    )
    assert [(row, heading) for _, row, heading, _ in found] == [(2, "school"), (4, "school")]
    assert "没有空编" in found[0][3]
    assert run("teachers", roster(line(2, xiazhai, 到校日期=late)))["created"] == 1


def test_page_of_a_school_says_who_leaves_and_who_comes(leaving, client, personnel, xiazhai):
    appoint(teachers.teacher("赵平"), xiazhai, day(100))
    client.force_login(personnel)
    shown = client.get(reverse("teachers:school_establishment", args=[xiazhai.pk])).content.decode()
    assert f"任至 {day(99)}" in shown
    assert f"{day(100)} 到任" in shown
    assert "<dt>还可聘任在编</dt><dd>0<small>名</small>" in shown


class TestEveryDay(TestCase):
    """Whatever posts are asked for: on no day from today on are there more established ones than the establishment has."""

    @settings(max_examples=30, deadline=None)
    @given(
        st.lists(
            st.tuples(st.integers(-20, 20), st.one_of(st.none(), st.integers(0, 25))), min_size=1, max_size=7
        )
    )
    def test_no_day_has_more_than_the_establishment(self, asked):
        school = factories.school()
        teachers.establishment(school, 2)
        for since, length in asked:
            until = None if length is None else day(since + length)
            try:
                with transaction.atomic():
                    teachers.post(teachers.teacher(), school, since=day(since), until=until)
            except IntegrityError:
                first = max(day(since), today())
                last = until or day(60)
                crowd = [
                    in_post(school, first + dt.timedelta(days=n)) for n in range((last - first).days + 1)
                ]
                assert max(crowd) == 2 or Establishment.objects.get(school=school).filled == 2
        assert max(in_post(school, day(number)) for number in range(60)) <= 2


@pytest.mark.usefixtures("real_commits")
@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite has one writer: the second is told that it is busy"
)
def test_place_for_a_time_is_given_once_whatever_writes(xiazhai):
    teachers.establishment(xiazhai, 1)
    people = [teachers.teacher(f"教师{number}") for number in range(2)]
    refused = refused_at_once(
        *(lambda who=who: teachers.post(who, xiazhai, since=today(), until=day(9)) for who in people)
    )
    assert ["在编人数会超过" in each for each in refused] == [True]
