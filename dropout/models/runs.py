"""The clock of children who stay away: runs of absent days without leave, and the steps they came to."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from dropout.enums import ClockStep
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from students.models import Enrolment, Student

from .attendance import OfChildQuerySet
from .cases import Case


class AbsenceRunQuerySet(OfChildQuerySet):
    def expected(self):
        """Leave out children who need not come to class on account of a case: no clock runs for them."""
        return self.exclude(Exists(Case.objects.excusing(today()).filter(student=OuterRef("student"))))

    def open(self):
        """Return the runs of children who have not come back, still hold a place and are expected."""
        here = Enrolment.objects.filter(student=OuterRef("student"), term=OuterRef("term")).studying()
        return self.expected().filter(Exists(here), ended_on=None, student__merged_into=None)

    def missed(self):
        """Return the open runs of children who should be at school: no leave pauses them."""
        return self.open().filter(is_paused=False)


class AbsenceRun(models.Model):
    """连续缺勤: class days in a row on which a child was away without leave.

    Leave pauses it, a day on which the child was there ends it, a day nobody entered says nothing. What it holds
    follows from absences and class days alone (:mod:`dropout.queries.spells`); ``out_before`` are the calendar
    days away before ``known_on``, the last day on which the child is known to have been absent.
    """

    student = models.ForeignKey(Student, models.PROTECT, related_name="absence_runs", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    first_on = models.DateField("第一天")
    last_on = models.DateField("最近一天")
    days = models.PositiveSmallIntegerField("缺勤上课日")
    known_on = models.DateField("最近一次登记缺勤")
    is_paused = models.BooleanField("请假暂停", default=False)
    out_before = models.PositiveSmallIntegerField("此前离校天数", default=0)
    step = models.PositiveSmallIntegerField("进度", choices=ClockStep.choices, default=ClockStep.NONE)
    ended_on = models.DateField("返校日期", null=True, blank=True)

    objects = AbsenceRunQuerySet.as_manager()

    class Meta:
        verbose_name = "连续缺勤"
        constraints = [
            models.UniqueConstraint(fields=["student"], condition=Q(ended_on=None), name="one_open_run_per_child"),
            models.UniqueConstraint(fields=["student", "first_on"], name="run_once_per_start"),
            models.CheckConstraint(
                name="run_days_in_order",
                condition=Q(first_on__lte=F("last_on"), last_on__lte=F("known_on"), days__gte=1)
                & (Q(ended_on=None) | Q(ended_on__gt=F("known_on"))),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["term", "step"], condition=Q(ended_on=None), name="run_open_by_step")]

    def __str__(self):
        return f"{self.student} {self.first_on} 起 {self.days} 天"


class RunStep(models.Model):
    """A step of the clock, taken once in a run; ``told`` are the people it was told to."""

    run = models.ForeignKey(AbsenceRun, models.CASCADE, related_name="steps", verbose_name="连续缺勤")
    step = models.PositiveSmallIntegerField("步骤", choices=ClockStep.choices)
    on = models.DateField("日期")
    at = models.DateTimeField("时间", default=timezone.now)
    told = models.JSONField("已告知", default=list)

    class Meta:
        verbose_name = "缺勤进度"
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="run_step_once")]

    def __str__(self):
        return f"{self.run} {self.get_step_display()}"
