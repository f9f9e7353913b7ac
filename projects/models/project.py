import datetime as dt
from decimal import Decimal

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor
from povertyedu.workflow.models import Decision
from projects.enums import BUILT, AlertKind, MilestoneKind, PlanField, ProjectKind, ProjectState

from .programmes import Programme

MONEY = ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")


class ProjectQuerySet(ScopedQuerySet):
    """Projects by where they stand, and by the schools they are for. Whoever has the county has every project of it."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return scope.area_q("area_id")
        sites = ProjectSite.objects.filter(scope.school_q(), project=OuterRef("pk"))
        return scope.area_q("area_id") | Exists(sites)

    def standing(self):
        return self.exclude(state=ProjectState.CANCELLED)

    def alerted(self):
        return self.filter(Exists(Alert.objects.filter(project=OuterRef("pk"), ended_on=None)))

    def with_sums(self):
        """Add up each project's money over its sources; only for the rows that are read, not for those counted."""
        lines = (
            Project.fund_lines.rel.related_model.objects.filter(project=OuterRef("pk"))
            .order_by()
            .values("project")
        )
        return self.annotate(
            **{
                name: Coalesce(Subquery(lines.annotate(fen=Sum(name)).values("fen")), 0, output_field=models.BigIntegerField())
                for name in MONEY
            }
        )  # fmt: skip


class Project(models.Model):
    """One building, renovation or purchase under a programme, at one place, for one school or more.

    ``percent`` is the last one reported. Money stands in :class:`~projects.models.funds.FundLine`, per source.
    """

    code = models.CharField("项目编号", max_length=20, unique=True)
    name = models.CharField("项目名称", max_length=120)
    kind = models.CharField("建设性质", max_length=12, choices=ProjectKind.choices)
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="projects", verbose_name="建设规划")
    year = models.PositiveSmallIntegerField("计划年度")
    area = models.ForeignKey(Area, models.PROTECT, related_name="projects", verbose_name="所在乡镇（县）")
    schools = models.ManyToManyField(
        School, through="ProjectSite", related_name="projects", verbose_name="项目学校"
    )
    state = models.CharField(
        "状态", max_length=12, choices=ProjectState.choices, default=ProjectState.PRELIMINARY
    )
    percent = models.PositiveSmallIntegerField("形象进度（%）", default=0)
    reported_on = models.DateField("最近一次进度", null=True, blank=True)
    due_on = models.DateField("计划竣工", null=True, blank=True)
    note = models.CharField("备注", max_length=300, blank=True)
    plan_differs = models.CharField(
        "计划数对不上", max_length=500, blank=True, help_text="计划文件自身对不上的数，两个数都保留"
    )
    registered_on = models.DateField("登记日期", default=timezone.localdate)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        verbose_name = "建设项目"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="project_has_code_and_name", condition=~Q(code="") & ~Q(name="")),
            models.UniqueConstraint(
                fields=["programme", "year", "name"], name="project_once_per_programme_and_year",
                violation_error_message="这个规划、这一年度已有同名项目。",
            ),
            models.CheckConstraint(name="project_percent_within_100", condition=Q(percent__lte=100)),
            models.CheckConstraint(
                name="built_project_is_at_100", condition=~Q(state__in=BUILT) | Q(percent=100),
                violation_error_message="竣工的项目形象进度应为 100%。",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "due_on"], name="project_by_state"),
            models.Index(fields=["programme", "year"], name="project_by_programme"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.pk])

    @property
    def fingerprint(self) -> str:
        """A keyed hash of all that its form of correction shows: another one means that somebody corrected it."""
        shown = {
            name: getattr(self, name)
            for name in ("pk", "name", "programme_id", "year", "kind", "area_id", "note")
        }
        shown["schools"] = sorted(self.sites.values_list("school", flat=True))
        return keyed_hash("\n".join(f"{name}={value}" for name, value in shown.items()))

    @property
    def is_built(self) -> bool:
        return self.state in BUILT

    @property
    def is_late(self) -> bool:
        return (
            bool(self.due_on)
            and not self.is_built
            and self.state != ProjectState.CANCELLED
            and self.due_on < today()
        )

    @property
    def tone(self) -> str:
        if self.is_late or self.state == ProjectState.HALTED:
            return "bad"
        return {"preliminary": "todo", "under_way": "doing", "cancelled": "todo"}.get(self.state, "ok")

    @property
    def state_words(self) -> str:
        return f"{self.get_state_display()}，超期" if self.is_late else self.get_state_display()


