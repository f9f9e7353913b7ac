"""试算: what a draft would change, found out beforehand; entitlements are not touched."""

from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.orgs.models import School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from subsidies.engine import Term as Begins
from subsidies.enums import Kind

from .policy import Policy

# What is counted of children whose money would change: how many get more and less, how much; and of cash
# how much of it is to be paid in addition (补发) and how much was paid too much (多发).
COUNTS = ("gain", "gain_fen", "lose", "lose_fen", "back", "back_fen", "over", "over_fen")


class WhatIf(models.Model):
    """One run over all the terms a draft would apply to; stale as soon as anything it rests on has changed."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="what_ifs", verbose_name="政策草稿")
    digest = models.CharField("草稿摘要", max_length=64)
    applies_from = models.CharField("自哪个学期起", max_length=11, blank=True)
    newest = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="当时最后发布的政策"
    )
    made_at = models.DateTimeField("时间", default=timezone.now)
    made_by = models.CharField("试算人", max_length=60)
    seconds = models.FloatField("用时（秒）", default=0)

    class Meta:
        verbose_name = "试算"
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.policy.title} 试算 {timezone.localtime(self.made_at):%Y-%m-%d %H:%M}"


class _Counted(models.Model):
    """The figures of COUNTS: children and fen."""

    gain = models.PositiveIntegerField("增加（人）", default=0)
    gain_fen = models.BigIntegerField("增加（分）", default=0)
    lose = models.PositiveIntegerField("减少（人）", default=0)
    lose_fen = models.BigIntegerField("减少（分）", default=0)
    back = models.PositiveIntegerField("补发（人）", default=0)
    back_fen = models.BigIntegerField("补发（分）", default=0)
    over = models.PositiveIntegerField("多发（人）", default=0)
    over_fen = models.BigIntegerField("多发（分）", default=0)

    class Meta:
        abstract = True


class WhatIfTerm(_Counted):
    """A term of it: its children as wholes, and those whose money changes most."""

    what_if = models.ForeignKey(WhatIf, models.CASCADE, related_name="terms", verbose_name="试算")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    policy = models.ForeignKey(
        Policy, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="现在适用的政策"
    )
    students = models.PositiveIntegerField("学生", default=0)
    waiting = models.PositiveIntegerField("待重算", default=0)
    before_fen = models.BigIntegerField("现应享（分）", default=0)
    after_fen = models.BigIntegerField("新应享（分）", default=0)
    most = models.JSONField(
        "变动最大的学生", default=list, help_text="[学生编号, 原应享, 新应享, 补发, 多发]，以分计"
    )

    class Meta:
        verbose_name = "试算的一个学期"
        ordering = ["-term__starts_on"]
        constraints = [models.UniqueConstraint(fields=["what_if", "term"], name="what_if_term_once")]

    def __str__(self):
        return f"{self.what_if} {self.term}"

    @property
    def to_come(self) -> str:
        """Name the term that is not there yet, for which this one was tried; blank where it was tried for itself."""
        begins = self.what_if.applies_from
        return (
            Begins.parse(begins).label if begins and Begins.parse(begins) > Begins.parse(self.term_id) else ""
        )


class WhatIfCellQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.area_q("area") | Q(school__in=scope.schools) | Q(school__centre__in=scope.centres)

    def of_children(self):
        """Return the cells that count children as wholes, not by programme."""
        return self.filter(programme="")

    def of_programmes(self):
        return self.exclude(programme="")

    def summed(self, *by: str):
        """Return one row for each of ``by`` with every figure summed up."""
        sums = {f"sum_{name}": Coalesce(Sum(F(name)), 0) for name in COUNTS}
        return self.order_by().values(*by).annotate(**sums)


class WhatIfCell(_Counted):
    """A term, school and programme of it; with a blank programme the children of the school as wholes.

    Children who study away have no school here and stand in the township of their household.
    """

    what_if = models.ForeignKey(WhatIf, models.CASCADE, related_name="cells", verbose_name="试算")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="学期")
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    area = models.CharField("乡镇", max_length=9, blank=True)
    programme = models.CharField("项目代码", max_length=60, blank=True)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices, blank=True)

    objects = WhatIfCellQuerySet.as_manager()

    class Meta:
        verbose_name = "试算的一格"
        constraints = [
            models.UniqueConstraint(
                fields=["what_if", "term", "school", "area", "programme"], name="what_if_cell_once"
            ),
        ]

    def __str__(self):
        return f"{self.what_if} {self.term_id} {self.area} {self.programme}"
