"""Posts never overlap, places are counted: whatever writes, the database holds it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from teachers.enums.registry import AppointmentKind
from teachers.models import Appointment, Establishment, ExcessRequest, Teacher
from tests import factories
from tests.factories import teachers

pytestmark = [pytest.mark.django_db, pytest.mark.sql]

DAY = dt.date(2018, 9, 1)


def refused(change) -> str:
    with pytest.raises(IntegrityError) as told, transaction.atomic():
        change()
    return str(told.value)


def counts(school) -> tuple[int, int, int]:
    found = Establishment.objects.get(school=school)
    return found.authorised, found.filled, found.excess_approved


def excess(school, posts: int = 1, state: str = "approved") -> ExcessRequest:
    made = ExcessRequest.objects.create(
        school=school, posts=posts, reason="产假顶岗", asked_by_id=1, asked_by="甲"
    )
    ExcessRequest.objects.filter(pk=made.pk).update(state=state, decided_by_id=2)
    return made


def test_a_second_post_at_the_same_time_is_refused(xiazhai, qingshi):
    wang = teachers.teacher(at=xiazhai)
    told = refused(lambda: teachers.post(wang, qingshi, since=DAY))
    assert "一人同时只能有一个岗位" in told


@pytest.mark.parametrize(
    ("since", "until"),
    [("2017-01-01", "2018-09-01"), ("2019-08-31", "2019-08-31"), ("2018-12-01", None), ("2010-01-01", None)],
)
def test_a_closed_post_and_one_that_touches_its_days_is_refused(xiazhai, qingshi, since, until):
    wang = teachers.teacher()
    teachers.post(wang, xiazhai, since=DAY, until=dt.date(2019, 8, 31))
    until = until and dt.date.fromisoformat(until)
    refused(lambda: teachers.post(wang, qingshi, since=dt.date.fromisoformat(since), until=until))
    teachers.post(wang, qingshi, since=dt.date(2019, 9, 1))
    refused(lambda: Appointment.objects.filter(school=xiazhai).update(until=dt.date(2019, 9, 1)))


def test_a_post_is_never_deleted_nor_given_to_another(xiazhai, qingshi):
    wang = teachers.teacher(at=xiazhai)
    assert "不得删除" in refused(wang.post.delete)
    teachers.establishment(qingshi)
    assert "不得改写" in refused(lambda: Appointment.objects.update(school=qingshi))
    other = teachers.teacher("赵平")
    assert "不得改写" in refused(lambda: Appointment.objects.update(teacher=other))


def test_filled_counts_the_established_posts_without_an_end(xiazhai):
    teachers.establishment(xiazhai, 3)
    wang, zhao = teachers.teacher(at=xiazhai), teachers.teacher("赵平", xiazhai)
    teachers.teacher("钱静", xiazhai, kind=AppointmentKind.CONTRACT)
    assert counts(xiazhai) == (3, 2, 0)
    Appointment.objects.filter(teacher=wang).update(until=DAY)
    assert counts(xiazhai) == (3, 1, 0)
    Appointment.objects.filter(teacher=zhao).update(kind=AppointmentKind.CONTRACT)
    assert counts(xiazhai) == (3, 0, 0)


def test_a_post_over_the_establishment_needs_an_approved_request(xiazhai):
    teachers.establishment(xiazhai, 1)
    teachers.teacher(at=xiazhai)
    zhao = teachers.teacher("赵平")
    refused(lambda: teachers.post(zhao, xiazhai))
    asked = excess(xiazhai, state="asked")
    refused(lambda: teachers.post(zhao, xiazhai, excess_request=asked))
    ExcessRequest.objects.filter(pk=asked.pk).update(state="approved", decided_by_id=2)
    teachers.post(zhao, xiazhai, excess_request=asked)
    assert counts(xiazhai) == (1, 2, 1)
    refused(lambda: ExcessRequest.objects.filter(pk=asked.pk).update(state="ended"))


def test_an_excess_is_approved_by_another_person(xiazhai):
    teachers.establishment(xiazhai, 1)
    made = excess(xiazhai, state="asked")
    refused(lambda: ExcessRequest.objects.filter(pk=made.pk).update(state="approved", decided_by_id=1))
    assert counts(xiazhai) == (1, 0, 0)


def test_an_establishment_below_what_is_filled_is_refused(xiazhai):
    teachers.establishment(xiazhai, 1)
    teachers.teacher(at=xiazhai)
    refused(lambda: Establishment.objects.update(authorised=0))


def test_counts_are_not_written_by_hand(xiazhai):
    teachers.establishment(xiazhai, 9)
    assert "只能由聘任和审批得出" in refused(lambda: Establishment.objects.update(filled=4))
    assert "只能由聘任和审批得出" in refused(lambda: Establishment.objects.update(excess_approved=4))


def test_a_school_without_establishment_takes_nobody_established(xiazhai):
    wang = teachers.teacher()
    told = refused(
        lambda: Appointment.objects.create(teacher=wang, school=xiazhai, subject="chinese", since=DAY)
    )
    assert "还没有核定编制" in told
    Appointment.objects.create(teacher=wang, school=xiazhai, subject="chinese", since=DAY, kind="contract")


def test_heads_see_their_own_staff_only(school_head, neighbour_head, personnel, xiazhai, qingshi):
    wang, zhao = teachers.teacher(at=xiazhai), teachers.teacher("赵平", qingshi)
    waiting = teachers.teacher("孙丽")
    seen = [
        set(Teacher.objects.visible_to(user, "view_teachers"))
        for user in (school_head, neighbour_head, personnel)
    ]
    assert seen == [{wang}, {zhao}, {wang, zhao, waiting}]


def test_the_id_number_is_sealed(xiazhai):
    wang = teachers.teacher(at=xiazhai)
    raw = (
        Teacher.objects.filter(pk=wang.pk).extra(select={"raw": "id_number"}).values_list("raw", flat=True)[0]
    )
    assert wang.id_number.encode() not in bytes(raw)
    assert Teacher.objects.get(pk=wang.pk).id_number == wang.id_number


def test_distance_is_as_the_crow_flies(xiazhai, qingshi):
    here, there = (
        teachers.place(xiazhai, "25.00000", "101.00000"),
        teachers.place(qingshi, "26.00000", "101.00000"),
    )
    # one degree of a meridian: 6371 km * pi / 180
    assert round(type(here).objects.get(pk=here.pk).km_to(type(here).objects.get(pk=there.pk)), 1) == 111.2


PERIODS = st.lists(
    st.tuples(st.integers(0, 40), st.one_of(st.none(), st.integers(0, 15))), min_size=1, max_size=8
)


class TestOverlaps(TestCase):
    """What the database takes is exactly what does not overlap with what it took before."""

    @given(PERIODS)
    def test_only_posts_apart_are_taken(self, periods):
        school = factories.school()
        wang, taken = teachers.teacher(), []
        for start, length in periods:
            since = DAY + dt.timedelta(days=start)
            until = None if length is None else since + dt.timedelta(days=length)
            apart = all((b and b < since) or (until and until < a) for a, b in taken)
            try:
                with transaction.atomic():
                    teachers.post(wang, school, since=since, until=until)
                assert apart
                taken.append((since, until))
            except IntegrityError:
                assert not apart
        assert counts(school)[1] == sum(until is None for _, until in taken)
