"""周转宿舍: no room beyond its places, nobody in two rooms, whatever writes and however many at once."""

import datetime as dt
from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from povertyedu.workflow.flow import Actor, StepRefused
from teachers.actions import housing as actions
from teachers.models import HousingRequest, Occupancy, Room
from tests import factories
from tests.factories import teachers
from tests.teachers.caring import room_at
from tests.together import refused_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.sql]
BY = Actor(1, "甲", "")
PAGE = reverse("teachers:housing")
DAY = dt.date(2020, 9, 1)


@pytest.fixture
def room(xiazhai):
    return room_at(xiazhai, by=BY)


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


def test_way_of_a_room_from_the_building_to_moving_out(client, clerk, xiazhai, on_day):
    on_day("2020-10-20")
    wang = teachers.teacher("王芳", xiazhai)
    client.force_login(clerk)
    assert "登记宿舍楼" in client.get(PAGE).content.decode()
    client.post(
        reverse("teachers:building_new"), {"school": xiazhai.pk, "name": "教师楼", "built_in": "2018"}
    )
    building = xiazhai.dormitories.get()
    client.post(
        reverse("teachers:room_new", args=[building.pk]),
        {"number": "101", "capacity": "1", "state": "in_use"},
    )
    room = Room.objects.get()
    data = {"teacher": wang.code, "room": room.pk, "since": "2020-10-01"}
    assert client.post(reverse("teachers:move_in"), data).status_code == 302
    shown = client.get(PAGE).context
    assert shown["sums"] == {"rooms": 1, "places": 1, "occupied": 1, "out_of_use": 0, "free": 0, "waiting": 0}
    teachers.teacher("李明", xiazhai)
    full = client.post(reverse("teachers:move_in"), data | {"teacher": "李明"})
    assert (full.status_code, "已住满" in full.content.decode()) == (422, True)
    assert (
        client.post(
            reverse("teachers:housing_ask"),
            {"teacher": "李明", "school": xiazhai.pk, "asked_on": "2020-10-02", "reason": "家在外乡"},
        ).status_code
        == 302
    )
    living = Occupancy.objects.get()
    client.post(reverse("teachers:move_out", args=[living.pk]), {"until": "2020-10-10"})
    assert (
        client.post(
            reverse("teachers:move_in"), data | {"teacher": "李明", "since": "2020-10-10"}
        ).status_code
        == 422
    )
    assert (
        client.post(
            reverse("teachers:move_in"), data | {"teacher": "李明", "since": "2020-10-11"}
        ).status_code
        == 302
    )
    assert (HousingRequest.objects.get().state, client.get(PAGE).context["sums"]["waiting"]) == ("housed", 0)
    body = client.get(reverse("teachers:housing_export"))
    assert body.status_code == 200


def test_waiting_list_stands_in_order_with_reasons(client, clerk, xiazhai, on_day):
    on_day("2020-10-20")
    away = factories.village("529901101001", "远村")
    people = [
        teachers.teacher("先到", xiazhai), teachers.teacher("照顾", xiazhai, family_care=True),
        teachers.teacher("新来", xiazhai, began_on=dt.date(2019, 9, 1)), teachers.teacher("外乡", xiazhai, home_area=away),
    ]  # fmt: skip
    for number, person in enumerate(people):
        actions.ask(by=BY, school=xiazhai, teacher=person, asked_on=day(number), reason="路远")
    client.force_login(clerk)
    shown = [(row.request.teacher.name, row.reasons) for row in client.get(PAGE).context["waiting"]]
    assert shown == [
        ("外乡", ["家在远村，不在学校所在乡镇", "2020-09-04 申请"]),
        ("新来", ["参加工作不满 3 年", "2020-09-03 申请"]),
        ("照顾", ["家庭需要照顾", "2020-09-02 申请"]),
        ("先到", ["2020-09-01 申请"]),
    ]
    first = HousingRequest.objects.get(teacher=people[0])
    assert client.post(reverse("teachers:housing_withdraw", args=[first.pk])).status_code == 422
    client.post(reverse("teachers:housing_withdraw", args=[first.pk]), {"reason": "已购房"})
    assert len(client.get(PAGE).context["waiting"]) == 3


def test_room_under_repair_and_one_that_became_smaller(client, clerk, xiazhai, room):
    for name in ("王芳", "李明"):
        actions.move_in(by=BY, room=room, teacher=teachers.teacher(name, xiazhai), since=DAY)
    client.force_login(clerk)
    edit = reverse("teachers:room_edit", args=[room.pk])
    small = client.post(edit, {"number": "101", "capacity": "1", "state": "in_use"})
    assert (small.status_code, "住着的人比这个床位数多" in small.content.decode()) == (422, True)
    assert client.post(edit, {"number": "101", "capacity": "3", "state": "repair"}).status_code == 302
    assert client.get(PAGE).context["sums"] == {
        "rooms": 1,
        "places": 3,
        "occupied": 2,
        "out_of_use": 1,
        "free": 0,
        "waiting": 0,
    }
    room.refresh_from_db()
    with pytest.raises(StepRefused, match="维修停用"):
        actions.move_in(by=BY, room=room, teacher=teachers.teacher("新来", xiazhai), since=DAY)


