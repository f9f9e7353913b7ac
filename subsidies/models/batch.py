from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.orgs.enums import grade_name
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.publicity.models import Notice
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision, Seat
from students.enums import category_labels
from students.models import PayoutBlock, Student
from subsidies.enums import ACCOUNT_HOLDS, OPEN_LINES, BatchState, HoldReason, LineState, Payer, SheetState

from .entitlement import Entitlement, PlacedQuerySet
from .policy import Programme
from .recovery import PaidAdjustment

_OPEN = [str(state) for state in OPEN_LINES]
_AT_BANK = ["sent", "paid", "failed"]


class BatchQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        """A batch is the county's; a school sees those that hold a sheet of its own."""
        return Q(pk__in=SchoolSheet.objects.in_scope(scope).values("batch"))


class Batch(models.Model):
    """发放批次: a county's payment of some programmes for a term, with a sheet per school."""

    number = models.CharField("批次号", max_length=30, unique=True)
    title = models.CharField("名称", max_length=120)
    term = models.ForeignKey(Term, models.PROTECT, related_name="batches", verbose_name="学期")
    programmes = models.ManyToManyField(Programme, related_name="batches", verbose_name="项目")
    state = models.CharField("状态", max_length=20, choices=BatchState.choices, default=BatchState.OPEN)
    opened_at = models.DateTimeField("开立时间", default=timezone.now)
    opened_by = models.CharField("开立人", max_length=60)
    publicity_until = models.DateField("公示最后一日", null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name="前一批次"
    )

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = "发放批次"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="batch_in_publicity_has_last_day",
                condition=Q(state__in=["open", "office_approved", "approved", "cancelled"])
                | Q(publicity_until__isnull=False),
            ),
        ]

    def __str__(self):
        return self.number


class BatchDecision(Decision):
    subject = models.ForeignKey(Batch, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "批次办理记录"


class BatchSeat(Seat):
    """Who has acted on a batch, in which one stage: clerk, reviewer, office, approver and payer are different people."""

    subject = models.ForeignKey(Batch, models.PROTECT, related_name="seats")

    class Meta:
        verbose_name = "批次席位"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "user_id"],
                name="one_stage_per_person_and_batch",
                violation_error_message="同一批次中一人只能办理一个环节",
            ),
        ]


class SchoolSheetQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.school_q()


