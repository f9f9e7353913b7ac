"""Help between schools: 送课下乡, 同步课堂, 联校办班, 送教送训, as planned and as held."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from teachers.enums.mutual_help import HelpKind, HelpState
from teachers.enums.registry import Subject

from .allowances import schools_at
from .registry import Teacher


class HelpQuerySet(ScopedQuerySet):
    """Activities by either school."""

    def _reads_at(self, scope) -> Q:
        return Q(from_school__in=schools_at(scope)) | Q(to_school__in=schools_at(scope))

    def overdue(self):
        """Return what was planned for a day that is past and is neither held nor cancelled."""
        return self.filter(state=HelpState.PLANNED, planned_on__lt=today())


class HelpActivity(models.Model):
    """One activity of one school for another, on a day of a term: planned; held with evidence, or cancelled with a reason."""

    kind = models.CharField("形式", max_length=14, choices=HelpKind.choices)
    term = models.ForeignKey(Term, models.PROTECT, related_name="help_activities", verbose_name="学期")
    from_school = models.ForeignKey(
        School, models.PROTECT, related_name="help_given", verbose_name="帮扶学校"
    )
    to_school = models.ForeignKey(
        School, models.PROTECT, related_name="help_received", verbose_name="受援学校"
    )
    subject = models.CharField("学科", max_length=20, choices=Subject.choices, blank=True)
    topic = models.CharField("内容", max_length=120)
    planned_on = models.DateField("计划日期")
    planned_hours = models.PositiveSmallIntegerField("计划课时")
    teachers = models.ManyToManyField(
        Teacher, related_name="help_activities", verbose_name="教师", blank=True
    )
    state = models.CharField("状态", max_length=10, choices=HelpState.choices, default=HelpState.PLANNED)
    held_on = models.DateField("开展日期", null=True, blank=True)
    held_hours = models.PositiveSmallIntegerField("实际课时", default=0)
    audience = models.PositiveIntegerField("受益人次", default=0)
    summary = models.CharField("开展情况", max_length=500, blank=True)
    evidence = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证"
    )
    reason = models.CharField("取消理由", max_length=200, blank=True)
    by_name = models.CharField("经办人", max_length=60)
    at = models.DateTimeField("登记时间", default=timezone.now)

    objects = HelpQuerySet.as_manager()

    class Meta:
        verbose_name = "校际帮扶活动"
        ordering = ["-planned_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="help_is_for_another_school", condition=~Q(from_school=F("to_school")), violation_error_message="帮扶学校和受援学校不能是同一所。",
            ),
            models.CheckConstraint(
                name="help_is_as_its_state_says",
                condition=Q(state=HelpState.PLANNED, held_on=None, evidence=None, reason="", held_hours=0)
                | Q(state=HelpState.HELD, held_on__isnull=False, evidence__isnull=False, held_hours__gte=1, reason="")
                | Q(state=HelpState.CANCELLED, held_on=None, evidence=None, held_hours=0) & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="help_has_hours_and_a_topic", condition=Q(planned_hours__gte=1, planned_hours__lte=200) & ~Q(topic=""),
                violation_error_message="计划课时应为 1 到 200。",
            ),
            models.UniqueConstraint(
                fields=["kind", "from_school", "to_school", "planned_on", "topic"], name="help_is_planned_once",
                violation_error_message="这两所学校这一天已有相同形式、相同内容的计划。",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "planned_on"], name="help_by_day"),
            models.Index(fields=["from_school", "to_school"], name="help_by_schools"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}：{self.topic}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:help_activity", args=[self.pk])

    @property
    def is_overdue(self) -> bool:
        return self.state == HelpState.PLANNED and self.planned_on < today()

    @property
    def tone(self) -> str:
        return (
            "bad" if self.is_overdue else {"planned": "todo", "held": "ok", "cancelled": "info"}[self.state]
        )

    @property
    def state_words(self) -> str:
        return "逾期未开展" if self.is_overdue else self.get_state_display()
