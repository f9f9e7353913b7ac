from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision

from .definitions import Definition, Period, definitions
from .enums import NoticeState, PlaceKind, Reading, Standing

COUNTY_DIGITS, TOWNSHIP_DIGITS = 6, 9
ONE_PLACE = Q(school=None) & ~Q(area_code="") | Q(area_code="", school__isnull=False)


class CountyQuerySet(models.QuerySet):
    """What the whole county has once; whoever holds the permission reads it."""

    def visible_to(self, user, permission: str):
        return self if user.can(permission) else self.none()


class IndicatorTarget(models.Model):
    """What a kind of place has to reach in a year; it holds until a later year's takes its place."""

    code = models.CharField("指标", max_length=40)
    place_kind = models.CharField("适用于", max_length=10, choices=PlaceKind.choices)
    year = models.PositiveSmallIntegerField("年度")
    value = models.DecimalField("目标（%）", max_digits=5, decimal_places=2)
    note = models.CharField("依据", max_length=200, blank=True)
    is_inferred = models.BooleanField("年度为推定", default=False)
    set_by = models.CharField("设定人", max_length=60)
    set_at = models.DateTimeField("设定时间", default=timezone.now)

    objects = CountyQuerySet.as_manager()

    class Meta:
        verbose_name = "指标目标"
        ordering = ["code", "place_kind", "year"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "place_kind", "year"], name="one_target_per_year",
                violation_error_message="这个指标这一年度的目标已经设过，请直接修改。",
            ),
            models.CheckConstraint(
                name="target_is_a_percentage", condition=Q(value__gte=0, value__lte=100),
                violation_error_message="目标应在 0 到 100 之间。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.code} {self.year} {self.value}"


class SnapshotQuerySet(CountyQuerySet):
    def of(self, code: str):
        return self.filter(code=code).order_by("on")


class Snapshot(models.Model):
    """One indicator as it was on a day. The last one of a school year is final: what changes it later is flagged."""

    code = models.CharField("指标", max_length=40)
    year = models.PositiveSmallIntegerField("学年", help_text="学年开始的公历年")
    on = models.DateField("统计日期")
    is_final = models.BooleanField("学年终值", default=False)
    taken_at = models.DateTimeField("生成时间", default=timezone.now)
    checked_on = models.DateField("最近核对", null=True, blank=True)

    objects = SnapshotQuerySet.as_manager()

    class Meta:
        verbose_name = "指标快照"
        ordering = ["code", "on"]
        constraints = [
            models.UniqueConstraint(fields=["code", "on"], name="one_snapshot_per_day"),
            models.UniqueConstraint(
                fields=["code", "year"], condition=Q(is_final=True), name="one_final_snapshot_per_year"
            ),
        ]

    def __str__(self):
        return f"{self.code} {self.on}"

    @property
    def period(self) -> Period:
        return Period(self.year, self.on)

    @property
    def definition(self) -> Definition:
        return definitions()[self.code]


class Rated:
    """A numerator over a denominator; n/a over nobody."""

    numerator: int
    denominator: int

    @property
    def percent(self) -> Decimal | None:
        """The rate in percent, exact; None over nobody."""
        return Decimal(self.numerator) * 100 / self.denominator if self.denominator else None

    @property
    def percent_text(self) -> str:
        rate = self.percent
        return "—" if rate is None else f"{rate.quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


class PlacedQuerySet(ScopedQuerySet):
    """What is of an area or of a school."""

    def _reads_at(self, scope) -> Q:
        return ~Q(area_code="") & scope.area_q("area_code") | scope.school_q()


class SnapshotRow(Rated, models.Model):
    """The rate of one place in a snapshot, by one reading."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="rows", verbose_name="快照")
    reading = models.CharField("统计口径", max_length=12, choices=Reading.choices)
    area_code = models.CharField("区划", max_length=9, blank=True, help_text="县 6 位、乡镇 9 位")
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    numerator = models.PositiveIntegerField("分子")
    denominator = models.PositiveIntegerField("分母")

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = "指标数值"
        constraints = [
            models.CheckConstraint(name="rate_is_of_one_place", condition=ONE_PLACE),
            models.UniqueConstraint(
                fields=["snapshot", "reading", "area_code"], condition=Q(school=None), name="one_rate_per_area"
            ),
            models.UniqueConstraint(
                fields=["snapshot", "reading", "school"], condition=Q(school__isnull=False), name="one_rate_per_school",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.numerator}/{self.denominator}"

    @property
    def place_kind(self) -> PlaceKind:
        if self.school_id:
            return PlaceKind.SCHOOL
        return PlaceKind.COUNTY if len(self.area_code) == COUNTY_DIGITS else PlaceKind.TOWNSHIP

    @property
    def place_key(self) -> tuple[str, int | None]:
        return self.area_code, self.school_id


class MemberQuerySet(ScopedQuerySet):
    """Members by where the child stands, by school or by household."""

    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("school_area")
            | scope.area_q("home_area")
            | Q(school__in=scope.schools)
            | Q(school__centre__in=scope.centres)
        )

    def of(self, snapshot: Snapshot):
        """Return who was counted in ``snapshot``: rows that began with it or before, and ended after it."""
        return self.filter(
            Q(until=None) | Q(until__gt=snapshot.pk),
            code=snapshot.code,
            year=snapshot.year,
            since__lte=snapshot.pk,
        )

    def at(self, row: SnapshotRow):
        """Return those of the place of ``row``."""
        if row.school_id:
            return self.filter(school=row.school_id)
        if row.place_kind == PlaceKind.COUNTY:
            return self
        return self.filter(**{f"{row.reading}__startswith": row.area_code})


class SnapshotMember(models.Model):
    """One child of a denominator, for as long as it stood so: ``since`` a snapshot, ``until`` the one it differs in."""

    code = models.CharField("指标", max_length=40)
    year = models.PositiveSmallIntegerField("学年")
    subject = models.CharField("对象", max_length=40)
    counted = models.BooleanField("在分子")
    school = models.ForeignKey(
        School, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, verbose_name="学校"
    )
    school_area = models.CharField("学校区划", max_length=12, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    since = models.ForeignKey(Snapshot, models.CASCADE, related_name="+", db_index=False, verbose_name="起")
    until = models.ForeignKey(
        Snapshot, models.CASCADE, null=True, related_name="+", db_index=False, verbose_name="止"
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = "指标人员"
        constraints = [
            models.UniqueConstraint(
                fields=["code", "year", "subject"], condition=Q(until=None), name="one_present_member"
            ),
        ]
        indexes = [models.Index(fields=["code", "year", "id"], name="member_by_year")]

    def __str__(self):
        return self.subject


class IndicatorNotice(Rated, models.Model):
    """通报: a place that missed its target or fell below its own last year, and what it answered."""

    code = models.CharField("指标", max_length=40)
    year = models.PositiveSmallIntegerField("学年")
    snapshot = models.ForeignKey(Snapshot, models.PROTECT, related_name="notices", verbose_name="快照")
    area_code = models.CharField("乡镇", max_length=9, blank=True)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="indicator_notices", verbose_name="学校"
    )
    reading = models.CharField("统计口径", max_length=12, choices=Reading.choices)
    missed = models.BooleanField("没有达到目标")
    fell = models.BooleanField("低于上学年")
    numerator = models.PositiveIntegerField("分子")
    denominator = models.PositiveIntegerField("分母")
    target = models.DecimalField("目标（%）", max_digits=5, decimal_places=2, null=True, blank=True)
    last_numerator = models.PositiveIntegerField("上学年分子", null=True, blank=True)
    last_denominator = models.PositiveIntegerField("上学年分母", null=True, blank=True)
    state = models.CharField("状态", max_length=12, choices=NoticeState.choices, default=NoticeState.PROPOSED)
    proposed_on = models.DateField("提出日期")
    issued_on = models.DateField("通报日期", null=True, blank=True)
    due_on = models.DateField("答复期限", null=True, blank=True)
    answer = models.CharField("答复", max_length=1000, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)
    rectification = models.CharField("整改事项", max_length=200, blank=True, help_text="整改页的地址")
    overdue_told_for = models.DateField("已提醒的期限", null=True, blank=True)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = "指标通报"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="notice_is_of_one_place", condition=ONE_PLACE),
            models.CheckConstraint(name="notice_has_a_cause", condition=Q(missed=True) | Q(fell=True)),
            models.CheckConstraint(
                name="issued_notice_has_a_deadline",
                condition=Q(state__in=[NoticeState.PROPOSED, NoticeState.DROPPED])
                | Q(issued_on__isnull=False, due_on__isnull=False),
            ),
            models.CheckConstraint(
                name="answered_notice_says_what",
                condition=~Q(state__in=[NoticeState.ANSWERED, NoticeState.SETTLED])
                | ~Q(answer="") & Q(answered_on__isnull=False),
            ),
            models.CheckConstraint(
                name="rectified_notice_leads_there", condition=~Q(state=NoticeState.RECTIFYING) | ~Q(rectification=""),
            ),
            models.UniqueConstraint(
                fields=["code", "year", "area_code"], condition=Q(school=None) & ~Q(state=NoticeState.DROPPED),
                name="one_notice_per_area_and_year",
            ),
            models.UniqueConstraint(
                fields=["code", "year", "school"], condition=Q(school__isnull=False) & ~Q(state=NoticeState.DROPPED),
                name="one_notice_per_school_and_year",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.definition.label} {self.percent_text}"

    def get_absolute_url(self) -> str:
        return reverse("indicators:notice", args=[self.pk])

    @property
    def definition(self) -> Definition:
        return definitions()[self.code]

    @property
    def period(self) -> Period:
        return Period(self.year, self.snapshot.on)

    @property
    def cause(self) -> str:
        """Why, in words: the target that was missed, the rate it fell from."""
        words = []
        if self.missed:
            words.append(f"没有达到目标 {self.target}%")
        if self.fell:
            last = Rated()
            last.numerator, last.denominator = self.last_numerator, self.last_denominator
            words.append(f"不如上学年的 {last.percent_text}")
        return "，".join(words)

    @property
    def is_overdue(self) -> bool:
        return self.state == NoticeState.ISSUED and self.due_on < today()

    @property
    def tone(self) -> str:
        if self.is_overdue:
            return "bad"
        return {"settled": "ok", "proposed": "todo", "issued": "warn", "dropped": "info"}.get(
            self.state, "doing"
        )

    @property
    def state_words(self) -> str:
        return f"{self.get_state_display()}，已逾期" if self.is_overdue else self.get_state_display()


class NoticeDecision(Decision):
    subject = models.ForeignKey(
        IndicatorNotice, models.PROTECT, related_name="decisions", verbose_name="指标通报"
    )

    class Meta(Decision.Meta):
        verbose_name = "通报办理记录"


class ChangedMember(models.Model):
    """A child that counts otherwise now than in a final snapshot: facts of a year that is over were changed."""

    snapshot = models.ForeignKey(Snapshot, models.CASCADE, related_name="changed", verbose_name="快照")
    subject = models.CharField("对象", max_length=40)
    was = models.CharField("原来", max_length=12, choices=Standing.choices)
    now = models.CharField("现在", max_length=12, choices=Standing.choices)
    school = models.ForeignKey(
        School, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, verbose_name="学校"
    )
    school_area = models.CharField("学校区划", max_length=12, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    found_on = models.DateField("发现日期")

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = "历史数据变动"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["snapshot", "subject"], name="one_change_per_subject")]

    def __str__(self):
        return f"{self.subject} {self.was} {self.now}"


class CountReading(models.Model):
    """How much of an item of a plan stood on a day, as the bureau counted it: 742 所 of 1492 that have a line.

    ``plan`` names whose it is ("projects.programme:12"). ``value`` is all there is by then, not what came since the
    last one; ``whole`` is what it is a part of, where the plan asks for a share.
    """

    plan = models.CharField("计划", max_length=60)
    item = models.CharField("内容", max_length=40)
    on = models.DateField("截至日期")
    value = models.DecimalField("数量", max_digits=16, decimal_places=2)
    whole = models.DecimalField("总数", max_digits=16, decimal_places=2, null=True, blank=True)
    note = models.CharField("数据来源", max_length=120, blank=True)
    counted_by = models.CharField("登记人", max_length=60)
    counted_at = models.DateTimeField("登记时间", default=timezone.now)

    objects = CountyQuerySet.as_manager()

    class Meta:
        verbose_name = "计划完成数"
        ordering = ["plan", "item", "on"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "item", "on"], name="one_count_per_day"),
            models.CheckConstraint(name="count_is_not_negative", condition=Q(value__gte=0)),
            models.CheckConstraint(
                name="count_is_part_of_its_whole",
                condition=Q(whole=None) | Q(whole__gt=0, value__lte=models.F("whole")),
                violation_error_message="数量不能大于总数，总数应大于零。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.item} {self.on} {self.value}"
