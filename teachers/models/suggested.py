"""A suggested plan of deployments: its rules, what the solver made of them, and what the officer says to it.

One row of :class:`PlanRun` per solve. What is said to a plan (:class:`PlanHold`) goes into the next solve, which is another run.
"""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.models import Decision
from teachers.enums.posts import post_label
from teachers.enums.registry import Subject
from teachers.enums.suggested import HoldKind, MoveState, RunState

from .deployment import Deployment
from .registry import Teacher


class CountyWideQuerySet(models.QuerySet):
    """Rows of the whole county: for who may plan deployments, all of them, else none."""

    def visible_to(self, user, permission: str = "plan_deployment") -> Self:
        return self.all() if user.can(permission) else self.none()


class PlanRun(models.Model):
    """One solve. ``rules`` is what ``planning.Rules`` keeps of itself, ``result`` what ``actions.suggested`` keeps of a plan."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="suggested_plans", verbose_name="学期")
    since = models.DateField("调动起")
    until = models.DateField("调动止")
    rules = models.JSONField("规则", default=dict)
    seconds = models.PositiveSmallIntegerField("时限（秒）", default=30)
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="solved_again", verbose_name="原方案"
    )
    state = models.CharField("状态", max_length=10, choices=RunState.choices, default=RunState.WAITING)
    digest = models.CharField("数据摘要", max_length=64, blank=True)
    result = models.JSONField("结果", default=dict)
    is_touched = models.BooleanField("求解后有调整", default=False)
    by_name = models.CharField("发起人", max_length=60)
    created_at = models.DateTimeField("发起时间", default=timezone.now)
    solved_at = models.DateTimeField("求解时间", null=True, blank=True)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "交流建议方案"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="suggested_plan_ends_after_it_begins", condition=Q(until__gt=F("since")),
                violation_error_message="调动止日应晚于起日。",
            ),
            models.CheckConstraint(
                name="suggested_plan_time_limit", condition=Q(seconds__gte=1, seconds__lte=300),
                violation_error_message="时限应为 1 到 300 秒。",
            ),
            models.CheckConstraint(
                name="solved_plan_has_its_facts",
                condition=~Q(state__in=[RunState.SOLVED, RunState.INFEASIBLE, RunState.ADOPTED])
                | Q(solved_at__isnull=False) & ~Q(digest=""),
            ),
            models.UniqueConstraint(
                fields=["based_on"], condition=Q(based_on__isnull=False), name="plan_is_solved_again_once",
                violation_error_message="这份方案已重新求解，请看新的方案。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"建议方案 {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:suggested", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"waiting": "doing", "solved": "todo", "infeasible": "bad", "adopted": "ok"}.get(
            self.state, "info"
        )

    @property
    def lock(self) -> str:
        """Names what no two jobs may work on at once."""
        return f"suggested_plan:{self.pk}"

    @property
    def can_be_solved(self) -> bool:
        return self.state in (RunState.WAITING, RunState.SOLVED, RunState.INFEASIBLE)


class PlanRunDecision(Decision):
    subject = models.ForeignKey(
        PlanRun, models.PROTECT, related_name="decisions", verbose_name="交流建议方案"
    )

    class Meta(Decision.Meta):
        verbose_name = "建议方案办理记录"


class ToPost(models.Model):
    """A post by school, stage and subject."""

    school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="接收学校")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    subject = models.CharField("学科", max_length=20, choices=Subject.choices)

    class Meta:
        abstract = True

    @property
    def post_key(self) -> tuple[int, str, str]:
        return (self.school_id, self.stage, self.subject)

    @property
    def post_label(self) -> str:
        return post_label(self.stage, self.subject)


class PlanHold(models.Model):
    """What the officer says to a run; the next solve heeds it. ``stay``: the teacher is not moved at all, so no post is named."""

    run = models.ForeignKey(PlanRun, models.CASCADE, related_name="holds", verbose_name="建议方案")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="+", verbose_name="教师")
    kind = models.CharField("意见", max_length=10, choices=HoldKind.choices)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="接收学校"
    )
    stage = models.CharField("学段", max_length=20, choices=Stage.choices, blank=True)
    subject = models.CharField("学科", max_length=20, choices=Subject.choices, blank=True)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "对建议方案的意见"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="hold_names_a_post_or_nobody_moves",
                condition=Q(kind=HoldKind.STAY, school=None, stage="", subject="")
                | ~Q(kind=HoldKind.STAY) & Q(school__isnull=False) & ~Q(stage="") & ~Q(subject=""),
            ),
            models.UniqueConstraint(
                fields=["run", "teacher"],
                condition=Q(kind=HoldKind.PIN),
                name="teacher_is_pinned_once",
                violation_error_message="这名教师已固定了去处。",
            ),
            models.UniqueConstraint(
                fields=["run", "teacher", "school", "stage", "subject"], name="hold_is_said_once"
            ),
            models.UniqueConstraint(
                fields=["run", "teacher"], condition=Q(kind=HoldKind.STAY), name="teacher_stays_once"
            ),
        ]

    def __str__(self):
        return f"{self.teacher} {self.get_kind_display()}"

    @property
    def post_key(self) -> tuple[int, str, str]:
        return (self.school_id, self.stage, self.subject)

    @property
    def told(self) -> str:
        return f"{self.school} {post_label(self.stage, self.subject)}" if self.school_id else "留在原校"


class PlannedMove(ToPost):
    """A move a run proposes, with why; accepted, it has become a draft of a deployment (``deployment``, once)."""

    run = models.ForeignKey(PlanRun, models.CASCADE, related_name="moves", verbose_name="建议方案")
    number = models.PositiveIntegerField("序号")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="planned_moves", verbose_name="教师")
    from_school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="派出学校")
    km = models.DecimalField("公里", max_digits=6, decimal_places=1, null=True, blank=True)
    is_unwilling = models.BooleanField("未表示愿去偏远", default=False)
    gain = models.IntegerField("得分")
    cost = models.IntegerField("代价")
    why = models.JSONField("理由", default=dict)
    state = models.CharField("状态", max_length=10, choices=MoveState.choices, default=MoveState.PROPOSED)
    deployment = models.OneToOneField(
        Deployment,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="planned_move",
        verbose_name="派出草稿",
    )

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "建议调动"
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(fields=["run", "teacher"], name="plan_moves_a_teacher_once"),
            models.UniqueConstraint(fields=["run", "number"], name="planned_move_number_once"),
            models.CheckConstraint(
                name="planned_move_leaves_its_school", condition=~Q(from_school=F("school"))
            ),
            models.CheckConstraint(
                name="accepted_move_has_its_draft",
                condition=Q(state=MoveState.ACCEPTED, deployment__isnull=False)
                | ~Q(state=MoveState.ACCEPTED) & Q(deployment=None),
            ),
        ]

    def __str__(self):
        return f"{self.teacher}：{self.from_school} → {self.school}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:suggested_move", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"proposed": "todo", "pinned": "doing", "rejected": "bad"}.get(self.state, "ok")

    @property
    def less(self) -> int | None:
        """How many points the next best choice is worth less; None when there is none."""
        others = [
            other["less"] for other in (self.why.get("other_teacher"), self.why.get("other_school")) if other
        ]
        return min(others, default=None)
