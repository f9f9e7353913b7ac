"""What is to be done in a case by each line, by when, by whom; and how it climbed when it was not done."""

import datetime as dt

from django.db import models
from django.db.models import Exists, OuterRef, Q

from dropout.deadlines import demand_of, text_of
from dropout.enums import CaseState, Climb, Line, Then
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Person
from povertyedu.orgs.scope import ScopedQuerySet

from .cases import Case
from .chains import ChainLink
from .visits import Lesson, Visit


class DutyQuerySet(ScopedQuerySet):
    """Duties by their case, and one's own."""

    def _reads_at(self, scope) -> Q:
        seen = Case.objects.filter(pk=OuterRef("case")).in_scope(scope)
        return Q(Exists(seen))

    def open(self):
        return self.filter(done_on=None)

    def late(self, day: dt.date):
        """Return the open duties that missed a deadline: climbed since, about to, or with the bureau from the start."""
        return self.open().filter(Q(is_late=True) | Q(due_on__lt=day) | Q(link=None, first_due_on__lt=day))

    def at_bureau(self):
        """Return those that nobody in a chain is left to answer for: the bureau's list."""
        return self.open().filter(link=None)


class Duty(models.Model):
    """One line's duty in one step of a case. It stands at ``link`` with ``person``; without a link, with the bureau.

    ``first_due_on`` is the day it was given, ``due_on`` that of whoever has it now; at the bureau there is none.
    ``is_put_off``: it rests while an end is proposed, and stands again, deadline and all, where that is refused.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="duties", verbose_name="个案")
    line = models.CharField("线", max_length=10, choices=Line.choices)
    state = models.CharField("个案状态", max_length=16, choices=CaseState.choices)
    link = models.ForeignKey(
        ChainLink, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任层级"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="case_duties", verbose_name="责任人"
    )
    opened_on = models.DateField("布置日期")
    first_due_on = models.DateField("原定期限")
    due_on = models.DateField("期限", null=True, blank=True)
    is_late = models.BooleanField("逾期过", default=False)
    done_on = models.DateField("办结日期", null=True, blank=True)
    is_put_off = models.BooleanField("提请复核时停下", default=False, db_default=False)

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name = "个案任务"
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "line"], condition=Q(done_on=None), name="one_open_duty_per_line"
            ),
            models.CheckConstraint(
                name="duty_lies_with_somebody_or_with_the_bureau",
                condition=Q(link=None, person=None, due_on=None)
                | Q(link__isnull=False, person__isnull=False, due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="duty_put_off_is_not_open", condition=Q(is_put_off=False) | Q(done_on__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["due_on"], condition=Q(done_on=None), name="duty_open_by_day"),
            models.Index(fields=["person", "due_on"], condition=Q(done_on=None), name="duty_open_by_person"),
        ]

    def __str__(self):
        return f"{self.case} {self.get_line_display()} {self.text}"

    @property
    def is_overdue(self) -> bool:
        return self.is_late or (self.due_on or self.first_due_on) < today()

    @property
    def late_word(self) -> str:
        """Say that a deadline was missed: below whoever has it now, or by them; "" of a duty in time."""
        if self.is_late:
            return "已上报"
        return "逾期" if self.is_overdue else ""

    def done_by(self, report: Visit | Lesson) -> bool:
        """Return whether ``report`` of its line is what this duty asks for, made since it was given."""
        demand = demand_of(self.state, self.line)
        if (
            demand is None
            or demand.proof is None
            or demand.proof != report.proves
            or report.on < self.opened_on
        ):
            return False
        if demand.then == Then.UP and self.link_id is None:
            return False  # nobody is left above: the bureau takes the step
        return not (self.line == Line.EDUCATION and self.case.is_watched_long_enough)

    @property
    def text(self) -> str:
        """What is to be done."""
        return text_of(self.state, self.line)


class Escalation(models.Model):
    """A duty came to ``link``, or passed it by since nobody holds it; without a link it came to the bureau.

    ``missed_on``: the deadline that passed below. Nothing of it is ever changed.
    """

    duty = models.ForeignKey(Duty, models.PROTECT, related_name="escalations", verbose_name="任务")
    link = models.ForeignKey(
        ChainLink, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任层级"
    )
    person = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    why = models.CharField("原因", max_length=8, choices=Climb.choices)
    on = models.DateField("日期")
    missed_on = models.DateField("逾期的期限", null=True, blank=True)
    due_on = models.DateField("新期限", null=True, blank=True)

    class Meta:
        verbose_name = "逾期上报"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["duty", "link"], condition=Q(link__isnull=False), name="escalation_once_per_link"
            ),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(link=None), name="escalation_once_to_the_bureau"
            ),
            models.CheckConstraint(
                name="escalation_says_which_deadline_passed",
                condition=Q(why=Climb.LATE, missed_on__isnull=False) | ~Q(why=Climb.LATE) & Q(missed_on=None),
            ),
            models.CheckConstraint(
                name="vacant_link_is_passed_by", condition=~Q(why=Climb.SKIPPED) | Q(person=None)
            ),
        ]

    def __str__(self):
        return f"{self.duty} {self.get_why_display()}"
