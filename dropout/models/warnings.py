"""学生预警: what gives how many points, as the county sets it, and what each child came to, day by day it changed."""

from django.db import models
from django.db.models import Q

from dropout.enums import OF_FACTS, Factor, WarningLevel
from povertyedu.orgs.models import Term
from students.models import Student

from .attendance import OfChildQuerySet


class WarningRuleQuerySet(models.QuerySet):
    """The county's rules; they have no place, so whoever holds the permission reads all."""

    def visible_to(self, user, permission: str):
        return self if user.can(permission) else self.none()

    def active(self):
        return self.filter(is_active=True)


class WarningRule(models.Model):
    """One band of one factor: from ``threshold`` on (of marks: up to it) a child gets ``points``, the highest band met."""

    factor = models.CharField("项目", max_length=10, choices=Factor.choices)
    fact = models.CharField("县定信息项", max_length=40, blank=True)
    threshold = models.PositiveIntegerField("界限")
    points = models.PositiveSmallIntegerField("分值")
    is_active = models.BooleanField("在用", default=True)

    objects = WarningRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "预警分值"
        ordering = ["factor", "fact", "threshold"]
        constraints = [
            models.UniqueConstraint(
                fields=["factor", "fact", "threshold"], condition=Q(is_active=True), name="warning_rule_once",
                violation_error_message="这个项目已有同一界限的分值，请改那一条。",
            ),
            models.CheckConstraint(
                name="warning_rule_names_a_fact",
                condition=Q(factor__in=OF_FACTS) ^ Q(fact=""),
                violation_error_message="路程、成绩要选从哪个县定信息项取；其他项目不选。",
            ),
            models.CheckConstraint(name="warning_points_are_some", condition=Q(points__gte=1, points__lte=100)),
        ]  # fmt: skip

    def __str__(self):
        most = "不超过" if self.factor == Factor.MARKS else "满"
        return f"{self.get_factor_display()}{most} {self.threshold}：{self.points} 分"


class WarningScoreQuerySet(OfChildQuerySet):
    def current(self):
        return self.filter(until=None)


class WarningScore(models.Model):
    """What a child's score is made of, from a day to a day; ``until`` empty: now. Without points there is no row.

    ``items``: [{"factor", "words", "points"}], each as it was explained when it was worked out.
    """

    student = models.ForeignKey(Student, models.PROTECT, related_name="warning_scores", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    since = models.DateField("从")
    until = models.DateField("到", null=True, blank=True)
    points = models.PositiveSmallIntegerField("得分")
    level = models.CharField("等级", max_length=6, choices=WarningLevel.choices)
    items = models.JSONField("依据", default=list)

    objects = WarningScoreQuerySet.as_manager()

    class Meta:
        verbose_name = "预警得分"
        constraints = [
            models.UniqueConstraint(
                fields=["student", "term"], condition=Q(until=None), name="one_warning_score_now"
            ),
            models.UniqueConstraint(fields=["student", "term", "since"], name="warning_score_once_a_day"),
        ]
        indexes = [
            models.Index(fields=["term", "-points", "id"], condition=Q(until=None), name="warning_by_points")
        ]

    def __str__(self):
        return f"{self.student} {self.points} 分"


class WarningRun(models.Model):
    """A day on which the scores of a term were worked out."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="+", verbose_name="学期")
    on = models.DateField("日期")
    children = models.PositiveIntegerField("学生")
    changed = models.PositiveIntegerField("变动")

    class Meta:
        verbose_name = "预警计算"
        constraints = [models.UniqueConstraint(fields=["term", "on"], name="warning_run_once_a_day")]

    def __str__(self):
        return f"{self.term_id} {self.on}"
