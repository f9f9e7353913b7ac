"""Allowances of teachers by where they work: dated rates, monthly rolls by school, lines that are paid once."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.models import Decision, Seat
from teachers.enums.allowances import (
    AllowanceKind,
    CareStage,
    LineNature,
    LineState,
    RollState,
    SheetState,
)
from teachers.enums.registry import Remoteness

from .registry import Teacher


class CountyWideQuerySet(ScopedQuerySet):
    """Rows of the whole county: read by whoever holds the permission anywhere."""

    def _reads_at(self, scope) -> Q:
        return Q() if scope else Q(pk__in=())


def schools_at(scope):
    """Return the schools of ``scope``, to ask for by key."""
    return School.objects.in_scope(scope).values("pk")


class AllowanceRate(models.Model):
    """What a school's remoteness tier gives a month from a day on; 0 ends it. The newest that began holds."""

    kind = models.CharField("补助", max_length=10, choices=AllowanceKind.choices)
    tier = models.PositiveSmallIntegerField("偏远程度", choices=Remoteness.choices)
    since = models.DateField("执行月份（起）", help_text="从哪个月起，填当月 1 日")
    monthly_fen = models.BigIntegerField("每月标准（分）")
    contract_too = models.BooleanField("聘用教师也发", default=False)
    document = models.CharField("依据（文号）", max_length=120)
    scan = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="文件扫描件"
    )

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "补助标准"
        ordering = ["kind", "tier", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "tier", "since"], name="allowance_rate_once_per_tier_and_month",
                violation_error_message="这个档次从这个月起的标准已经有了，请改原来的一条。",
            ),
            models.CheckConstraint(name="allowance_rate_is_not_negative", condition=Q(monthly_fen__gte=0)),
            models.CheckConstraint(
                name="allowance_rate_begins_with_a_month", condition=Q(since__day=1), violation_error_message="标准从每月 1 日起执行。",
            ),
            models.CheckConstraint(name="allowance_rate_cites_a_document", condition=~Q(document="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.get_kind_display()} {self.get_tier_display()} {self.since:%Y-%m}"


class AllowanceRollQuerySet(ScopedQuerySet):
    """Rolls by the schools that are on them."""

    def _reads_at(self, scope) -> Q:
        if not scope:
            return Q(pk__in=())
        return Q(pk__in=AllowanceSheet.objects.filter(school__in=schools_at(scope)).values("roll"))

    def to_review(self):
        """Return the open rolls whose schools have all confirmed."""
        waiting = AllowanceSheet.objects.filter(roll=OuterRef("pk")).exclude(state=SheetState.CONFIRMED)
        return self.filter(~Exists(waiting), state=RollState.OPEN)


class AllowanceRoll(models.Model):
    """One allowance of one month: school confirms, bureau reviews, approver approves, finance pays."""

    kind = models.CharField("补助", max_length=10, choices=AllowanceKind.choices)
    month = models.DateField("月份")
    state = models.CharField("状态", max_length=10, choices=RollState.choices, default=RollState.OPEN)
    drawn_at = models.DateTimeField("测算时间", default=timezone.now)
    drawn_by = models.CharField("测算人", max_length=60)
    paid_on = models.DateField("发放日期", null=True)
    voucher = models.CharField("凭证号", max_length=60, blank=True)

    objects = AllowanceRollQuerySet.as_manager()

    class Meta:
        verbose_name = "补助发放名单"
        ordering = ["-month", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "month"], name="allowance_roll_once_a_month"),
            models.CheckConstraint(name="allowance_roll_is_of_a_month", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="paid_roll_has_day_and_voucher",
                condition=Q(state=RollState.PAID, paid_on__isnull=False) & ~Q(voucher="")
                | ~Q(state=RollState.PAID) & Q(paid_on=None, voucher=""),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.month:%Y年%m月}{self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:allowance_roll", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"open": "doing", "reviewed": "doing", "approved": "warn", "paid": "ok"}[self.state]


class RollDecision(Decision):
    subject = models.ForeignKey(
        AllowanceRoll, models.PROTECT, related_name="decisions", verbose_name="补助发放名单"
    )

    class Meta(Decision.Meta):
        verbose_name = "补助发放办理记录"


class RollSeat(Seat):
    """Who has acted on a roll, in which one stage: who confirms, reviews, approves and pays are different people."""

    subject = models.ForeignKey(
        AllowanceRoll, models.PROTECT, related_name="seats", verbose_name="补助发放名单"
    )
    stage = models.CharField("环节", max_length=30, choices=CareStage.choices)

    class Meta:
        verbose_name = "补助发放席位"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "user_id"], name="one_stage_per_person_and_roll",
                violation_error_message="同一份名单中一人只能办理一个环节",
            ),
        ]  # fmt: skip


class AllowanceSheetQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(school__in=schools_at(scope))

    def to_confirm(self):
        return self.filter(state__in=[SheetState.DRAFT, SheetState.RETURNED], roll__state=RollState.OPEN)


class AllowanceSheet(models.Model):
    """What one school has to confirm of a roll; its lines are fixed from then on."""

    roll = models.ForeignKey(
        AllowanceRoll, models.PROTECT, related_name="sheets", verbose_name="补助发放名单"
    )
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    state = models.CharField("状态", max_length=10, choices=SheetState.choices, default=SheetState.DRAFT)

    objects = AllowanceSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "学校补助名单"
        ordering = ["school__area_id", "school__code"]
        constraints = [
            models.UniqueConstraint(fields=["roll", "school"], name="allowance_sheet_once_per_school")
        ]

    def __str__(self):
        return f"{self.roll} {self.school}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:allowance_sheet", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"draft": "todo", "confirmed": "ok", "returned": "bad"}[self.state]


