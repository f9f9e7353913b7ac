"""排查: the school-age population of a term set against enrolment and presence on a day, frozen, child by child."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from dropout.enums import FOUND_AWAY, FollowUp, Ground, Standing
from povertyedu.files.models import StoredFile
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import Area, School, SchoolClass, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from students.enums import DisposalCode, category_labels
from students.models import Student
from students.models.placed import at_child

from .cases import Case


class ScreeningQuerySet(models.QuerySet):
    """A screening is of the whole county; what of it somebody reads is in its rows."""

    def visible_to(self, user, permission: str):
        return self if user.can(permission) else self.none()


class Screening(models.Model):
    """One comparison on one day. The same day again is the same screening."""

    term = models.ForeignKey(Term, models.PROTECT, related_name="screenings", verbose_name="学期")
    on = models.DateField("排查日期")
    made_by = models.CharField("发起人", max_length=60)
    made_at = models.DateTimeField("生成时间", default=timezone.now)

    objects = ScreeningQuerySet.as_manager()

    class Meta:
        verbose_name = "排查"
        ordering = ["-on", "-pk"]
        constraints = [models.UniqueConstraint(fields=["term", "on"], name="one_screening_per_day")]

    def __str__(self):
        return f"{self.term} {self.on} 排查"


class ScreeningRowQuerySet(ScopedQuerySet):
    """Children of a screening by school or by household, as on its day."""

    def _reads_at(self, scope) -> Q:
        return at_child(scope) | Q(school_class__in=scope.classes)

    def away(self):
        return self.filter(standing__in=FOUND_AWAY)

    def newest(self):
        """Return the rows of the newest screening: what an older one left is found again by it."""
        return self.filter(screening__in=Screening.objects.order_by("-on", "-pk").values("pk")[:1])

    def open(self):
        """Return who was found away and nobody has followed up."""
        return self.away().filter(follow_up=FollowUp.OPEN)


class ScreeningRow(models.Model):
    """A child of school age as it stood that day. Only the follow-up changes afterwards."""

    screening = models.ForeignKey(Screening, models.CASCADE, related_name="rows", verbose_name="排查")
    subject = models.CharField("对象", max_length=40)
    student = models.ForeignKey(
        Student, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学生"
    )
    id_hash = models.CharField("证件号索引", max_length=32, blank=True)
    id_number = SealedCharField("身份证件号", help_text="只有没有档案的人才记")
    name = models.CharField("姓名", max_length=60)
    birth_date = models.DateField("出生日期", null=True, blank=True)
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
    categories = models.PositiveIntegerField("困难类型", default=0)
    standing = models.CharField("情形", max_length=16, choices=Standing.choices)
    ground = models.CharField("依据", max_length=16, choices=Ground.choices, blank=True)
    follow_up = models.CharField("处理", max_length=10, choices=FollowUp.choices, blank=True)
    case = models.ForeignKey(
        Case, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="个案"
    )
    explained_as = models.CharField("说明", max_length=20, choices=DisposalCode.choices, blank=True)
    reason = models.CharField("理由", max_length=200, blank=True)
    evidence = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    followed_at = models.DateTimeField("处理时间", null=True, blank=True)
    followed_by = models.CharField("处理人", max_length=60, blank=True)

    objects = ScreeningRowQuerySet.as_manager()

    class Meta:
        verbose_name = "排查明细"
        constraints = [
            models.UniqueConstraint(fields=["screening", "subject"], name="child_once_per_screening"),
            models.CheckConstraint(
                name="child_found_away_is_followed_up",
                condition=Q(standing__in=FOUND_AWAY) & ~Q(follow_up="")
                | ~Q(standing__in=FOUND_AWAY) & Q(follow_up=""),
            ),
            models.CheckConstraint(
                name="explained_child_has_a_reason",
                condition=~Q(follow_up=FollowUp.EXPLAINED)
                | ~Q(explained_as="") & ~Q(reason="") & Q(followed_at__isnull=False),
                violation_error_message="请选择说明并写明理由。",
            ),
        ]
        indexes = [
            models.Index(fields=["screening", "standing", "id"], name="screening_row_by_standing"),
            models.Index(fields=["screening", "school", "id"], name="screening_row_by_school"),
            models.Index(fields=["screening", "home_area", "id"], name="screening_row_by_home"),
        ]

    def __str__(self):
        return self.name

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade) if self.grade else ""

    @property
    def category_labels(self) -> list[str]:
        return category_labels(self.categories)

    @property
    def is_open(self) -> bool:
        """Whether it was found away and nobody has followed it up."""
        return self.follow_up == FollowUp.OPEN

    @property
    def tone(self) -> str:
        return {"in_school": "ok", "suspended": "info", "suspected": "warn"}.get(self.standing, "bad")


class ConfirmationQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.area_q("area_id")


class ScreeningConfirmation(models.Model):
    """A township or village says that the list of its households is right and nobody is missing."""

    screening = models.ForeignKey(
        Screening, models.CASCADE, related_name="confirmations", verbose_name="排查"
    )
    area = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="乡镇（村）")
    note = models.CharField("说明", max_length=200, blank=True)
    confirmed_at = models.DateTimeField("确认时间", default=timezone.now)
    confirmed_by_id = models.BigIntegerField("确认人编号", null=True)
    confirmed_by = models.CharField("确认人", max_length=60)

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        verbose_name = "排查确认"
        ordering = ["area"]
        constraints = [
            models.UniqueConstraint(fields=["screening", "area"], name="area_confirms_a_screening_once")
        ]

    def __str__(self):
        return f"{self.area} {self.confirmed_by}"
