"""控辍个案: one child away from school, who found it, how far it is, and what it came to."""

import datetime as dt
import hashlib

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from dropout.enums import (
    GONE_FOR_GOOD,
    Answer,
    CaseKind,
    CaseOrigin,
    CaseState,
    DelayKind,
    Outcome,
    ProposalKind,
)
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import School, SchoolClass, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import CHANGES_OF_PLACE, MoveState
from students.models import Enrolment, Move, Student
from students.models.placed import at_child

# The child is held to be away, and its return is what is worked for.
AWAY = (CaseState.SUSPECTED, CaseState.VERIFIED, CaseState.PERSUADING)
OF_A_CONFIRMED_END = (CaseState.CLOSED, CaseState.DELAYED, CaseState.HOME_TAUGHT, CaseState.PROPOSED_REOPEN)


class CaseQuerySet(ScopedQuerySet):
    """Cases by where the child stands: its school or its household's village."""

    def _reads_at(self, scope) -> Q:
        return at_child(scope) | Q(school_class__in=scope.classes)

    def open(self):
        return self.exclude(state=CaseState.CLOSED)

    def suspected(self):
        """Return those of children held to be away who are not counted as dropouts yet."""
        return self.filter(state__in=AWAY, kind=CaseKind.SUSPECTED)

    def gone_for_good(self, on: dt.date):
        """Return those that ended by ``on`` with the child dead, at another school or abroad, and no 学籍异动 settled since.

        Once one is settled the roster tells where the child is, also one who has come back.
        """
        settled = Move.objects.filter(
            student=OuterRef("student"), state=MoveState.DONE, kind__in=CHANGES_OF_PLACE, effective_on__gte=OuterRef("since"),
            effective_on__lte=on,
        )  # fmt: skip
        return self.filter(closed_on__lte=on, outcome__in=GONE_FOR_GOOD).exclude(Exists(settled))

    def excusing(self, on: dt.date):
        """Return those on account of which a child need not come to class: taught at home, on leave, exempt, over age, gone."""
        by_end = Q(state=CaseState.CLOSED, outcome__in=[Outcome.EXEMPT, Outcome.OVER_AGE])
        gone = Q(pk__in=Case.objects.gone_for_good(on))
        return self.filter(Q(state__in=[CaseState.HOME_TAUGHT, CaseState.DELAYED]) | by_end | gone)

    def delayed_before(self, day: dt.date):
        """Return those whose approved delay ended before ``day``."""
        return self.filter(state=CaseState.DELAYED, until__lt=day)

    def with_child(self):
        return self.select_related("student", "term", "school__centre", "school_class")


