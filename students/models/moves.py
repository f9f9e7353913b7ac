"""A child's move from school to school, out of school and back (学籍异动), as it was asked for and settled."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.orgs.enums import grade_name
from povertyedu.orgs.models import School, SchoolClass, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from students.enums import MoveKind, MoveSide, MoveState

from .registry import Student


class MoveQuerySet(ScopedQuerySet):
    """Moves by the two schools they concern; nobody else reads them."""

    def _reads_at(self, scope) -> Q:
        return _at("from_school", scope) | _at("to_school", scope)

    def open(self):
        return self.filter(state=MoveState.REQUESTED)

    def to_answer_by(self, user, permission: str):
        """Return the open requests whose answer lies with a school of ``user``."""
        scope = user.scope(permission)
        return self.open().filter(
            Q(asked_by=MoveSide.SENDING) & _at("to_school", scope)
            | Q(asked_by=MoveSide.RECEIVING) & _at("from_school", scope)
        )

    def with_money_left(self):
        """Return the settled moves of children who had money on its way, not yet followed up."""
        return self.filter(state=MoveState.DONE, followed_up_at=None).exclude(money="")

    def with_schools(self):
        return self.select_related("student", "term", "from_school", "to_school", "to_class")


def _at(school: str, scope) -> Q:
    return scope.area_q(f"{school}__area_id") | Q(**{f"{school}__in": scope.schools})


class Move(models.Model):
    """One move. ``stage``, ``grade`` and ``class_name`` are the child's when it was asked for."""

    kind = models.CharField("异动类型", max_length=10, choices=MoveKind.choices)
    state = models.CharField("状态", max_length=10, choices=MoveState.choices)
    student = models.ForeignKey(Student, models.PROTECT, related_name="moves", verbose_name="学生")
    term = models.ForeignKey(Term, models.PROTECT, related_name="moves", verbose_name="学期")
    stage = models.CharField("学段", max_length=20)
    grade = models.PositiveSmallIntegerField("年级")
    class_name = models.CharField("原班级", max_length=30, blank=True)
    from_school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="moves_out", verbose_name="原学校"
    )
    to_school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="moves_in", verbose_name="转入学校"
    )
    to_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="转入班级"
    )
    outside_school = models.CharField("县外学校", max_length=80, blank=True)
    outside_region = models.CharField("县外学校所在地", max_length=80, blank=True)
    asked_by = models.CharField("提出方", max_length=10, choices=MoveSide.choices, blank=True)
    effective_on = models.DateField("异动日期")
    reason = models.CharField("原因", max_length=200)
    requested_at = models.DateTimeField("提出时间", default=timezone.now)
    requested_by_id = models.BigIntegerField("提出人编号", null=True)
    requested_by = models.CharField("提出人", max_length=60)
    settled_at = models.DateTimeField("办结时间", null=True, blank=True)
    settled_by_id = models.BigIntegerField("办结人编号", null=True)
    settled_by = models.CharField("办结人", max_length=60, blank=True)
    money = models.CharField("未结清的资助", max_length=400, blank=True)
    followed_up_at = models.DateTimeField("资助跟进时间", null=True, blank=True)
    followed_up_by = models.CharField("资助跟进人", max_length=60, blank=True)
    follow_up = models.CharField("跟进结果", max_length=200, blank=True)

    objects = MoveQuerySet.as_manager()

    class Meta:
        verbose_name = "学籍异动"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["student"],
                condition=Q(state=MoveState.REQUESTED),
                name="one_open_move_per_student",
                violation_error_message="该生已有一件转学正在等对方学校答复",
            ),
            models.CheckConstraint(
                name="move_has_the_schools_of_its_kind",
                condition=Q(kind=MoveKind.TRANSFER, from_school__isnull=False, to_school__isnull=False)
                & ~Q(from_school=F("to_school"))
                & ~Q(asked_by="")
                | Q(kind=MoveKind.IN, from_school=None, to_school__isnull=False)
                | Q(
                    kind__in=[
                        MoveKind.OUT,
                        MoveKind.LEAVE,
                        MoveKind.RETURN,
                        MoveKind.GRADUATE,
                        MoveKind.DECEASED,
                    ],
                    from_school__isnull=False,
                    to_school=None,
                ),
                violation_error_message="转出、转入学校与异动类型不符",
            ),
            models.CheckConstraint(
                name="only_a_transfer_waits",
                condition=Q(kind=MoveKind.TRANSFER) | Q(state=MoveState.DONE),
            ),
            models.CheckConstraint(
                name="settled_move_has_a_time",
                condition=Q(state=MoveState.REQUESTED, settled_at=None)
                | (~Q(state=MoveState.REQUESTED) & Q(settled_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="transfer_takes_two_people",
                condition=~Q(kind=MoveKind.TRANSFER, state=MoveState.DONE)
                | ~Q(settled_by_id=F("requested_by_id")),
                violation_error_message="转学由一方提出、另一方答复，不能由同一人办完",
            ),
            models.CheckConstraint(
                name="follow_up_says_what_came_of_it",
                condition=Q(followed_up_at=None, follow_up="")
                | Q(followed_up_at__isnull=False) & ~Q(follow_up=""),
            ),
        ]
        indexes = [models.Index(fields=["term", "state", "id"], name="move_by_term")]

    def __str__(self):
        return f"{self.student} {self.get_kind_display()}"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)

    @property
    def answering_school(self) -> School | None:
        """The school whose answer a transfer waits for; None for every other kind."""
        if self.kind != MoveKind.TRANSFER:
            return None
        return self.to_school if self.asked_by == MoveSide.SENDING else self.from_school

    @property
    def asking_school(self) -> School | None:
        if self.kind != MoveKind.TRANSFER:
            return self.from_school or self.to_school
        return self.from_school if self.asked_by == MoveSide.SENDING else self.to_school


class MoveDecision(Decision):
    subject = models.ForeignKey(Move, models.PROTECT, related_name="decisions", verbose_name="异动")

    class Meta(Decision.Meta):
        verbose_name = "异动办理记录"
