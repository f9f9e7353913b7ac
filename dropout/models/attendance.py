"""Attendance by class and day: who was not there, why, and who asked after the child."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from dropout.enums import AbsenceReason, ContactResult, ContactWay, Thoughts
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.orgs.scope import ScopedQuerySet
from students.models import Enrolment, Student

from .cases import Case


class ClassDayQuerySet(ScopedQuerySet):
    """Entered days by the place of the class."""

    def _reads_at(self, scope) -> Q:
        return scope.school_q("school_class__school") | Q(school_class__in=scope.classes)


class ClassDay(models.Model):
    """A day of a class whose attendance was entered: everybody was there but the absences that hang on it.

    ``version`` counts the saves that changed something: a page shows the one it was made from.
    """

    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="days", verbose_name="班级")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    date = models.DateField("日期")
    enrolled = models.PositiveSmallIntegerField("应到")
    absent = models.PositiveSmallIntegerField("缺勤")
    version = models.PositiveSmallIntegerField("版本", default=1)
    entered_at = models.DateTimeField("登记时间", default=timezone.now)
    entered_by_id = models.BigIntegerField("登记人编号", null=True)
    entered_by = models.CharField("登记人", max_length=60)

    objects = ClassDayQuerySet.as_manager()

    class Meta:
        verbose_name = "班级考勤"
        constraints = [
            models.UniqueConstraint(fields=["school_class", "date"], name="class_day_once"),
            models.CheckConstraint(
                name="class_day_has_no_more_absent_than_children", condition=Q(absent__lte=F("enrolled"))
            ),
        ]
        indexes = [models.Index(fields=["date", "school_class"], name="class_day_by_date")]

    def __str__(self):
        return f"{self.school_class} {self.date}"


class OfChildQuerySet(ScopedQuerySet):
    """Rows of a child in a term, read by whoever reads its enrolment of that term."""

    def _reads_at(self, scope) -> Q:
        there = Enrolment.objects.filter(student=OuterRef("student"), term=OuterRef("term"))
        return Exists(there.in_scope(scope))


class AbsenceQuerySet(OfChildQuerySet):
    def not_asked_after(self):
        """Return the exceptions (临夏 二（二）6): absent without leave, and no contact with the family is registered.

        Not of children who need not come to class on account of a case.
        """
        excusing = Case.objects.excusing(today()).filter(student=OuterRef("student"))
        return self.filter(follow_up=None, excused=False).exclude(Exists(excusing))


class Absence(models.Model):
    """A child who was not there on a day of its class. ``excused``: on leave the family asked for, which pauses the clock."""

    class_day = models.ForeignKey(ClassDay, models.CASCADE, related_name="absences", verbose_name="班级考勤")
    student = models.ForeignKey(Student, models.PROTECT, related_name="absences", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    date = models.DateField("日期")
    reason = models.CharField("原因", max_length=10, choices=AbsenceReason.choices)
    excused = models.BooleanField("准假")
    follow_up = models.ForeignKey(
        "FollowUp", models.SET_NULL, null=True, blank=True, related_name="absences", verbose_name="跟进"
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = "缺勤"
        constraints = [
            models.UniqueConstraint(fields=["student", "date"], name="absent_once_a_day"),
            models.CheckConstraint(
                name="nobody_unknown_is_excused", condition=~Q(reason=AbsenceReason.UNKNOWN, excused=True)
            ),
        ]
        indexes = [
            models.Index(fields=["term", "student"], name="absence_by_child"),
            models.Index(
                fields=["term", "date"], condition=Q(follow_up=None, excused=False), name="absence_not_followed"
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.student} {self.date} {self.words}"

    @property
    def words(self) -> str:
        return reason_words(self.reason, self.excused)


def reason_words(reason: str, excused: bool) -> str:
    """Return 病假, 病假（未准假）, ...; "" for a child who was there."""
    if not reason:
        return ""
    told = AbsenceReason(reason).label
    return told if excused or reason == AbsenceReason.UNKNOWN else f"{told}（未准假）"


class AbsenceChange(models.Model):
    """What a later save of a day changed for one child, kept for good (临夏 二（二）7: no archive is quietly altered).

    ``old`` and ``new`` are words; "" stands for a child who was there.
    """

    class_day = models.ForeignKey(ClassDay, models.PROTECT, related_name="changes", verbose_name="班级考勤")
    student = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="学生")
    at = models.DateTimeField("更正时间", default=timezone.now)
    by_id = models.BigIntegerField("更正人编号", null=True)
    by_name = models.CharField("更正人", max_length=60)
    old = models.CharField("原登记", max_length=30, blank=True)
    new = models.CharField("改为", max_length=30, blank=True)

    class Meta:
        verbose_name = "考勤更正"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.student}：{self.old or '到'} 改为 {self.new or '到'}"


class FollowUpQuerySet(OfChildQuerySet):
    """Contacts with families, read like the child's enrolment."""


class FollowUp(models.Model):
    """缺勤跟进: somebody got in touch with the family of an absent child, or tried to."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="follow_ups", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    on = models.DateField("联系日期")
    person = models.CharField("联系人", max_length=60)
    whom = models.CharField("联系了谁", max_length=60, blank=True)
    way = models.CharField("方式", max_length=10, choices=ContactWay.choices)
    result = models.CharField("结果", max_length=12, choices=ContactResult.choices)
    return_on = models.DateField("返校日期", null=True, blank=True)
    thoughts = models.CharField(
        "思想状态", max_length=12, choices=Thoughts.choices, blank=True, db_default=""
    )
    note = models.CharField("情况说明", max_length=200, blank=True)
    entered_at = models.DateTimeField("登记时间", default=timezone.now)
    entered_by_id = models.BigIntegerField("登记人编号", null=True)
    entered_by = models.CharField("登记人", max_length=60)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = "缺勤跟进"
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "on", "way", "person", "result"], name="follow_up_once",
                violation_error_message="这一次联系已经登记过了。",
            ),
            models.CheckConstraint(
                name="who_will_return_says_when",
                condition=Q(result=ContactResult.WILL_RETURN, return_on__gt=F("on"))
                | (~Q(result=ContactResult.WILL_RETURN) & Q(return_on=None)),
                violation_error_message="结果是“将返校”的要填返校日期，并且在联系日期之后；其他结果不填。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.student} {self.on} {self.get_result_display()}"

    @property
    def told(self) -> str:
        """The result in words, with the day of return."""
        return (
            f"{self.get_result_display()}（{self.return_on}）"
            if self.return_on
            else self.get_result_display()
        )