class SchoolSheet(models.Model):
    """One school's part of a batch. Its totals are frozen when it is submitted."""

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="sheets", verbose_name="批次")
    school = models.ForeignKey(School, models.PROTECT, related_name="sheets", verbose_name="学校")
    state = models.CharField("状态", max_length=12, choices=SheetState.choices, default=SheetState.DRAFT)
    students = models.PositiveIntegerField("人数", default=0)
    amount_fen = models.BigIntegerField("金额（分）", default=0)
    submitted_at = models.DateTimeField("报送时间", null=True, blank=True)

    objects = SchoolSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "学校报送表"
        ordering = ["batch", "school__area_id", "school__code"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "school"], name="one_sheet_per_school"),
            models.CheckConstraint(
                name="submitted_sheet_has_a_time",
                condition=Q(state__in=["draft", "returned"]) | Q(submitted_at__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.school} {self.batch}"


class SheetDecision(Decision):
    subject = models.ForeignKey(SchoolSheet, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "报送表办理记录"


def due_fen():
    """Return the expression: entitled now less what was paid, in fen, for the money of one line.

    Asked of the tables by key, not of the balance view: a correlated look into the view would sum it
    up once per line on SQLite.
    """
    money = {
        "term": OuterRef("term_id"),
        "student": OuterRef("student_id"),
        "programme": OuterRef("programme_id"),
    }
    entitled = Entitlement.objects.filter(**money).values("amount_fen")
    paid = (
        Line.objects.filter(**money, payer=Payer.THIS_COUNTY, state=LineState.PAID)
        .order_by()
        .values("student")
        .annotate(total=Sum("amount_fen"))
        .values("total")
    )
    # what was paid under a record that has been merged into this one is paid to the same child
    merged = {
        "term": money["term"],
        "programme": money["programme"],
        "student__merged_into": money["student"],
    }
    paid_before = (
        Line.objects.filter(**merged, payer=Payer.THIS_COUNTY, state=LineState.PAID)
        .order_by()
        .values("programme")
        .annotate(total=Sum("amount_fen"))
        .values("total")
    )
    adjusted, adjusted_before = (
        PaidAdjustment.objects.filter(**of)
        .order_by()
        .values("programme")
        .annotate(total=Sum("paid_fen"))
        .values("total")
        for of in (money, merged)
    )
    settled = (Coalesce(Subquery(sums), 0) for sums in (paid, paid_before, adjusted, adjusted_before))
    return Coalesce(Subquery(entitled), 0) - sum(settled, Value(0))


class LineQuerySet(PlacedQuerySet):
    """Lines by state, and against what is due now."""

    def open(self):
        return self.filter(state__in=OPEN_LINES)

    def listed(self):
        return self.filter(state=LineState.LISTED)

    def held(self):
        return self.filter(state=LineState.HELD)

    def stuck(self):
        """Held, or sent back by the bank, and not taken up again by a later line of the same money."""
        again = Line.objects.filter(
            student=OuterRef("student"),
            term=OuterRef("term"),
            programme=OuterRef("programme"),
            pk__gt=OuterRef("pk"),
        )
        return self.filter(~models.Exists(again), state__in=(LineState.HELD, LineState.FAILED))

    def in_list(self):
        """What is or may yet be paid from the batch, and what was: everything but the removed."""
        return self.exclude(state=LineState.REMOVED)

    def shown_in_public(self):
        """The lines a notice shows: the listed, and those that only wait for an account."""
        return self.filter(Q(state=LineState.LISTED) | Q(state=LineState.HELD, hold=HoldReason.NO_ACCOUNT))

    def fallen(self):
        """Lines that would be shown or paid and hold more than is due now."""
        return self.shown_in_public().annotate(due=due_fen()).filter(due__lt=F("amount_fen"))

    def with_another_account(self):
        """Lines whose child has an account by now that differs from theirs, or whose account was found wanting."""
        account = "student__bank_account"
        same = Q(
            account_hash=F(f"{account}__number_hash"),
            account_holder=F(f"{account}__holder"),
            account_bank=F(f"{account}__bank"),
        )
        wanting = Q(state=LineState.HELD, hold__in=ACCOUNT_HOLDS)
        return self.filter(~same | wanting, **{f"{account}__isnull": False})

    def blocked(self):
        """Lines whose enrolment draws no money for now, or whose record is merged; ``block`` says which."""
        block = PayoutBlock.objects.in_force().filter(
            enrolment__student=OuterRef("student_id"), enrolment__term=OuterRef("term_id")
        )
        merged = Student.objects.filter(merged_into__isnull=False).values("pk")
        rows = self.annotate(
            block=models.Case(
                models.When(student__in=merged, then=models.Value(HoldReason.MERGED_RECORD.value)),
                default=Subquery(block.order_by("kind").values("kind")[:1]),
            )
        )
        return rows.filter(block__isnull=False)

    def totals(self) -> dict:
        """Return students (distinct), lines and fen in one query."""
        return self.order_by().aggregate(
            students=models.Count("student", distinct=True),
            count=models.Count("pk"),
            fen=Coalesce(Sum("amount_fen"), 0),
        )


class Line(models.Model):
    """One child's money under one programme in a batch, with the child's facts as they were.

    The partial unique constraints let no second batch take the same money, nor what a child gets once in
    its life for another term. A paid line is never
    changed or deleted: the database refuses it (migration ``views_and_triggers``).
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="lines", verbose_name="批次")
    sheet = models.ForeignKey(SchoolSheet, models.PROTECT, related_name="lines", verbose_name="报送表")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    student = models.ForeignKey(Student, models.PROTECT, related_name="lines", verbose_name="学生")
    programme = models.ForeignKey(Programme, models.PROTECT, related_name="lines", verbose_name="项目")
    payer = models.CharField("发放方", max_length=10, choices=Payer.choices, default=Payer.THIS_COUNTY)
    rule = models.CharField("规则", max_length=60)
    once = models.BooleanField("一生一次", default=False, db_default=False)
    amount_fen = models.BigIntegerField("金额（分）")
    state = models.CharField("状态", max_length=10, choices=LineState.choices, default=LineState.LISTED)
    hold = models.CharField("暂缓原因", max_length=20, choices=HoldReason.choices, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    # the child as it was, so that the list can be printed again unchanged
    student_name = models.CharField("姓名", max_length=60)
    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="学校")
    school_name = models.CharField("学校名称", max_length=80)
    stage = models.CharField("学段", max_length=20)
    grade = models.PositiveSmallIntegerField("年级")
    class_name = models.CharField("班级", max_length=30, blank=True)
    school_area = models.CharField("学校区划", max_length=12)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    categories = models.PositiveIntegerField("困难类型", default=0)
    account_holder = models.CharField("开户人", max_length=60, blank=True)
    account_bank = models.CharField("开户银行", max_length=60, blank=True)
    account_number = SealedCharField("银行账号")
    account_hash = models.CharField("账号索引", max_length=32, blank=True)
    bank_file = models.ForeignKey(
        "subsidies.BankFile",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name="银行文件",
    )
    bank_no = models.PositiveIntegerField("银行文件内序号", null=True, blank=True)
    # the list it was shown on; the amounts of what was never shown cannot be sent
    notice = models.ForeignKey(
        Notice, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="公示"
    )
    settled_at = models.DateTimeField("结清时间", null=True, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        verbose_name = "发放明细"
        ordering = ["sheet", "grade", "class_name", "student_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student", "term", "programme", "payer"],
                condition=Q(state__in=_OPEN),
                name="one_open_line_per_money",
            ),
            models.UniqueConstraint(
                fields=["student", "programme", "payer"],
                condition=Q(once=True, state__in=_OPEN),
                name="once_in_a_lifetime_on_one_open_line",
            ),
            models.UniqueConstraint(
                fields=["batch", "student", "term", "programme"], name="one_line_per_batch_and_money"
            ),
            models.CheckConstraint(name="line_amount_is_positive", condition=Q(amount_fen__gt=0)),
            models.CheckConstraint(name="held_line_has_a_reason", condition=~Q(state="held") | ~Q(hold="")),
            models.CheckConstraint(
                name="settled_line_has_a_time",
                condition=Q(state__in=_OPEN, settled_at=None)
                | (~Q(state__in=_OPEN) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="sent_line_is_in_a_file",
                condition=~Q(state__in=_AT_BANK) | Q(bank_file__isnull=False, bank_no__isnull=False),
            ),
            models.CheckConstraint(
                name="sent_line_has_an_account",
                condition=~Q(state__in=_AT_BANK) | ~Q(account_hash=""),
            ),
            models.CheckConstraint(
                name="sent_line_was_publicised",
                condition=~Q(state__in=_AT_BANK) | Q(notice__isnull=False),
            ),
            models.UniqueConstraint(fields=["bank_file", "bank_no"], name="bank_number_once_per_file"),
        ]
        indexes = [
            models.Index(fields=["term", "student", "programme"], name="line_by_money"),
            models.Index(fields=["batch", "state"], name="line_by_batch_state"),
        ]

    def __str__(self):
        return f"{self.student_name} {self.programme_id}"

    @property
    def category_labels(self) -> list[str]:
        return category_labels(self.categories)

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)

    @property
    def finding(self) -> tuple[str, str]:
        """Return the automatic check as (tone, words): what a reader of the queue should look at."""
        if self.state == LineState.HELD:
            tone = "warn" if self.hold == HoldReason.NO_ACCOUNT else "bad"
            return tone, self.get_hold_display()
        return {
            LineState.LISTED: ("ok", "核验一致"),
            LineState.PAID: ("ok", "已到账"),
            LineState.FAILED: ("bad", "发放失败"),
            LineState.SENT: ("doing", "已送银行"),
        }.get(self.state, ("todo", self.get_state_display()))