class Case(models.Model):
    """One child's case. Where the child stands is as last known while it is open (:mod:`dropout.actions.cases`).

    ``evidence``, ``proposed_by_id`` and ``closed_by_id`` are those of the end that stands, which the database
    demands; every proposal made stays in :class:`CaseProposal`.
    """

    student = models.ForeignKey(Student, models.PROTECT, related_name="cases", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="发现学期")
    kind = models.CharField("类别", max_length=16, choices=CaseKind.choices)
    origin = models.CharField("来源", max_length=12, choices=CaseOrigin.choices)
    state = models.CharField("状态", max_length=16, choices=CaseState.choices, default=CaseState.SUSPECTED)
    state_since = models.DateField("进入这一步")
    since = models.DateField("离校日期", help_text="从哪天起没有到校；失学的填应入学日期")
    opened_on = models.DateField("建案日期")
    note = models.CharField("发现情况", max_length=500, blank=True)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="班级"
    )
    stage = models.CharField("学段", max_length=20, choices=Stage.choices, blank=True)
    grade = models.PositiveSmallIntegerField("年级", default=0)
    school_area = models.CharField("学校区划", max_length=12, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    returned_on = models.DateField("返校日期", null=True, blank=True)
    monitored_until = models.DateField("监测到", null=True, blank=True)
    until = models.DateField("缓学、休学到", null=True, blank=True)
    outcome = models.CharField("结果", max_length=12, choices=Outcome.choices, blank=True)
    evidence = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    proposed_by_id = models.BigIntegerField("提出人编号", null=True, blank=True)
    closed_by_id = models.BigIntegerField("复核人编号", null=True, blank=True)
    closed_on = models.DateField("销号日期", null=True, blank=True)

    objects = CaseQuerySet.as_manager()
    SEAT = ("school_id", "school_class_id", "stage", "grade", "school_area", "home_area")

    class Meta:
        verbose_name = "控辍个案"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student"], condition=~Q(state=CaseState.CLOSED), name="one_open_case_per_student",
                violation_error_message="该生已有一件没有销号的个案。",
            ),
            models.CheckConstraint(
                name="case_ends_with_evidence_by_another_person",
                condition=~Q(state__in=OF_A_CONFIRMED_END)
                | Q(evidence__isnull=False, proposed_by_id__isnull=False, closed_by_id__isnull=False)
                & ~Q(outcome="")
                & ~Q(closed_by_id=F("proposed_by_id")),
                violation_error_message="销号须有佐证材料，并由提出人以外的人复核。",
            ),
            models.CheckConstraint(
                name="closed_case_has_a_day",
                condition=Q(state__in=[CaseState.CLOSED, CaseState.PROPOSED_REOPEN], closed_on__isnull=False)
                | ~Q(state__in=[CaseState.CLOSED, CaseState.PROPOSED_REOPEN]) & Q(closed_on=None),
            ),
            models.CheckConstraint(
                name="case_is_closed_by_what_closes",
                condition=~Q(state=CaseState.CLOSED) | ~Q(outcome__in=[Outcome.DELAYED, Outcome.HOME_TAUGHT]),
            ),
            models.CheckConstraint(
                name="delay_of_a_case_has_an_end", condition=~Q(state=CaseState.DELAYED) | Q(until__isnull=False),
            ),
            models.CheckConstraint(
                name="returned_case_has_a_day",
                condition=~Q(state__in=[CaseState.RETURNED, CaseState.MONITORED]) | Q(returned_on__isnull=False),
            ),
            models.CheckConstraint(
                name="monitored_case_has_an_end",
                condition=~Q(state=CaseState.MONITORED) | Q(monitored_until__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["state", "home_area", "id"], name="case_by_home_area"),
            models.Index(fields=["state", "school_area", "id"], name="case_by_school_area"),
            models.Index(fields=["school", "state", "id"], name="case_by_school"),
            models.Index(fields=["until"], condition=Q(state=CaseState.DELAYED), name="case_delayed_until"),
        ]

    def __str__(self):
        return f"{self.student} {self.get_kind_display()}"

    def take_seat(self, seat: Enrolment) -> None:
        """Stand where the child's enrolment stands."""
        for name in self.SEAT:
            setattr(self, name, getattr(seat, name))

    @property
    def seat_values(self) -> tuple:
        return tuple(getattr(self, name) for name in self.SEAT)

    @property
    def is_open(self) -> bool:
        return self.state != CaseState.CLOSED

    @property
    def is_watched_long_enough(self) -> bool:
        """Whether nothing is left of the watch but its end."""
        return self.state == CaseState.MONITORED and self.monitored_until <= today()

    @property
    def days_away(self) -> int:
        """Days from the first one away to the return, or to today."""
        return ((self.returned_on or today()) - self.since).days

    @property
    def taught_since(self) -> dt.date | None:
        """The day 送教上门 was approved, last if more than once; a proposed end that was refused does not begin it anew."""
        approved = self.decisions.filter(verb="teach_at_home").order_by("-pk").first()
        return timezone.localtime(approved.at).date() if approved else None

    @property
    def place_name(self) -> str:
        """School and class as far as they are known."""
        return " ".join(part for part in (str(self.school or ""), self.class_name) if part) or "没有学籍"

    @property
    def class_name(self) -> str:
        grade = grade_name(self.stage, self.grade) if self.stage and self.grade else ""
        return str(self.school_class or grade)


class CaseDecision(Decision):
    subject = models.ForeignKey(Case, models.PROTECT, related_name="decisions", verbose_name="个案")

    class Meta(Decision.Meta):
        verbose_name = "个案办理记录"


