from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from students.enums import ChangeCause
from students.models import Student
from students.models.placed import at_child
from subsidies.enums import Kind, RunCause

from .policy import Policy, Programme


class PlacedQuerySet(ScopedQuerySet):
    """Rows that carry where the child studies and where its household is."""

    def _reads_at(self, scope) -> Q:
        return at_child(scope)


class Entitlement(models.Model):
    """应享: what the rules say a child is owed in a term under a programme. Derived, never edited by hand.

    The natural key is the primary key and there are no foreign keys in the database: rows come and
    go by the million in set-based statements.
    """

    pk = models.CompositePrimaryKey("term", "student", "programme")
    term = models.ForeignKey(
        Term, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entitlements"
    )
    student = models.ForeignKey(
        Student, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entitlements"
    )
    programme = models.ForeignKey(
        Programme, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="entitlements"
    )
    rule = models.CharField("规则", max_length=60)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices)
    amount_fen = models.BigIntegerField("金额（分）")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    grade = models.PositiveSmallIntegerField("年级")
    school = models.ForeignKey(
        School, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="entitlements"
    )
    school_area = models.CharField("学校区划", max_length=12)
    home_area = models.CharField("户籍区划", max_length=12)

    objects = PlacedQuerySet.as_manager()

    class Meta:
        verbose_name = "应享"
        constraints = [models.CheckConstraint(name="entitlement_is_positive", condition=Q(amount_fen__gt=0))]
        indexes = [models.Index(fields=["term", "school", "stage"], name="entitlement_by_school")]

    def __str__(self):
        return f"{self.term_id} {self.student_id} {self.programme_id}"


class Balance(models.Model):
    """The four numbers of a child, programme and term, from the database view ``subsidies_balance``.

    entitled (应享) - paid (已发) - in hand (在途) = outstanding (positive 待发, negative 多发), in fen.
    """

    pk = models.CompositePrimaryKey("term", "student", "programme")
    term = models.ForeignKey(Term, models.DO_NOTHING, db_constraint=False, related_name="+")
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="balances")
    programme = models.ForeignKey(Programme, models.DO_NOTHING, db_constraint=False, related_name="+")
    entitled_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField()
    in_hand_fen = models.BigIntegerField()
    outstanding_fen = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "subsidies_balance"
        verbose_name = "应享与已发"

    def __str__(self):
        return f"{self.term_id} {self.student_id} {self.programme_id}"

    @property
    def overpaid_fen(self) -> int:
        """What was paid beyond what is due; 0 when nothing was."""
        return max(0, -self.outstanding_fen)


class Aid(models.Model):
    """All aid of a child in a term, from the database view ``subsidies_aid``: what is owed as cash and as waivers or meals, what was paid.

    ``programmes`` is how many it is owed of; 0 where money was paid and nothing is owed. A loan is no aid.
    """

    pk = models.CompositePrimaryKey("term", "student")
    term = models.ForeignKey(Term, models.DO_NOTHING, db_constraint=False, related_name="+")
    student = models.ForeignKey(Student, models.DO_NOTHING, db_constraint=False, related_name="aids")
    cash_fen = models.BigIntegerField()
    other_fen = models.BigIntegerField()
    paid_fen = models.BigIntegerField()
    programmes = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "subsidies_aid"
        verbose_name = "学生本学期资助"

    def __str__(self):
        return f"{self.term_id} {self.student_id}"


class RecalculationQuerySet(models.QuerySet):
    def because_of(self, cause: str) -> Self:
        """Return the runs that ``cause`` set off, or that looked at children who had changed for it."""
        return self.filter(Q(cause=cause) | Q(marks__has_key=cause))


class Recalculation(models.Model):
    """One run of the engine over a term: what set it off, what had changed, what it changed, how long it took."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="recalculations", verbose_name="学期")
    policy = models.ForeignKey(Policy, models.PROTECT, related_name="recalculations", verbose_name="政策包")
    trigger = models.CharField("起因", max_length=60)
    cause = models.CharField("起因类别", max_length=12, choices=RunCause.choices, default=RunCause.BY_HAND)
    marks = models.JSONField("有变动的学生", default=dict, help_text="变动起因：人数")
    by_name = models.CharField("发起人", max_length=60)
    only_changed = models.BooleanField("只算有变动的", default=False)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="只算一校"
    )
    students = models.PositiveIntegerField("学生", default=0)
    profiles = models.PositiveIntegerField("情形", default=0)
    created = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("变动", default=0)
    ended = models.PositiveIntegerField("终止", default=0)
    unchanged = models.PositiveIntegerField("不变", default=0)
    amount_fen = models.BigIntegerField("应享合计（分）", default=0)
    by_programme = models.JSONField("分项目", default=dict)
    seconds = models.FloatField("用时（秒）", default=0)
    at = models.DateTimeField("时间", default=timezone.now)

    objects = RecalculationQuerySet.as_manager()

    class Meta:
        verbose_name = "重算"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.term_id} {self.at:%Y-%m-%d %H:%M}"

    @property
    def told(self) -> list[tuple[str, int]]:
        """What had changed before the run, in words, and for how many children."""
        return [(ChangeCause(cause).label, children) for cause, children in self.marks.items()]
