"""周转宿舍: buildings and rooms of schools, who lives where from when to when, who waits."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from teachers.enums.housing import RequestState, RoomState

from .allowances import schools_at
from .places import AtSchoolQuerySet
from .registry import Teacher


class Building(models.Model):
    """A dormitory building for teachers, at the school that looks after it."""

    school = models.ForeignKey(School, models.PROTECT, related_name="dormitories", verbose_name="学校")
    name = models.CharField("楼名", max_length=40)
    built_in = models.PositiveSmallIntegerField("建成年份", null=True, blank=True)

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "周转宿舍楼"
        ordering = ["school__area_id", "school__code", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "name"], name="dormitory_name_once_per_school", violation_error_message="这所学校已有同名的楼。",
            ),
            models.CheckConstraint(name="dormitory_has_a_name", condition=~Q(name="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.school} {self.name}"


class RoomQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(building__school__in=schools_at(scope))

    def with_occupied(self, day: dt.date | None = None):
        """Annotate how many live in each room on ``day`` (today)."""
        there = Q(occupancies__since__lte=day or today()) & (
            Q(occupancies__until=None) | Q(occupancies__until__gte=day or today())
        )
        return self.annotate(occupied=models.Count("occupancies", filter=there))


class Room(models.Model):
    """A room with places for so many; the database lets no more live in it on any day."""

    building = models.ForeignKey(Building, models.PROTECT, related_name="rooms", verbose_name="宿舍楼")
    number = models.CharField("房号", max_length=20)
    capacity = models.PositiveSmallIntegerField("床位数")
    area_m2 = models.DecimalField("面积（平方米）", max_digits=6, decimal_places=2, null=True, blank=True)
    state = models.CharField("状态", max_length=8, choices=RoomState.choices, default=RoomState.IN_USE)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = "周转宿舍房间"
        ordering = ["building", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["building", "number"], name="room_number_once_per_building", violation_error_message="这栋楼已有这个房号。",
            ),
            models.CheckConstraint(
                name="room_has_places", condition=Q(capacity__gte=1, capacity__lte=20), violation_error_message="床位数应为 1 到 20。",
            ),
            models.CheckConstraint(name="room_has_a_number", condition=~Q(number="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.building.name} {self.number}"


class OccupancyQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(room__building__school__in=schools_at(scope))

    def in_force(self, day: dt.date | None = None):
        day = day or today()
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)


class Occupancy(models.Model):
    """Who lives in a room from a day to a day, both included. A teacher lives in one room at a time (trigger)."""

    room = models.ForeignKey(Room, models.PROTECT, related_name="occupancies", verbose_name="房间")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="occupancies", verbose_name="教师")
    since = models.DateField("入住日期")
    until = models.DateField("退房日期", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    by_name = models.CharField("经办人", max_length=60)

    objects = OccupancyQuerySet.as_manager()

    class Meta:
        verbose_name = "周转宿舍入住"
        ordering = ["room", "-since"]
        constraints = [
            models.CheckConstraint(
                name="occupancy_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message="退房日期不能早于入住日期。",
            ),
            models.UniqueConstraint(
                fields=["teacher"], condition=Q(until=None), name="teacher_lives_in_one_room",
                violation_error_message="这位教师已住着一间周转宿舍。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["room", "until"], name="occupancy_by_room")]

    def __str__(self):
        return f"{self.teacher} {self.room}"


class HousingRequestQuerySet(AtSchoolQuerySet):
    def waiting(self):
        return self.filter(state=RequestState.WAITING)


class HousingRequest(models.Model):
    """A teacher who waits for a room at a school; one request at a time."""

    school = models.ForeignKey(School, models.PROTECT, related_name="housing_requests", verbose_name="学校")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="housing_requests", verbose_name="教师")
    asked_on = models.DateField("申请日期")
    reason = models.CharField("理由", max_length=200)
    state = models.CharField(
        "状态", max_length=10, choices=RequestState.choices, default=RequestState.WAITING
    )
    occupancy = models.OneToOneField(
        Occupancy, models.PROTECT, null=True, blank=True, related_name="request", verbose_name="入住"
    )
    ended_reason = models.CharField("取消理由", max_length=200, blank=True)
    at = models.DateTimeField("登记时间", default=timezone.now)
    by_name = models.CharField("经办人", max_length=60)

    objects = HousingRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "周转宿舍轮候"
        ordering = ["asked_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["teacher"], condition=Q(state=RequestState.WAITING), name="teacher_waits_once",
                violation_error_message="这位教师已在轮候。",
            ),
            models.CheckConstraint(name="housing_request_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="housing_request_is_as_its_state_says",
                condition=Q(state=RequestState.WAITING, occupancy=None, ended_reason="")
                | Q(state=RequestState.HOUSED, occupancy__isnull=False)
                | Q(state=RequestState.WITHDRAWN, occupancy=None) & ~Q(ended_reason=""),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} 轮候"