class ProjectSite(models.Model):
    """One school a project is for."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="sites", verbose_name="建设项目")
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")

    class Meta:
        verbose_name = "项目学校"
        constraints = [
            models.UniqueConstraint(fields=["project", "school"], name="project_names_a_school_once")
        ]

    def __str__(self):
        return str(self.school)


class ProjectQuantity(models.Model):
    """What is built or bought: 教学辅助用房 441,553 平方米; ``done`` is what stands."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="quantities", verbose_name="建设项目")
    item = models.CharField("内容", max_length=40)
    unit = models.CharField("单位", max_length=10)
    planned = models.DecimalField("计划数", max_digits=14, decimal_places=2)
    done = models.DecimalField("完成数", max_digits=14, decimal_places=2, default=0)

    class Meta:
        verbose_name = "建设内容"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "item"],
                name="project_quantity_once",
                violation_error_message="这项内容已有。",
            ),
            models.CheckConstraint(
                name="project_quantity_is_positive", condition=Q(planned__gt=0, done__gte=0)
            ),
        ]

    def __str__(self):
        return f"{self.item} {self.planned}{self.unit}"


class ProjectDecision(Decision):
    subject = models.ForeignKey(Project, models.PROTECT, related_name="decisions", verbose_name="建设项目")

    class Meta(Decision.Meta):
        verbose_name = "项目办理记录"


class ProjectFileQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(project__in=Project.objects.in_scope(scope).values("pk"))


class ProjectFile(models.Model):
    """A document of a project or a photo of its progress, added and never changed."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="files", verbose_name="建设项目")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")
    about = models.CharField("所属", max_length=40, help_text="立项、合同、进度 60% 等")
    by_name = models.CharField("上传人", max_length=60)
    at = models.DateTimeField("时间", default=timezone.now)

    objects = ProjectFileQuerySet.as_manager()

    class Meta:
        verbose_name = "项目文件"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.about} {self.file}"

    @property
    def is_picture(self) -> bool:
        """Whether a page may show it; a scan as PDF is a file to open."""
        return self.file.name.lower().endswith((".png", ".jpg", ".jpeg"))


class Milestone(models.Model):
    """One of the ten milestones of a project: planned for a day, reached on a day."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="milestones", verbose_name="建设项目")
    kind = models.CharField("节点", max_length=12, choices=MilestoneKind.choices)
    planned_on = models.DateField("计划日期", null=True, blank=True)
    actual_on = models.DateField("实际日期", null=True, blank=True)
    note = models.CharField("文号或说明", max_length=120, blank=True)

    class Meta:
        verbose_name = "项目节点"
        constraints = [
            models.UniqueConstraint(fields=["project", "kind"], name="project_milestone_once"),
            models.CheckConstraint(
                name="milestone_has_a_day", condition=Q(planned_on__isnull=False) | Q(actual_on__isnull=False)
            ),
        ]

    def __str__(self):
        return self.get_kind_display()

    @property
    def days_late(self) -> int:
        """Whole days behind the plan, as reached or until today; 0 when in time."""
        if not self.planned_on:
            return 0
        return max(0, ((self.actual_on or today()) - self.planned_on).days)

    @property
    def place(self) -> int:
        return list(MilestoneKind).index(MilestoneKind(self.kind))


def _plain(value: dt.date | Decimal | None) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, dt.date) else f"{Decimal(value).normalize():f}"


