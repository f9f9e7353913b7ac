"""Holiday visits to families, what is there for children left behind, and the notices to those who enter school."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from dropout.enums import CareKind, Holiday, Thoughts, VisitOutcome
from povertyedu.files.models import StoredFile
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.orgs.scope import ScopedQuerySet
from students.models import Enrolment, Student
from students.models.placed import at_child

from .placed import PlacedQuerySet


class OfChildQuerySet(ScopedQuerySet):
    """Rows of a child that carry where it learns and where its household is."""

    def _reads_at(self, scope) -> Q:
        return at_child(scope) | Q(school_class__in=scope.classes)


class HomeVisit(models.Model):
    """家访: a child's family visited in a holiday; once a holiday, so that a record sent twice is one."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="home_visits", verbose_name="学生")
    year = models.PositiveSmallIntegerField("年度")
    holiday = models.CharField("假期", max_length=8, choices=Holiday.choices)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="班级"
    )
    school_area = models.CharField("学校区划", max_length=12, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    visited_on = models.DateField("家访日期")
    visitor = models.CharField("家访人", max_length=60)
    result = models.CharField("结果", max_length=8, choices=VisitOutcome.choices)
    thoughts = models.CharField(
        "思想状态", max_length=12, choices=Thoughts.choices, blank=True, db_default=""
    )
    text = models.CharField("情况", max_length=500, blank=True)
    photo = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片"
    )
    at = models.DateTimeField("登记时间", default=timezone.now)
    by_id = models.BigIntegerField("登记人编号", null=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = OfChildQuerySet.as_manager()

    class Meta:
        verbose_name = "家访"
        ordering = ["-visited_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "year", "holiday"], name="family_visited_once_a_holiday",
                violation_error_message="这个假期已经登记过这名学生的家访。",
            ),
            models.CheckConstraint(name="home_visit_says_by_whom", condition=~Q(visitor="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.student} {self.year}年{self.get_holiday_display()}"


class CareFacilityQuerySet(PlacedQuerySet):
    def _reads_at(self, scope) -> Q:
        schools = School.objects.in_scope(scope)
        return scope.area_q("area_id") | Q(school__in=schools)

    def in_use(self):
        return self.filter(closed_on=None)


class CareFacility(models.Model):
    """关爱设施: one centre, phone, proxy mother or living room, in a township, perhaps at a school."""

    kind = models.CharField("种类", max_length=12, choices=CareKind.choices)
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="乡镇")
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    name = models.CharField("名称或姓名", max_length=60)
    contact = models.CharField("负责人、电话", max_length=60, blank=True)
    opened_on = models.DateField("启用日期")
    closed_on = models.DateField("停用日期", null=True, blank=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = CareFacilityQuerySet.as_manager()

    class Meta:
        verbose_name = "关爱设施"
        ordering = ["area", "kind", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "area", "name"], condition=Q(closed_on=None), name="care_facility_once",
                violation_error_message="这个乡镇已登记同名的这一种。",
            ),
            models.CheckConstraint(
                name="living_room_is_of_a_school", condition=~Q(kind=CareKind.LIVING_ROOM) | Q(school__isnull=False),
                violation_error_message="特校生活室要选学校。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_kind_display()} {self.name}"


class EntryNoticeQuerySet(OfChildQuerySet):
    def undelivered(self):
        return self.filter(delivered_on=None)

    def with_arrival(self, term):
        """Annotate ``arrived``: the child is enrolled in ``term``."""
        there = Enrolment.objects.filter(student=OuterRef("student"), term=term).here()
        return self.annotate(arrived=Exists(there))

    def _reads_at(self, scope) -> Q:
        return at_child(scope)


class EntryNotice(models.Model):
    """入学通知书 to the guardian of a child who enters primary-1 or junior-1 in the autumn of a year."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="entry_notices", verbose_name="学生")
    year = models.PositiveSmallIntegerField("年度")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="入学学校"
    )
    guardian = models.CharField("监护人", max_length=60, blank=True)
    school_area = models.CharField("学校区划", max_length=12, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    made_on = models.DateField("生成日期")
    delivered_on = models.DateField("送达日期", null=True, blank=True)
    delivered_by = models.CharField("送达人", max_length=60, blank=True)
    returned_on = models.DateField("回执日期", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = EntryNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "入学通知书"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["student", "year"], name="entry_notice_once_a_year"),
            models.CheckConstraint(
                name="entry_notice_is_for_primary_or_junior", condition=Q(stage__in=[Stage.PRIMARY, Stage.JUNIOR])
            ),
            models.CheckConstraint(
                name="receipt_follows_delivery",
                condition=Q(returned_on=None) | Q(delivered_on__isnull=False) & ~Q(delivered_by=""),
                violation_error_message="登记回执前先登记送达。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["year", "school", "id"], name="entry_notice_by_school")]

    def __str__(self):
        return f"{self.student} {self.year}年{self.get_stage_display()}入学通知书"
