from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.workflow.models import Decision
from subsidies.engine import Term
from subsidies.enums import Kind, PolicyState


class Programme(models.Model):
    """资助项目: what money is counted under, whichever policy awards it."""

    code = models.CharField("项目代码", max_length=60, primary_key=True)
    name = models.CharField("项目名称", max_length=60)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField("次序", default=0)
    by_choice = models.BooleanField("由家庭选择", default=False, help_text="同组几项只能享受一项，由家庭选定")

    class Meta:
        verbose_name = "资助项目"
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class PolicyQuerySet(models.QuerySet):
    def visible_to(self, user, permission: str = "view_policy") -> Self:
        """Rules are no one's data: whoever may read policies reads them all; drafts are for those who write them."""
        if user.can("load_policy"):
            return self
        return self.published() if user.can(permission) else self.none()

    def published(self) -> Self:
        return self.filter(state=PolicyState.PUBLISHED)

    def drafts(self) -> Self:
        return self.filter(state=PolicyState.DRAFT)

    def in_force(self, term: str) -> Self:
        """Return the published policies that apply from ``term`` or before, the one in force first.

        ``term`` is a code, or blank for the time before every dated policy. Codes of earlier years sort
        before the year itself, and so does the blank one.
        """
        if not term:
            return self.published().filter(applies_from="").order_by("-published_at", "-pk")
        on = Term.parse(term)
        this_year = [str(Term(on.year, half)) for half in range(on.half + 1)]
        begun = Q(applies_from__lt=f"{on.year:04}") | Q(applies_from__in=this_year)
        return self.published().filter(begun).order_by("-published_at", "-pk")


class Policy(models.Model):
    """A plan as dated, cited rules (see docs/policy-packs.md): a draft that people write, or published and fixed for good.

    What it says is its text, the texts it includes as they were, and the bureau's figures for what the
    document leaves open: fen, null for "not carried out", or one of these per school code; and the shares of
    a ratio it leaves open, by source in hundredths of a per cent. The policy of a
    term is the newest published one that applies from that term or an earlier one. The database refuses
    any change to a published one (migration ``views_and_triggers``).
    """

    name = models.CharField("代码", max_length=40)
    title = models.CharField("名称", max_length=120)
    version = models.PositiveSmallIntegerField("版本", null=True, blank=True)
    state = models.CharField("状态", max_length=10, choices=PolicyState.choices, default=PolicyState.DRAFT)
    applies_from = models.CharField("自哪个学期起", max_length=11, blank=True, help_text="空为自始")
    text = models.TextField("规则文本")
    included = models.JSONField("引用的政策包", default=dict, blank=True)
    figures = models.JSONField("教育局确定的金额", default=dict, blank=True)
    digest = models.CharField("摘要", max_length=64)
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="依据的版本"
    )
    revision = models.PositiveIntegerField("第几次保存", default=1)
    created_at = models.DateTimeField("起草时间", default=timezone.now)
    created_by = models.CharField("起草人", max_length=60)
    changed_at = models.DateTimeField("修改时间", default=timezone.now)
    changed_by = models.CharField("修改人", max_length=60, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.CharField("发布人", max_length=60, blank=True)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = "政策包"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.CheckConstraint(
                name="published_policy_has_a_version_and_a_time",
                condition=Q(state=PolicyState.PUBLISHED, version__isnull=False, published_at__isnull=False)
                | (~Q(state=PolicyState.PUBLISHED) & Q(version=None, published_at=None)),
            ),
        ]

    def __str__(self):
        return (
            f"{self.title} 第{self.version}版"
            if self.version
            else f"{self.title}（{self.get_state_display()}）"
        )

    @property
    def is_draft(self) -> bool:
        return self.state == PolicyState.DRAFT

    @property
    def since(self) -> Term:
        """The term from which it applies; before every other where it applies from the beginning."""
        return Term.parse(self.applies_from) if self.applies_from else Term(0, 0)

    @property
    def begins(self) -> str:
        """Say from when on it applies."""
        return f"{Term.parse(self.applies_from).label}起" if self.applies_from else "自始适用"


class PolicyDecision(Decision):
    subject = models.ForeignKey(Policy, models.PROTECT, related_name="decisions", verbose_name="政策包")

    class Meta(Decision.Meta):
        verbose_name = "政策办理记录"
