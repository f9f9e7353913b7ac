"""The turn of a term: who goes up, who repeats, who leaves, and whether they arrived (升级, 毕业去向)."""

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import UNSETTLED, Destination, EnrolmentStatus, Outcome, PromotionState

from .registry import Enrolment, Student

ROLLING = (Outcome.PROMOTE, Outcome.REPEAT, Outcome.SUSPENDED)  # they stay at their school


class FeederQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.area_q("from_school__area_id")


class Feeder(models.Model):
    """Which junior school takes the sixth grade of a primary school (对口初中), as the bureau sets it."""

    from_school = models.OneToOneField(School, models.CASCADE, related_name="feeder", verbose_name="小学")
    to_school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="对口初中")

    objects = FeederQuerySet.as_manager()

    class Meta:
        verbose_name = "对口升学"

    def __str__(self):
        return f"{self.from_school} → {self.to_school}"


class PromotionQuerySet(ScopedQuerySet):
    """Runs by the school or the area they are for; a school reads its own."""

    def _reads_at(self, scope) -> Q:
        return scope.area_q("area") | Q(school__in=scope.schools)

    def drafts(self):
        return self.filter(state=PromotionState.DRAFT)


class Promotion(models.Model):
    """One run of the wizard, for a school or (``school`` None) for all schools of ``area``."""

    state = models.CharField(
        "状态", max_length=10, choices=PromotionState.choices, default=PromotionState.DRAFT
    )
    from_term = models.ForeignKey(Term, models.PROTECT, related_name="+", verbose_name="上学期")
    to_term = models.ForeignKey(Term, models.PROTECT, related_name="promotions", verbose_name="新学期")
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="promotions", verbose_name="学校"
    )
    area = models.CharField("区划", max_length=12)
    opened_at = models.DateTimeField("生成时间", default=timezone.now)
    opened_by = models.CharField("生成人", max_length=60)
    applied_at = models.DateTimeField("生效时间", null=True, blank=True)
    applied_by = models.CharField("生效人", max_length=60, blank=True)
    counts = models.JSONField("人数", default=dict, help_text="生效时各去向的人数")

    objects = PromotionQuerySet.as_manager()

    class Meta:
        verbose_name = "升级结转"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["to_term", "school"], condition=Q(state=PromotionState.DRAFT), name="one_draft_promotion_per_school",
            ),
            models.UniqueConstraint(
                fields=["to_term", "area"], condition=Q(state=PromotionState.DRAFT, school=None),
                name="one_draft_promotion_per_area",
            ),
            models.CheckConstraint(name="promotion_goes_on", condition=~Q(from_term=F("to_term"))),
            models.CheckConstraint(
                name="applied_promotion_has_a_time",
                condition=Q(state__in=[PromotionState.DRAFT, PromotionState.DROPPED], applied_at=None)
                | Q(state__in=[PromotionState.APPLIED, PromotionState.UNDONE], applied_at__isnull=False),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.place} {self.to_term}"

    @property
    def place(self) -> str:
        return str(self.school) if self.school_id else "全县"

    @property
    def is_draft(self) -> bool:
        return self.state == PromotionState.DRAFT


class PromotionDecision(Decision):
    subject = models.ForeignKey(Promotion, models.PROTECT, related_name="decisions", verbose_name="升级结转")

    class Meta(Decision.Meta):
        verbose_name = "升级结转办理记录"


class PromotionLineQuerySet(models.QuerySet):
    def rolling(self):
        return self.filter(outcome__in=ROLLING)

    def leaving(self):
        return self.exclude(outcome__in=ROLLING)

    def undecided(self):
        """Children to be sent to a junior school that nobody named."""
        return self.filter(outcome=Outcome.SENT, to_school=None)

    def stale(self):
        """Lines whose child's enrolment of last term is no longer as it was read."""
        return self.exclude(
            enrolment__school=F("from_school"),
            enrolment__stage=F("stage"),
            enrolment__grade=F("grade"),
            enrolment__status=F("status"),
            student__merged_into=None,
        )


