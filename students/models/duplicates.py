from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import BlockKind, Ground, PairState

from .registry import Enrolment, Student


class DuplicatePairQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        """Deciding needs both records, so both must be in reach; without any enrolment only the county reaches one."""
        if scope.of_county:
            return Q()
        seen = Student.objects.in_scope(scope).values("pk")
        return Q(first__in=seen, second__in=seen)

    def undecided(self):
        return self.filter(state=PairState.OPEN)

    def asked_of(self, user):
        """Return the merges, and their takings back, that ``user`` may confirm: those another person asked for."""
        return self.filter(
            Q(state=PairState.PROPOSED) & ~Q(proposed_by_id=user.pk)
            | Q(state=PairState.UNDOING) & ~Q(undo_asked_by_id=user.pk)
        )


class DuplicatePair(models.Model):
    """Two records that may be one child. Told apart once, they are never asked about again."""

    first = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="甲")
    second = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="乙")
    grounds = models.JSONField("依据", default=list, help_text="Ground 的代码")
    found_at = models.DateTimeField("发现时间", default=timezone.now)
    state = models.CharField("状态", max_length=10, choices=PairState.choices, default=PairState.OPEN)
    keeper = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="保留的档案"
    )
    proposed_by_id = models.BigIntegerField("提请人编号", null=True, blank=True)
    confirmed_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    undo_asked_by_id = models.BigIntegerField("提请撤销人编号", null=True, blank=True)
    merged_at = models.DateTimeField("合并时间", null=True, blank=True)
    carried = models.JSONField(
        "随迁", default=dict, help_text="合并时移到保留档案的内容，撤销时移回；不含号码"
    )

    objects = DuplicatePairQuerySet.as_manager()

    class Meta:
        verbose_name = "疑似重复"
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_asked_once"),
            models.CheckConstraint(name="pair_in_order", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="proposed_pair_has_a_keeper",
                condition=~Q(state__in=["proposed", "merged", "undoing"])
                | Q(keeper__isnull=False, proposed_by_id__isnull=False),
            ),
            models.CheckConstraint(
                name="pair_merged_by_a_second_person",
                condition=~Q(state__in=["merged", "undoing"])
                | (
                    Q(confirmed_by_id__isnull=False, merged_at__isnull=False)
                    & ~Q(confirmed_by_id=F("proposed_by_id"))
                ),
                violation_error_message="提请人不能复核自己的合并",
            ),
            models.CheckConstraint(
                name="undoing_pair_says_who_asked",
                condition=Q(state="undoing", undo_asked_by_id__isnull=False)
                | ~Q(state="undoing") & Q(undo_asked_by_id=None),
            ),
        ]
        indexes = [models.Index(fields=["state", "id"], name="pair_by_state")]

    def __str__(self):
        return f"{self.first} / {self.second}"

    @property
    def ground_labels(self) -> list[str]:
        return [Ground(code).label for code in self.grounds]

    @property
    def given_up(self) -> Student | None:
        """The record that goes into the keeper."""
        if self.keeper_id is None:
            return None
        return self.second if self.keeper_id == self.first_id else self.first


class PairDecision(Decision):
    subject = models.ForeignKey(DuplicatePair, models.PROTECT, related_name="decisions")

    class Meta(Decision.Meta):
        verbose_name = "重复判定记录"


class MergedRecord(models.Model):
    """``Student.merged_into`` once more, for the view of balances.

    A view must not name the table of students: SQLite rebuilds a table to alter it, and refuses while a
    view names it. Written in the same action as the field (:mod:`students.actions.duplicates`).
    """

    student = models.OneToOneField(
        Student, models.CASCADE, primary_key=True, related_name="+", verbose_name="并入的档案"
    )
    keeper = models.ForeignKey(Student, models.CASCADE, related_name="+", verbose_name="保留的档案")

    class Meta:
        verbose_name = "并入记录"

    def __str__(self):
        return f"{self.student_id} → {self.keeper_id}"


class PayoutBlockQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Q(enrolment__in=Enrolment.objects.in_scope(scope).values("pk"))

    def in_force(self):
        return self.filter(lifted_at=None)


class PayoutBlock(models.Model):
    """An enrolment that draws no money for now: 双重学籍 or 虚假学籍 (facts.md 1.4, Linxia 二(三)6). Lifted, never deleted."""

    enrolment = models.ForeignKey(
        Enrolment, models.PROTECT, related_name="payout_blocks", verbose_name="学籍"
    )
    kind = models.CharField("原因", max_length=20, choices=BlockKind.choices)
    reason = models.CharField("说明", max_length=200)
    pair = models.ForeignKey(
        DuplicatePair, models.PROTECT, null=True, blank=True, related_name="blocks", verbose_name="疑似重复"
    )
    set_at = models.DateTimeField("认定时间", default=timezone.now)
    set_by = models.CharField("认定人", max_length=60)
    lifted_at = models.DateTimeField("解除时间", null=True, blank=True)
    lifted_by = models.CharField("解除人", max_length=60, blank=True)
    lifted_why = models.CharField("解除理由", max_length=200, blank=True)

    objects = PayoutBlockQuerySet.as_manager()

    class Meta:
        verbose_name = "停发"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["enrolment", "kind"], condition=Q(lifted_at=None), name="one_block_of_a_kind_in_force",
                violation_error_message="该学籍已按这一原因停发",
            ),
            models.CheckConstraint(name="block_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="lifted_block_says_who_and_why",
                condition=Q(lifted_at=None, lifted_by="", lifted_why="")
                | (Q(lifted_at__isnull=False) & ~Q(lifted_by="") & ~Q(lifted_why="")),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.enrolment.student} {self.get_kind_display()}"
