"""Teachers who work at another school for a time (支教, 轮岗交流, 走教, 跟岗, 借调), and heads' terms of office."""

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from teachers.enums.deployment import (
    AGREED_BY_BOTH,
    BEGUN,
    BINDING,
    NOT_TO_BE,
    OVER,
    DeploymentKind,
    DeploymentOrigin,
    DeploymentState,
)

from .places import AtSchoolQuerySet
from .registry import Teacher

NOT_RECORDED = ~Q(origin=DeploymentOrigin.RECORDED)


class DeploymentQuerySet(ScopedQuerySet):
    """Deployments by either school; a draft is for the school it would send from, not yet for the other."""

    def _reads_at(self, scope) -> Q:
        return scope.school_q("sending") | scope.school_q("receiving") & ~Q(state=DeploymentState.DRAFT)

    def sent_from(self, user, permission: str):
        return self.filter(user.scope(permission).school_q("sending"))

    def binding(self):
        """Return those whose days are taken."""
        return self.filter(state__in=BINDING)

    def under_way(self):
        return self.filter(state=DeploymentState.UNDER_WAY)

    def is_overdue(self) -> Q:
        """Return the condition that somebody should be back and is not, with no agreed extension that waits to begin."""
        waiting = Deployment.objects.filter(state=DeploymentState.AGREED, extends__isnull=False)
        late = Q(state=DeploymentState.UNDER_WAY, until__lt=today())
        return late & ~Q(pk__in=waiting.values("extends"))

    def overdue(self):
        return self.filter(self.is_overdue())

    def late_to_start(self):
        return self.filter(state=DeploymentState.AGREED, since__lt=today())

    def to_agree(self, user):
        """Return those that wait for a school of ``user``."""
        scope = user.scope("accept_deployment")
        waiting = self.filter(state__in=[DeploymentState.APPROVED, DeploymentState.HALF_AGREED])
        return waiting.filter(
            scope.school_q("sending") & Q(sending_agreed_by_id=None)
            | scope.school_q("receiving") & Q(receiving_agreed_by_id=None)
        )

    def at_work(self, day: dt.date):
        """Return those whose teacher works at the receiving school on ``day``: as it was, as it is; later, as agreed.

        Who is overdue is still there today; nobody is counted beyond the last day that was agreed.
        """
        was = Q(state__in=OVER, started_on__lte=day, ended_on__gte=day)
        late = Q(until__lt=today()) if day <= today() else Q(pk__in=())
        running = Q(state=DeploymentState.UNDER_WAY, started_on__lte=day) & (Q(until__gte=day) | late)
        agreed = (
            Q(state=DeploymentState.AGREED, since__lte=day, until__gte=day) if day > today() else Q(pk__in=())
        )
        return self.filter(was | running | agreed)

    def with_people(self):
        return self.select_related("teacher__person", "sending", "receiving")