class CaseReason(models.Model):
    """Why a step was taken, in full: the decision itself, and with it the log, holds only the text's digest.

    Reasons tell of health, family and faith, and are for those who work the case.
    """

    decision = models.OneToOneField(
        CaseDecision, models.PROTECT, related_name="said", verbose_name="办理记录"
    )
    text = models.CharField("理由", max_length=500)

    class Meta:
        verbose_name = "个案办理理由"
        constraints = [models.CheckConstraint(name="case_reason_says_something", condition=~Q(text=""))]

    def __str__(self):
        return self.text[:20]

    @staticmethod
    def digest(text: str) -> str:
        """Return what stands for ``text`` in the decision and its chain."""
        return f"理由见个案（摘要 {hashlib.sha256(text.encode()).hexdigest()[:16]}）"

    @property
    def is_untouched(self) -> bool:
        return self.decision.reason == self.digest(self.text)


class CaseProposalQuerySet(ScopedQuerySet):
    """Proposals by their case."""

    def _reads_at(self, scope) -> Q:
        return Q(Exists(Case.objects.filter(pk=OuterRef("case")).in_scope(scope)))

    def waiting(self):
        return self.filter(answer="")


class CaseProposal(models.Model):
    """An end, a side exit or a reopening as one person proposed it, with evidence, and what another answered.

    ``before``: the state the case was in, where a refusal leads back to; ``since``: of a reopening, since when the child is away again.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="proposals", verbose_name="个案")
    kind = models.CharField("事项", max_length=8, choices=ProposalKind.choices)
    outcome = models.CharField("结果", max_length=12, choices=Outcome.choices, blank=True)
    before = models.CharField("原状态", max_length=16, choices=CaseState.choices)
    reason = models.CharField("说明", max_length=500)
    evidence = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="佐证材料")
    delay_kind = models.CharField("缓学或休学", max_length=6, choices=DelayKind.choices, blank=True)
    until = models.DateField("到", null=True, blank=True)
    since = models.DateField("再次离校的日期", null=True, blank=True)
    where_to = models.CharField("去向", max_length=120, blank=True)
    assessed_on = models.DateField("评估日期", null=True, blank=True)
    assessment = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="评估意见",
        help_text="县残疾人教育专家委员会出具",
    )  # fmt: skip
    proposed_at = models.DateTimeField("提出时间", default=timezone.now)
    proposed_by_id = models.BigIntegerField("提出人编号", null=True)
    proposed_by = models.CharField("提出人", max_length=60)
    answer = models.CharField("复核", max_length=10, choices=Answer.choices, blank=True)
    answered_at = models.DateTimeField("复核时间", null=True, blank=True)
    answered_by_id = models.BigIntegerField("复核人编号", null=True)
    answered_by = models.CharField("复核人", max_length=60, blank=True)

    objects = CaseProposalQuerySet.as_manager()

    class Meta:
        verbose_name = "销号提请"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(answer=""), name="one_open_proposal_per_case",
                violation_error_message="这件个案已有一件提请等待复核。",
            ),
            models.CheckConstraint(
                name="proposal_of_a_case_takes_two_people",
                condition=Q(answer="", answered_at=None)
                | Q(answered_at__isnull=False, answered_by_id__isnull=False, proposed_by_id__isnull=False)
                & ~Q(answer="") & ~Q(answered_by_id=F("proposed_by_id")),
                violation_error_message="须由提出人以外的人复核。",
            ),
            models.CheckConstraint(
                name="end_of_a_case_has_an_outcome",
                condition=Q(kind=ProposalKind.REOPEN, outcome="") | Q(kind=ProposalKind.END) & ~Q(outcome=""),
            ),
            models.CheckConstraint(
                name="only_a_reopening_says_since_when", condition=Q(since=None) | Q(kind=ProposalKind.REOPEN)
            ),
            models.CheckConstraint(
                name="exemption_has_an_assessment",
                condition=~Q(outcome=Outcome.EXEMPT) | Q(assessed_on__isnull=False, assessment__isnull=False),
                violation_error_message="因身体原因免学，须有县残疾人教育专家委员会的评估意见。",
            ),
            models.CheckConstraint(
                name="delay_has_a_kind_and_an_end",
                condition=Q(outcome=Outcome.DELAYED, until__isnull=False) & ~Q(delay_kind="")
                | ~Q(outcome=Outcome.DELAYED) & Q(delay_kind="", until=None),
                violation_error_message="缓学、休学须写明到哪一天。",
            ),
            models.CheckConstraint(
                name="transfer_says_where_to", condition=~Q(outcome=Outcome.TRANSFERRED) | ~Q(where_to=""),
                violation_error_message="转学须写明转到哪所学校。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.case} {self.get_outcome_display() or self.get_kind_display()}"
