"""People's choice within a quota (名额评选): which of the children who meet a rule get it."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from students.models import Enrolment, Student


class SelectionQuerySet(ScopedQuerySet):
    """Selections by where their child is in the term."""

    def _reads_at(self, scope) -> Q:
        here = Enrolment.objects.filter(student=OuterRef("student"), term=OuterRef("term"))
        return Exists(here.in_scope(scope))

    def of(self, term, rule: str):
        return self.filter(term=term, rule=rule)

    def at(self, school):
        """Return those whose child studies at ``school`` in their term; None: at no school of ours."""
        here = Enrolment.objects.filter(student=OuterRef("student"), term=OuterRef("term"), school=school)
        return self.filter(Exists(here))


class Selection(models.Model):
    """One child was selected for one rule in one term."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    student = models.ForeignKey(Student, models.PROTECT, related_name="selections", verbose_name="学生")
    rule = models.CharField("规则", max_length=60)
    by = models.CharField("选定人", max_length=60)
    at = models.DateTimeField("选定时间", default=timezone.now)

    objects = SelectionQuerySet.as_manager()

    class Meta:
        verbose_name = "名额评选"
        constraints = [
            models.UniqueConstraint(
                fields=["term", "rule", "student"], name="selected_once_per_rule_and_term"
            )
        ]

    def __str__(self):
        return f"{self.student} {self.rule}"