class SheetDecision(Decision):
    subject = models.ForeignKey(
        AllowanceSheet, models.PROTECT, related_name="decisions", verbose_name="学校补助名单"
    )

    class Meta(Decision.Meta):
        verbose_name = "学校补助名单办理记录"


class AllowanceLineQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(sheet__school__in=schools_at(scope))

    def live(self):
        """Lines whose money is paid or on its way."""
        return self.filter(state__in=[LineState.LISTED, LineState.PAID])


class AllowanceLine(models.Model):
    """What a teacher gets on a roll for one month: its own (at most once ever), or arrears or recovery of an earlier one.

    ``due_fen`` is what that month comes to in all; the database refuses lines that pay more than it. ``parts`` say
    where: [{"school": name, "tier", "days", "rate_fen", "fen"}].
    """

    roll = models.ForeignKey(AllowanceRoll, models.PROTECT, related_name="lines", verbose_name="补助发放名单")
    sheet = models.ForeignKey(
        AllowanceSheet, models.PROTECT, related_name="lines", verbose_name="学校补助名单"
    )
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="allowance_lines", verbose_name="教师")
    kind = models.CharField("补助", max_length=10, choices=AllowanceKind.choices)
    month = models.DateField("名单月份")
    for_month = models.DateField("所属月份")
    nature = models.CharField("性质", max_length=10, choices=LineNature.choices)
    amount_fen = models.BigIntegerField("金额（分）")
    due_fen = models.BigIntegerField("该月应发（分）")
    days = models.PositiveSmallIntegerField("计发天数")
    parts = models.JSONField("计算", default=list)
    state = models.CharField("状态", max_length=8, choices=LineState.choices, default=LineState.LISTED)
    reason = models.CharField("理由", max_length=200, blank=True)
    settled_on = models.DateField("发放日期", null=True)

    objects = AllowanceLineQuerySet.as_manager()

    class Meta:
        verbose_name = "补助明细"
        ordering = ["teacher__code", "for_month", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "teacher", "for_month"], condition=Q(nature=LineNature.REGULAR),
                name="allowance_once_per_teacher_and_month",
            ),
            models.UniqueConstraint(
                fields=["roll", "teacher", "for_month"], name="allowance_line_once_per_roll_and_month"
            ),
            models.CheckConstraint(
                name="allowance_line_is_what_its_nature_says",
                condition=Q(nature=LineNature.REGULAR, amount_fen__gt=0, for_month=F("month"))
                | Q(nature=LineNature.ARREARS, amount_fen__gt=0, for_month__lt=F("month"))
                | Q(nature=LineNature.RECOVERY, amount_fen__lt=0, for_month__lte=F("month")),
            ),
            models.CheckConstraint(name="allowance_due_is_not_negative", condition=Q(due_fen__gte=0)),
            models.CheckConstraint(
                name="allowance_line_held_or_failed_says_why",
                condition=~Q(state__in=[LineState.HELD, LineState.FAILED]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="allowance_line_settled_has_a_day",
                condition=Q(state__in=[LineState.PAID, LineState.FAILED], settled_on__isnull=False)
                | Q(state__in=[LineState.LISTED, LineState.HELD], settled_on=None),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["kind", "teacher", "for_month"], name="allowance_line_by_month")]

    def __str__(self):
        return f"{self.teacher} {self.for_month:%Y-%m}"

    @property
    def told(self) -> str:
        """How the month's amount comes about, in words."""
        words = [
            f"{part['school']}（{part['tier']}，每月 {yuan(part['rate_fen'])} 元）{part['days']} 天"
            for part in self.parts
        ]
        return "；".join(words) or "没有应发"


class AllowanceRepaymentQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(school__in=schools_at(scope))


class AllowanceRepayment(models.Model):
    """What a teacher whom no roll pays any more gave back of one month; wrong ones are taken back by a row that reverses them.

    The database refuses to have more given back of a month than was paid of it.
    """

    kind = models.CharField("补助", max_length=10, choices=AllowanceKind.choices)
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="repayments", verbose_name="教师")
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    for_month = models.DateField("所属月份")
    amount_fen = models.BigIntegerField("金额（分）")
    repaid_on = models.DateField("到账日期")
    voucher = models.CharField("凭证号", max_length=60)
    reason = models.CharField("理由", max_length=200, blank=True)
    kept_at = models.DateTimeField("登记时间", default=timezone.now)
    kept_by = models.CharField("登记人", max_length=60)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversed_by", verbose_name="冲销的登记"
    )

    objects = AllowanceRepaymentQuerySet.as_manager()

    class Meta:
        verbose_name = "补助退回登记"
        ordering = ["-repaid_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="repayment_is_money_or_reverses_some",
                condition=Q(reverses=None, amount_fen__gt=0)
                | Q(reverses__isnull=False, amount_fen__lt=0) & ~Q(reason=""),
            ),
            models.CheckConstraint(name="repayment_cites_a_voucher", condition=~Q(voucher="")),
            models.CheckConstraint(name="repayment_is_of_a_month", condition=Q(for_month__day=1)),
        ]

    def __str__(self):
        return f"{self.teacher} {self.for_month:%Y-%m} {self.get_kind_display()}"