class PromotionLine(models.Model):
    """One child of last term: where it was, and what is proposed or decided for the next."""

    promotion = models.ForeignKey(Promotion, models.CASCADE, related_name="lines", verbose_name="升级结转")
    student = models.ForeignKey(Student, models.PROTECT, related_name="+", verbose_name="学生")
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="+", verbose_name="上学期学籍")
    from_school = models.ForeignKey(School, models.PROTECT, related_name="+", verbose_name="原学校")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    grade = models.PositiveSmallIntegerField("年级")
    class_name = models.CharField("班级", max_length=30, blank=True)
    status = models.CharField("上学期状态", max_length=10, choices=EnrolmentStatus.choices)
    outcome = models.CharField("去向", max_length=10, choices=Outcome.choices)
    to_school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="新学校"
    )
    to_stage = models.CharField("新学段", max_length=20, blank=True)
    to_grade = models.PositiveSmallIntegerField("新年级", null=True, blank=True)
    to_class_name = models.CharField("新班级", max_length=30, blank=True)
    destination = models.CharField("毕业去向", max_length=12, choices=Destination.choices, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    is_edited = models.BooleanField("人工改过", default=False)
    made = models.BooleanField("已建新学期学籍", default=False)

    objects = PromotionLineQuerySet.as_manager()

    class Meta:
        verbose_name = "升级明细"
        constraints = [
            models.UniqueConstraint(fields=["promotion", "student"], name="one_promotion_line_per_student"),
            models.CheckConstraint(
                name="rolling_line_says_where_to",
                condition=~Q(outcome__in=ROLLING)
                | Q(to_school__isnull=False, to_grade__isnull=False) & ~Q(to_stage=""),
            ),
            models.CheckConstraint(
                name="only_who_stays_gets_an_enrolment", condition=Q(made=False) | Q(outcome__in=ROLLING)
            ),
        ]
        indexes = [
            models.Index(fields=["promotion", "from_school", "stage", "grade", "id"], name="promotion_line_page"),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.student} {self.get_outcome_display()}"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)

    @property
    def to_grade_name(self) -> str:
        return grade_name(self.to_stage, self.to_grade) if self.to_grade else ""


_GRADUATED = Q(outcome=Outcome.GRADUATE, stage__in=[Stage.JUNIOR, Stage.SENIOR])


class DepartureQuerySet(ScopedQuerySet):
    """Children who left a school, by where they were, where they were sent, and by household."""

    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("home_area")
            | Q(enrolment__school_class__in=scope.classes)
            | scope.school_q("from_school")
            | scope.school_q("to_school")
        )

    def with_arrival(self):
        """Annotate ``arrived``: the child is enrolled somewhere in the new term or later, in the county or outside."""
        there = Enrolment.objects.filter(
            Q(student=OuterRef("student")) | Q(student=OuterRef("student__merged_into")),
            term__starts_on__gte=OuterRef("term__starts_on"),
        )
        return self.annotate(arrived=Exists(there.exclude(status=EnrolmentStatus.LEFT)))

    def missing(self):
        """Nobody has enrolled them, and nobody has said where they are."""
        return self.with_arrival().filter(arrived=False, destination__in=UNSETTLED)

    def vanished(self):
        """小学送、中学接: sent or gone from primary school or below the ninth grade, and not received."""
        return self.missing().filter(Q(outcome__in=[Outcome.SENT, Outcome.NOT_HERE]) | Q(stage=Stage.PRIMARY))

    def liang_hou_sheng(self):
        """两后生: left junior or senior school with a graduation and were admitted nowhere; who works is one, too."""
        tracked = [*UNSETTLED, Destination.WORKING]
        return self.with_arrival().filter(_GRADUATED, arrived=False, destination__in=tracked)

    def up_to(self, term):
        """Return those of ``term`` and of earlier terms."""
        return self.filter(term__starts_on__lte=term.starts_on)

    def to_be_received(self):
        """Sent to a junior school and not enrolled there yet."""
        return self.with_arrival().filter(outcome=Outcome.SENT, arrived=False, destination=Destination.SENT)

    def settled(self):
        at_work = _GRADUATED & Q(destination=Destination.WORKING)
        return self.with_arrival().filter(Q(arrived=True) | ~Q(destination__in=UNSETTLED) & ~at_work)


class Departure(models.Model):
    """A child who left its school at the turn of a term, until it is known where it went."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="departures", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="departures", verbose_name="新学期")
    promotion = models.ForeignKey(
        Promotion, models.PROTECT, related_name="departures", verbose_name="升级结转"
    )
    enrolment = models.ForeignKey(Enrolment, models.CASCADE, related_name="+", verbose_name="上学期学籍")
    outcome = models.CharField("离校方式", max_length=10, choices=Outcome.choices)
    from_school = models.ForeignKey(School, models.PROTECT, related_name="departures", verbose_name="原学校")
    to_school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="arrivals", verbose_name="送往学校"
    )
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    grade = models.PositiveSmallIntegerField("年级")
    class_name = models.CharField("班级", max_length=30, blank=True)
    home_area = models.CharField("户籍区划", max_length=12, blank=True)
    destination = models.CharField("去向", max_length=12, choices=Destination.choices)
    whereabouts = models.CharField("现在何处", max_length=120, blank=True)
    responsible = models.CharField("责任人", max_length=60, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)
    answered_at = models.DateTimeField("登记时间", null=True, blank=True)
    answered_by = models.CharField("登记人", max_length=60, blank=True)

    objects = DepartureQuerySet.as_manager()

    class Meta:
        verbose_name = "毕业去向"
        ordering = ["from_school", "stage", "grade", "class_name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["student", "term"], name="one_departure_per_term"),
            models.CheckConstraint(
                name="answered_departure_has_a_responsible",
                condition=Q(answered_at=None) | ~Q(responsible=""),
                violation_error_message="请填写责任人",
            ),
        ]
        indexes = [models.Index(fields=["term", "from_school", "stage"], name="departure_by_school")]

    def __str__(self):
        return f"{self.student} {self.get_destination_display()}"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)