class Deployment(models.Model):
    """One teacher at one other school, both days included; the post stays at the sending school.

    Who is on secondment (借调) may be at an office that is no school: then the sending school alone agrees, and says that they are there.
    No two of a teacher's share a day once approved (trigger), whoever approves at once. An extension is a new one that ``extends`` the
    old, from the day after. Asked, approved and agreed to by different people; who started and ended it, and when, are days of their own.
    """

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="deployments", verbose_name="教师")
    kind = models.CharField("类型", max_length=12, choices=DeploymentKind.choices)
    sending = models.ForeignKey(
        School, models.PROTECT, related_name="deployments_out", verbose_name="派出学校"
    )
    receiving = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="deployments_in", verbose_name="接收学校"
    )
    office = models.CharField("借调单位", max_length=80, blank=True, help_text="借调到学校以外的单位")
    since = models.DateField("起")
    until = models.DateField("止")
    reason = models.CharField("事由", max_length=300)
    document = models.CharField("文号", max_length=80, blank=True)
    state = models.CharField(
        "状态", max_length=12, choices=DeploymentState.choices, default=DeploymentState.DRAFT
    )
    origin = models.CharField(
        "来源", max_length=10, choices=DeploymentOrigin.choices, default=DeploymentOrigin.ENTERED
    )
    extends = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="extensions", verbose_name="延长的是"
    )
    drafted_by_id = models.BigIntegerField("起草人编号", null=True)
    drafted_by = models.CharField("起草人", max_length=60)
    drafted_at = models.DateTimeField("起草时间", default=timezone.now)
    asked_by_id = models.BigIntegerField("申请人编号", null=True)
    asked_at = models.DateTimeField("申请时间", null=True)
    approved_by_id = models.BigIntegerField("审批人编号", null=True)
    approved_on = models.DateField("批准日期", null=True)
    sending_agreed_by_id = models.BigIntegerField("派出学校同意人编号", null=True)
    receiving_agreed_by_id = models.BigIntegerField("接收学校同意人编号", null=True)
    started_on = models.DateField("到岗日期", null=True)
    ended_on = models.DateField("实际最后一天", null=True)
    reminded_for = models.DateField("已提醒的返回日期", null=True)

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        verbose_name = "教师派出"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="deployment_is_to_another_school", condition=~Q(sending=F("receiving")),
                violation_error_message="接收学校不能是教师自己的学校。",
            ),
            models.CheckConstraint(
                name="deployment_is_to_a_school_or_an_office",
                condition=Q(receiving__isnull=False, office="") | Q(kind=DeploymentKind.SECONDMENT, receiving=None) & ~Q(office=""),
                violation_error_message="请选接收学校；只有借调可以到学校以外的单位，那时不选接收学校，填借调单位。",
            ),
            models.CheckConstraint(
                name="deployment_ends_after_it_begins", condition=Q(until__gte=F("since")),
                violation_error_message="止日不能早于起日。",
            ),
            models.CheckConstraint(name="deployment_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="deployment_approved_by_another_person",
                condition=~(Q(state__in=BINDING) & NOT_RECORDED)
                | Q(approved_by_id__isnull=False, approved_on__isnull=False)
                & ~Q(approved_by_id=F("asked_by_id")) & ~Q(approved_by_id=F("drafted_by_id")),
                violation_error_message="审批人不能是起草或申请的人。",
            ),
            models.CheckConstraint(
                name="half_agreed_deployment_has_one_school",
                condition=~Q(state=DeploymentState.HALF_AGREED)
                | Q(sending_agreed_by_id__isnull=False, receiving_agreed_by_id=None)
                | Q(sending_agreed_by_id=None, receiving_agreed_by_id__isnull=False),
            ),
            models.CheckConstraint(
                name="agreed_deployment_has_both_schools",
                condition=~(Q(state__in=AGREED_BY_BOTH) & NOT_RECORDED)
                | Q(sending_agreed_by_id__isnull=False)
                & (Q(receiving_agreed_by_id__isnull=False) | Q(receiving=None, receiving_agreed_by_id=None)),
            ),
            models.CheckConstraint(
                name="begun_deployment_has_a_first_day",
                condition=Q(state__in=BEGUN, started_on__gte=F("since")) | ~Q(state__in=BEGUN) & Q(started_on=None),
                violation_error_message="到岗日期不能早于起日。",
            ),
            models.CheckConstraint(
                name="ended_deployment_has_a_last_day",
                condition=Q(state=DeploymentState.RETURNED, ended_on__gte=F("until"))
                | Q(state=DeploymentState.EXTENDED, ended_on=F("until"))
                | Q(state=DeploymentState.ENDED_EARLY, ended_on__gte=F("started_on"), ended_on__lt=F("until"))
                | ~Q(state__in=OVER) & Q(ended_on=None),
                violation_error_message="最后一天与办理的步骤不符：没到期的请办理“提前结束”。",
            ),
            models.UniqueConstraint(
                fields=["extends"], condition=~Q(state__in=NOT_TO_BE), name="deployment_is_extended_once",
                violation_error_message="这次派出已有一份延期申请。",
            ),
            models.UniqueConstraint(
                fields=["teacher"], condition=Q(state=DeploymentState.UNDER_WAY), name="teacher_is_in_one_deployment",
                violation_error_message="这位教师还在另一次派出中。",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "until"], name="deployment_by_end"),
            models.Index(fields=["sending", "state"], name="deployment_out"),
            models.Index(fields=["receiving", "state"], name="deployment_in"),
        ]

    def __str__(self):
        return f"{self.teacher} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:deployment", args=[self.pk])

    @property
    def days_left(self) -> int:
        """How many days remain until the last one; below zero when the teacher should be back."""
        return (self.until - today()).days

    @property
    def is_overdue(self) -> bool:
        return self.state == DeploymentState.UNDER_WAY and self.until < today()

    @property
    def period(self) -> str:
        return f"{self.since} 至 {self.until}"

    @property
    def destination(self) -> str:
        """The name of the school or office where the teacher works."""
        return self.receiving.name if self.receiving else self.office

    def refusal(self, name: str, verb: str) -> str:
        """Return why ``verb`` waits until the teacher, called ``name``, is back."""
        return f"{name}正在{self.destination}{self.get_kind_display()}；请先在派遣里办理返回或提前结束，再办理{verb}。"

    @property
    def schools(self) -> list[School]:
        """The schools that agree to it."""
        return [school for school in (self.sending, self.receiving) if school]

    @property
    def is_to_an_office(self) -> bool:
        return self.receiving_id is None

    @property
    def state_words(self) -> str:
        if self.is_overdue:
            return f"逾期 {-self.days_left} 天未返回"
        if self.is_to_an_office and self.state == DeploymentState.APPROVED:
            return "待派出学校确认"
        return self.get_state_display()

    @property
    def tone(self) -> str:
        if self.is_overdue or self.state == DeploymentState.REFUSED:
            return "bad"
        return {"draft": "todo", "under_way": "info", "returned": "ok", "extended": "ok", "ended_early": "ok", "withdrawn": "todo"}.get(
            self.state, "doing"
        )  # fmt: skip


class DeploymentDecision(Decision):
    subject = models.ForeignKey(Deployment, models.PROTECT, related_name="decisions", verbose_name="教师派出")

    class Meta(Decision.Meta):
        verbose_name = "教师派出办理记录"


class HeadTermQuerySet(AtSchoolQuerySet):
    def named(self, words: str):
        """Return those of the head so named, or of that number (工号)."""
        return self.filter(Q(teacher__person__name__contains=words) | Q(teacher__code=words))


class HeadTerm(models.Model):
    """One term of office of a head or deputy head at one school (校长任期): two full ones make eligible for rotation."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="head_terms", verbose_name="教师")
    school = models.ForeignKey(School, models.PROTECT, related_name="head_terms", verbose_name="学校")
    number = models.PositiveSmallIntegerField("第几届")
    since = models.DateField("起")
    until = models.DateField("止")

    objects = HeadTermQuerySet.as_manager()

    class Meta:
        verbose_name = "校长任期"
        ordering = ["school", "teacher", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["teacher", "school", "number"], name="head_term_once",
                violation_error_message="这位校长在这所学校的这一届已登记。",
            ),
            models.CheckConstraint(
                name="head_term_ends_after_it_begins", condition=Q(until__gt=F("since")),
                violation_error_message="任期的止日应晚于起日。",
            ),
            models.CheckConstraint(
                name="head_term_is_numbered", condition=Q(number__gte=1, number__lte=9),
                violation_error_message="第几届应为 1 到 9。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} 第{self.number}届"
