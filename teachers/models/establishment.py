"""How many established posts a school has (编制), who may go over them, and the standard staff is reckoned by."""

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.workflow.models import Decision
from teachers.enums.establishment import ExcessState, StaffBasis
from teachers.enums.posts import post_label
from teachers.enums.registry import Subject

from .places import AtSchoolQuerySet
from .registry import Days, fullest

DAY = dt.timedelta(days=1)


class Establishment(models.Model):
    """A school's established posts. ``filled`` and ``excess_approved`` are kept by triggers, never by hand.

    ``filled`` counts the established appointments without an end; the constraint holds whatever writes, and however many at once.
    Who leaves on a day to come keeps the place until then: by day a trigger counts them too.
    """

    school = models.OneToOneField(School, models.PROTECT, related_name="establishment", verbose_name="学校")
    authorised = models.PositiveIntegerField("核定编制")
    since = models.DateField("核定日期")
    document = models.CharField("文号", max_length=80, blank=True)
    filled = models.IntegerField("在编人数", default=0)
    excess_approved = models.IntegerField("批准超编", default=0)

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "学校编制"
        ordering = ["school__area_id", "school__code"]
        constraints = [
            models.CheckConstraint(
                name="establishment_is_not_overfilled",
                condition=Q(filled__lte=F("authorised") + F("excess_approved")),
                violation_error_message="在编人数超过了核定编制；超编须先申请并经批准。",
            ),
            models.CheckConstraint(
                name="establishment_is_not_negative", condition=Q(filled__gte=0, excess_approved__gte=0)
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.authorised} 名"

    def get_absolute_url(self) -> str:
        return reverse("teachers:school_establishment", args=[self.school_id])

    @property
    def places(self) -> int:
        """How many may be posted, approved excess included."""
        return self.authorised + self.excess_approved

    def refusal(self, posts: Collection[Days], since: dt.date, more: str = "") -> str:
        """Return why no post can be given from ``since`` on beside ``posts``, "" where one can; ``more`` is told with the figures."""
        if fullest(posts, since) < self.places:
            return ""
        said = f"核定编制 {self.authorised} 名，批准超编 {self.excess_approved} 名，"
        ends = sorted(until for _, until in posts if until and until >= since)
        free = next((until for until in ends if fullest(posts, until + DAY) < self.places), None)
        if free is None:
            return f"{said}已有在编 {self.filled} 名，{more}没有空编；请先申请超编，经另一人批准后再聘任，或按“聘用”办理。"
        return f"{said}{more}在编教师有人任至 {free}，在那以前没有空编；请把聘任日期写为 {free + DAY} 或以后，或先申请超编，或按“聘用”办理。"

    @property
    def vacant(self) -> int:
        """空编: authorised and not filled."""
        return max(0, self.authorised - self.filled)

    @property
    def over(self) -> int:
        """超编: filled beyond what is authorised."""
        return max(0, self.filled - self.authorised)


class EstablishmentChange(models.Model):
    """What was authorised before and after, by which document; rows stay as written (trigger)."""

    establishment = models.ForeignKey(
        Establishment, models.PROTECT, related_name="changes", verbose_name="学校编制"
    )
    before = models.PositiveIntegerField("原核定", null=True)
    after = models.PositiveIntegerField("新核定")
    since = models.DateField("核定日期")
    document = models.CharField("文号", max_length=80, blank=True)
    by_name = models.CharField("经办人", max_length=60)
    at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "编制变动"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.before}→{self.after}"


class ExcessRequestQuerySet(AtSchoolQuerySet):
    def to_decide(self):
        return self.filter(state=ExcessState.ASKED)