class PlanChange(models.Model):
    """What a project's plan said before: the day of a milestone, how much of an item was planned or stood.

    ``about`` is the milestone's kind, or the item. ``old`` and ``new`` are days as 2026-10-31 or plain numbers; ``old``
    is empty where nothing was said before. What was planned at registration has no row. Never changed.
    """

    project = models.ForeignKey(Project, models.PROTECT, related_name="plan_changes", verbose_name="建设项目")
    field = models.CharField("变动的", max_length=10, choices=PlanField.choices)
    about = models.CharField("节点或内容", max_length=40)
    old = models.CharField("原来", max_length=20, blank=True)
    new = models.CharField("改为", max_length=20)
    reason = models.CharField("原因", max_length=200, blank=True)
    on = models.DateField("变动日期")
    by_id = models.BigIntegerField("经办人编号", null=True)
    by_name = models.CharField("经办人", max_length=60)
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "计划变动"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="plan_change_changes_something", condition=~Q(old=F("new")) & ~Q(new="")
            )
        ]
        indexes = [models.Index(fields=["project", "on"], name="plan_change_by_project")]

    def __str__(self):
        return f"{self.title} {self.old or '—'} → {self.new}"

    @classmethod
    def note(
        cls, project: int, field: str, about: str, old: dt.date | Decimal | None, new: dt.date | Decimal, *, by: Actor, reason: str = "",
    ) -> None:  # fmt: skip
        """Write down that ``about`` was ``old`` and is ``new`` (days or numbers, None for nothing); nothing where they are equal."""
        before, now = _plain(old), _plain(new)
        if before != now:
            cls.objects.create(
                project_id=project, field=field, about=about, old=before, new=now, reason=reason.strip()[:200], on=today(),
                by_id=by.id, by_name=by.name,
            )  # fmt: skip

    @property
    def old_words(self) -> str:
        return self._words(self.old)

    @property
    def new_words(self) -> str:
        return self._words(self.new)

    def _words(self, value: str) -> str:
        return value if self.field == PlanField.DAY or not value else f"{Decimal(value):,f}"

    @property
    def title(self) -> str:
        about = MilestoneKind(self.about).label if self.field == PlanField.DAY else self.about
        return f"{about}{self.get_field_display()}"


class ProgressReport(models.Model):
    """How far a project is on a day, in percent and words; photos are its files. Never changed, answered by the next."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="reports", verbose_name="建设项目")
    on = models.DateField("日期")
    percent = models.PositiveSmallIntegerField("形象进度（%）")
    text = models.CharField("进展", max_length=300)
    photo = models.ForeignKey(
        ProjectFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="照片"
    )
    by_name = models.CharField("填报人", max_length=60)
    at = models.DateTimeField("填报时间", default=timezone.now)

    class Meta:
        verbose_name = "进度填报"
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(name="report_percent_within_100", condition=Q(percent__lte=100)),
            models.UniqueConstraint(
                fields=["project", "on", "percent"], name="progress_reported_once",
                violation_error_message="这一天已填报过同样的进度。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.on} {self.percent}%"


class AlertQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(project__in=Project.objects.in_scope(scope).values("pk"))

    def open(self):
        return self.filter(ended_on=None)


class Alert(models.Model):
    """Something about a project to look into, from the day it was seen to the day it was gone."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="alerts", verbose_name="建设项目")
    kind = models.CharField("预警", max_length=14, choices=AlertKind.choices)
    text = models.CharField("内容", max_length=200)
    since = models.DateField("发现日期")
    ended_on = models.DateField("解除日期", null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = "项目预警"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind"], condition=Q(ended_on=None), name="one_open_alert_of_a_kind"
            ),
            models.CheckConstraint(
                name="alert_ends_after_it_began", condition=Q(ended_on=None) | Q(ended_on__gte=F("since"))
            ),
        ]

    def __str__(self):
        return self.text

    @property
    def days(self) -> int:
        return ((self.ended_on or today()) - self.since).days