def test_neighbour_sees_neither_rooms_nor_teachers(client, neighbour, xiazhai, room):
    wang = teachers.teacher("王芳", xiazhai)
    living = actions.move_in(by=BY, room=room, teacher=wang, since=DAY)
    client.force_login(neighbour)
    assert client.get(PAGE).context["buildings"] == []
    assert client.get(reverse("teachers:move_out", args=[living.pk])).status_code == 404
    told = client.post(
        reverse("teachers:move_in"), {"teacher": wang.code, "room": room.pk, "since": "2020-09-01"}
    )
    assert (told.status_code, set(told.context["form"].errors)) == (422, {"teacher", "room"})


def test_page_takes_the_same_queries_for_one_and_for_twenty_rooms(client, clerk, xiazhai, room):
    actions.move_in(by=BY, room=room, teacher=teachers.teacher("王芳", xiazhai), since=DAY)
    client.force_login(clerk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(PAGE).status_code == 200
        return len(caught)

    queries()
    few = queries()
    for number in range(20):
        other = room_at(xiazhai, by=BY, number=f"2{number:02d}")
        who = teachers.teacher(f"教师{number}", xiazhai)
        actions.move_in(by=BY, room=other, teacher=who, since=DAY)
        actions.ask(
            by=BY,
            school=xiazhai,
            teacher=teachers.teacher(f"轮候{number}", xiazhai),
            asked_on=DAY,
            reason="路远",
        )
    assert queries() == few


stays = st.lists(
    st.tuples(
        st.integers(0, 1), st.integers(0, 4), st.integers(0, 40), st.one_of(st.none(), st.integers(0, 20))
    ),
    min_size=1,
    max_size=14,
)


class Stays(TestCase):
    @settings(max_examples=25)
    @given(stays=stays, cuts=st.lists(st.integers(-10, 10), max_size=4))
    def test_no_room_is_ever_fuller_than_its_places_and_nobody_lives_twice(self, stays, cuts):
        school = factories.school("城关镇下寨小学")
        rooms = [
            room_at(school, by=BY, number="1", capacity=1),
            room_at(school, by=BY, number="2", capacity=2),
        ]
        people = [teachers.teacher(f"教师{number}", school) for number in range(5)]
        for which, who, since, length in stays:
            fields = {"room": rooms[which], "teacher": people[who], "since": day(since)}
            until = None if length is None else day(since + length)
            kept = list(Occupancy.objects.all())
            wanted = {day(n) for n in range(since, 80 if length is None else since + length + 1)}
            fits = all(
                self._there(kept, each, room=rooms[which]) < rooms[which].capacity
                and not self._there(kept, each, teacher=people[who])
                for each in wanted
            )
            try:
                with transaction.atomic():
                    Occupancy.objects.create(**fields, until=until, by_name="甲")
                assert fits
            except IntegrityError:
                assert not fits
        for occupancy, cut in zip(Occupancy.objects.exclude(until=None), cuts, strict=False):
            try:
                with transaction.atomic():
                    Occupancy.objects.filter(pk=occupancy.pk).update(
                        until=occupancy.until + dt.timedelta(days=cut)
                    )
            except IntegrityError:
                pass
        kept = list(Occupancy.objects.all())
        for each in (day(number) for number in range(90)):
            assert all(self._there(kept, each, room=room) <= room.capacity for room in rooms)
            assert all(self._there(kept, each, teacher=who) <= 1 for who in people)

    @staticmethod
    def _there(kept, each, **of) -> int:
        name, value = next(iter(of.items()))
        return sum(
            getattr(o, name) == value and o.since <= each and (o.until is None or o.until >= each)
            for o in kept
        )


@pytest.mark.usefixtures("real_commits")
def test_two_who_take_the_last_place_at_once_get_it_once(xiazhai):
    room = room_at(xiazhai, by=BY, capacity=1)
    people = [teachers.teacher(name, xiazhai) for name in ("王芳", "李明", "张红", "刘强")]

    def move(who):  # past the verb's own lock: the database alone decides
        Occupancy.objects.create(room=room, teacher=who, since=DAY, by_name="甲")

    refused = refused_at_once(*(partial(move, who) for who in people))
    assert (len(refused), room.occupancies.count()) == (3, 1)