class ExcessRequest(models.Model):
    """A request to post more than is authorised: asked by one, approved by another."""

    school = models.ForeignKey(School, models.PROTECT, related_name="excess_requests", verbose_name="学校")
    posts = models.PositiveSmallIntegerField("超编名额")
    reason = models.CharField("理由", max_length=500)
    state = models.CharField("状态", max_length=10, choices=ExcessState.choices, default=ExcessState.ASKED)
    asked_by_id = models.BigIntegerField("申请人编号")
    asked_by = models.CharField("申请人", max_length=60)
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    decided_by_id = models.BigIntegerField("审批人编号", null=True)

    objects = ExcessRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "超编申请"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="excess_approved_by_another_person",
                condition=~Q(state__in=[ExcessState.APPROVED, ExcessState.ENDED])
                | Q(decided_by_id__isnull=False) & ~Q(decided_by_id=F("asked_by_id")),
                violation_error_message="审批人不能是申请人。",
            ),
            models.CheckConstraint(name="excess_request_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="excess_request_is_for_posts", condition=Q(posts__gte=1, posts__lte=200),
                violation_error_message="超编名额应为 1 到 200。",
            ),
            models.UniqueConstraint(
                fields=["school"], condition=Q(state=ExcessState.ASKED), name="one_excess_request_at_a_time",
                violation_error_message="这所学校已有一份待审批的超编申请。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["state"], name="excess_request_by_state")]

    def __str__(self):
        return f"{self.school} 超编 {self.posts} 名"

    def get_absolute_url(self) -> str:
        return reverse("teachers:excess", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"asked": "doing", "approved": "ok", "refused": "bad"}.get(self.state, "todo")


class ExcessDecision(Decision):
    subject = models.ForeignKey(
        ExcessRequest, models.PROTECT, related_name="decisions", verbose_name="超编申请"
    )

    class Meta(Decision.Meta):
        verbose_name = "超编审批记录"


class StaffStandardQuerySet(models.QuerySet):
    def on(self, day: dt.date) -> "dict[tuple[str, str], StaffStandard]":
        """Return what holds on ``day``: (stage, basis) -> the newest standard that has begun; one query."""
        return {
            (each.stage, each.basis): each for each in self.filter(since__lte=day).order_by("since", "pk")
        }


class StaffStandard(models.Model):
    """How many pupils there are to one of staff (1:19), or how many of staff to one class; from a day on, the county's own.

    A standard by class holds for teaching points, and for schools of up to ``small_up_to`` pupils of the stage.
    """

    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    basis = models.CharField("计算方法", max_length=10, choices=StaffBasis.choices)
    amount = models.DecimalField(
        "标准",
        max_digits=6,
        decimal_places=2,
        help_text="师生比填 1 名教职工对应的学生数，班师比填每班的教职工数",
    )
    small_up_to = models.PositiveIntegerField(
        "适用的小规模学校（学生数不超过）", default=0, help_text="只用于班师比；教学点总是按班师比"
    )
    since = models.DateField("起始日期")
    document = models.CharField("依据", max_length=120, blank=True)

    objects = StaffStandardQuerySet.as_manager()

    class Meta:
        verbose_name = "教职工编制标准"
        ordering = ["stage", "basis", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "basis", "since"], name="staff_standard_once_a_day",
                violation_error_message="这个学段、这种方法在这一天已有标准。",
            ),
            models.CheckConstraint(
                name="staff_standard_is_positive", condition=Q(amount__gt=0),
                violation_error_message="标准应大于 0。",
            ),
            models.CheckConstraint(
                name="small_schools_go_by_class", condition=Q(small_up_to=0) | Q(basis=StaffBasis.CLASS),
                violation_error_message="小规模学校的人数只用于班师比。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_stage_display()} {self.told}"

    @property
    def told(self) -> str:
        amount = f"{self.amount.normalize():f}"
        return f"1:{amount}" if self.basis == StaffBasis.PUPILS else f"每班 {amount} 人"


class SubjectHoursQuerySet(models.QuerySet):
    def by_stage(self) -> dict[str, dict[str, Decimal]]:
        """Return stage -> subject -> lessons a week, for the subjects that are taught at all; one query."""
        found: dict[str, dict[str, Decimal]] = {}
        for stage, subject, lessons in self.order_by("pk").values_list("stage", "subject", "lessons"):
            found.setdefault(stage, {})[subject] = lessons
        return found


class SubjectHours(models.Model):
    """How many lessons a week a class of a stage has of a subject: by these a school's need is shared among subjects."""

    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    subject = models.CharField("学科", max_length=20, choices=Subject.choices)
    lessons = models.DecimalField("周课时", max_digits=4, decimal_places=1)

    objects = SubjectHoursQuerySet.as_manager()

    class Meta:
        verbose_name = "学科周课时"
        ordering = ["stage", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "subject"], name="subject_hours_once", violation_error_message="这个学段的这门学科已有课时。",
            ),
            models.CheckConstraint(
                name="subject_hours_in_a_week", condition=Q(lessons__gt=0, lessons__lte=40),
                violation_error_message="周课时应大于 0，不超过 40。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return post_label(self.stage, self.subject)
