import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Person, School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision

from .enums import WITH_THE_CHECKER, WITH_THE_PLACE, FindingSource, FindingState


class FindingQuerySet(ScopedQuerySet):
    """Findings by the place that has to put them right."""

    def _reads_at(self, scope) -> Q:
        return scope.area_q("area_id") | scope.school_q()

    def open(self):
        return self.exclude(state=FindingState.CLOSED)

    def with_the_place(self):
        return self.filter(state__in=WITH_THE_PLACE)

    def to_check(self):
        return self.filter(state__in=WITH_THE_CHECKER)

    def overdue(self, day: dt.date | None = None):
        """Return those the place has not reported done by the deadline, or only after it was asked again."""
        return self.with_the_place().filter(due_on__lt=day or today())

    def closed_late(self):
        return self.filter(state=FindingState.CLOSED, closed_on__gt=F("due_on"))

    def with_place(self):
        return self.select_related("area__parent", "school", "owner")


class Finding(models.Model):
    """One thing to put right, at a school or in an area, with who owns it and until when.

    ``subject`` names what it was found at ("indicators.notice:12") and ``url`` leads there: nothing is known of it here.
    ``proof`` and the people are those of the present round; what earlier rounds left stays in evidence and decisions.
    """

    source = models.CharField("来源", max_length=12, choices=FindingSource.choices)
    subject = models.CharField("所属事项", max_length=60, blank=True, db_index=True)
    origin = models.CharField("来源说明", max_length=120, blank=True, help_text="如“2026年上半年专项督导”")
    url = models.CharField("来源链接", max_length=200, blank=True)
    title = models.CharField("问题", max_length=200)
    text = models.CharField("具体情况", max_length=1000, blank=True)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="findings", verbose_name="县、乡镇或村"
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="findings", verbose_name="学校"
    )
    owner = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="findings", verbose_name="责任人"
    )
    due_on = models.DateField("整改期限", help_text="这一天是最后一天")
    state = models.CharField("状态", max_length=10, choices=FindingState.choices, default=FindingState.FOUND)
    measure = models.CharField("整改措施", max_length=1000, blank=True)
    result = models.CharField("整改结果", max_length=1000, blank=True)
    proof = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    found_on = models.DateField("发现日期")
    found_by = models.CharField("登记人", max_length=60)
    done_on = models.DateField("报告完成日期", null=True, blank=True)
    done_by_id = models.BigIntegerField("报告人编号", null=True, blank=True)
    rechecked_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)
    overdue_told_for = models.DateField("已提醒的期限", null=True, blank=True)

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = "整改事项"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=~Q(subject="") & ~Q(state=FindingState.CLOSED), name="one_open_finding_per_subject",
                violation_error_message="这一事项已有没有销号的整改。",
            ),
            models.CheckConstraint(
                name="finding_has_one_place",
                condition=Q(area__isnull=False, school=None) | Q(area=None, school__isnull=False),
                violation_error_message="请选择一个责任单位：乡镇或学校。",
            ),
            models.CheckConstraint(
                name="finding_says_what", condition=~Q(title=""), violation_error_message="请写明问题。",
            ),
            models.CheckConstraint(
                name="finding_is_due_after_it_was_found", condition=Q(due_on__gte=F("found_on")),
                violation_error_message="整改期限不能早于发现日期。",
            ),
            models.CheckConstraint(
                name="finding_under_way_has_a_measure",
                condition=Q(state=FindingState.FOUND) | ~Q(measure=""),
                violation_error_message="请先填报整改措施。",
            ),
            models.CheckConstraint(
                name="finding_done_has_proof",
                condition=~Q(state__in=[*WITH_THE_CHECKER, FindingState.CLOSED])
                | Q(proof__isnull=False, done_on__isnull=False, done_by_id__isnull=False) & ~Q(result=""),
                violation_error_message="报告整改完成须写明结果并上传佐证材料。",
            ),
            models.CheckConstraint(
                name="finding_rechecked_by_another_person",
                condition=~Q(state__in=[FindingState.RECHECKED, FindingState.CLOSED])
                | Q(rechecked_by_id__isnull=False) & ~Q(rechecked_by_id=F("done_by_id")),
                violation_error_message="复核人不能是报告整改完成的人。",
            ),
            models.CheckConstraint(
                name="closed_finding_has_a_day",
                condition=Q(state=FindingState.CLOSED, closed_on__isnull=False)
                | ~Q(state=FindingState.CLOSED) & Q(closed_on=None),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state", "due_on"], name="finding_by_deadline")]

    def __str__(self):
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("findings:detail", args=[self.pk])

    @property
    def place(self) -> Area | School:
        return self.area or self.school

    @property
    def place_name(self) -> str:
        return self.area.path if self.area else str(self.school)

    @property
    def is_overdue(self) -> bool:
        return self.state in WITH_THE_PLACE and self.due_on < today()

    @property
    def tone(self) -> str:
        if self.is_overdue:
            return "bad"
        return {"closed": "ok", "found": "warn"}.get(self.state, "doing")

    @property
    def state_words(self) -> str:
        """The state, with what makes it urgent."""
        return f"{self.get_state_display()}，已逾期" if self.is_overdue else self.get_state_display()


class FindingDecision(Decision):
    subject = models.ForeignKey(Finding, models.PROTECT, related_name="decisions", verbose_name="整改事项")

    class Meta(Decision.Meta):
        verbose_name = "整改办理记录"


class EvidenceQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(finding__in=Finding.objects.in_scope(scope).values("pk"))


class Evidence(models.Model):
    """What proves a rectification: a picture or a scan, added and never changed."""

    finding = models.ForeignKey(Finding, models.PROTECT, related_name="evidence", verbose_name="整改事项")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")
    note = models.CharField("说明", max_length=200, blank=True)
    at = models.DateTimeField("时间", default=timezone.now)
    by_id = models.BigIntegerField("上传人编号", null=True)
    by_name = models.CharField("上传人", max_length=60)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = "佐证材料"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["finding", "file"], name="evidence_file_once")]

    def __str__(self):
        return self.file.name
