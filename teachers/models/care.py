"""Health checks, aid in serious illness, insurances, and lists where rural years count: what is health stays sealed."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision, Seat
from teachers.enums.allowances import CareStage
from teachers.enums.care import AidState, InsuranceKind, TiltKind

from .allowances import CountyWideQuerySet
from .registry import Teacher


class OfTeacherQuerySet(ScopedQuerySet):
    """Rows of a teacher, for whoever reads the teacher."""

    def _reads_at(self, scope) -> Q:
        return Q(teacher__in=Teacher.objects.in_scope(scope).values("pk"))


class HealthCheck(models.Model):
    """A teacher's free check of one year: invited, done; the result is sealed."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="health_checks", verbose_name="教师")
    year = models.PositiveSmallIntegerField("年度")
    invited_on = models.DateField("通知日期")
    hospital = models.CharField("体检机构", max_length=60)
    done_on = models.DateField("体检日期", null=True, blank=True)
    result = SealedCharField("体检结果")
    missed = models.CharField("没有体检的原因", max_length=200, blank=True)

    objects = OfTeacherQuerySet.as_manager()

    class Meta:
        verbose_name = "教师体检"
        ordering = ["-year", "teacher__code"]
        constraints = [
            models.UniqueConstraint(fields=["teacher", "year"], name="health_check_once_a_year"),
            models.CheckConstraint(
                name="health_check_done_after_invited", condition=Q(done_on=None) | Q(done_on__gte=F("invited_on"), missed=""),
                violation_error_message="体检日期不能早于通知日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} {self.year} 年体检"


class IllnessAidQuerySet(OfTeacherQuerySet):
    pass


class IllnessAid(models.Model):
    """An application for aid in serious illness: applied for, reviewed, approved, paid; the diagnosis is sealed."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="aids", verbose_name="教师")
    diagnosis = SealedCharField("诊断")
    ill_since = models.DateField("确诊日期")
    cost_fen = models.BigIntegerField("医疗费用（分）")
    own_fen = models.BigIntegerField("个人负担（分）", help_text="医保、补充保险报销以后")
    asked_fen = models.BigIntegerField("申请救助（分）")
    approved_fen = models.BigIntegerField("批准救助（分）", null=True)
    state = models.CharField("状态", max_length=10, choices=AidState.choices, default=AidState.APPLIED)
    applied_on = models.DateField("申请日期")
    paid_on = models.DateField("发放日期", null=True)
    voucher = models.CharField("凭证号", max_length=60, blank=True)
    by_name = models.CharField("经办人", max_length=60)

    objects = IllnessAidQuerySet.as_manager()

    class Meta:
        verbose_name = "教师重大疾病救助"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="aid_asked_within_own_share", condition=Q(asked_fen__gt=0, asked_fen__lte=F("own_fen"), own_fen__lte=F("cost_fen")),
                violation_error_message="申请的救助不能超过个人负担，个人负担不能超过医疗费用。",
            ),
            models.CheckConstraint(
                name="aid_approved_within_asked", condition=Q(approved_fen=None) | Q(approved_fen__gt=0, approved_fen__lte=F("asked_fen")),
                violation_error_message="批准的救助不能超过申请的金额。",
            ),
            models.CheckConstraint(
                name="aid_is_as_its_state_says",
                condition=Q(state=AidState.PAID, approved_fen__isnull=False, paid_on__isnull=False) & ~Q(voucher="")
                | Q(state=AidState.APPROVED, approved_fen__isnull=False, paid_on=None, voucher="")
                | ~Q(state__in=[AidState.PAID, AidState.APPROVED]) & Q(approved_fen=None, paid_on=None, voucher=""),
            ),
            models.UniqueConstraint(
                fields=["teacher", "ill_since"], condition=~Q(state=AidState.REFUSED), name="aid_once_per_illness",
                violation_error_message="这位教师同一确诊日期的救助已有一份申请。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} 重大疾病救助"

    def get_absolute_url(self) -> str:
        return reverse("teachers:aid", args=[self.pk])

    @property
    def tone(self) -> str:
        return {"returned": "bad", "refused": "bad", "paid": "ok", "approved": "warn"}.get(
            self.state, "doing"
        )


class AidDecision(Decision):
    subject = models.ForeignKey(
        IllnessAid, models.PROTECT, related_name="decisions", verbose_name="教师重大疾病救助"
    )

    class Meta(Decision.Meta):
        verbose_name = "重大疾病救助办理记录"


class AidSeat(Seat):
    """Who has acted on an application, in which one stage."""

    subject = models.ForeignKey(
        IllnessAid, models.PROTECT, related_name="seats", verbose_name="教师重大疾病救助"
    )
    stage = models.CharField("环节", max_length=30, choices=CareStage.choices)

    class Meta:
        verbose_name = "重大疾病救助席位"
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "user_id"], name="one_stage_per_person_and_aid", violation_error_message="同一份申请中一人只能办理一个环节",
            ),
        ]  # fmt: skip


class InsuranceQuerySet(OfTeacherQuerySet):
    def in_force(self, day):
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)


class Insurance(models.Model):
    """That one kind of insurance, or the housing fund, is paid for a teacher from a day to a day."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="insurances", verbose_name="教师")
    kind = models.CharField("种类", max_length=14, choices=InsuranceKind.choices)
    since = models.DateField("缴纳起始")
    until = models.DateField("停缴日期", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = InsuranceQuerySet.as_manager()

    class Meta:
        verbose_name = "公积金和社会保险"
        ordering = ["teacher", "kind", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["teacher", "kind"], condition=Q(until=None), name="insurance_runs_once"),
            models.CheckConstraint(
                name="insurance_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message="停缴日期不能早于起始日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} {self.get_kind_display()}"


class TiltList(models.Model):
    """A round of titles, awards or honours in which years at rural schools give points by a stated rule.

    Points are hundredths: 150 is 1.5. A candidate with fewer months than ``needed_months`` at rural schools is told so.
    """

    kind = models.CharField("类别", max_length=8, choices=TiltKind.choices)
    name = models.CharField("名称", max_length=80)
    year = models.PositiveSmallIntegerField("年度")
    document = models.CharField("依据（文号、条款）", max_length=120)
    points_per_year = models.PositiveIntegerField("乡村任教每满一年加分（百分之一分）")
    most_points = models.PositiveIntegerField("最多加分（百分之一分）")
    needed_months = models.PositiveSmallIntegerField("要求的乡村任教月数", default=0)
    closed_on = models.DateField("定榜日期", null=True, blank=True)
    at = models.DateTimeField("登记时间", default=timezone.now)
    by_name = models.CharField("经办人", max_length=60)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "职称评聘、评优倾斜"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "name", "year"], name="tilt_list_once_a_year", violation_error_message="这个年度已有同名的一份。",
            ),
            models.CheckConstraint(name="tilt_list_cites_a_rule", condition=~Q(document="") & ~Q(name="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年{self.get_kind_display()}：{self.name}"

    def get_absolute_url(self) -> str:
        return reverse("teachers:tilt", args=[self.pk])

    def points_for(self, months: int) -> int:
        """Return the points of so many whole months at rural schools: per whole year, up to the most."""
        return min(self.most_points, months // 12 * self.points_per_year)


class TiltEntry(models.Model):
    """A candidate with what counts for them, reckoned when they are put on the list and fixed when it is closed."""

    tilt = models.ForeignKey(TiltList, models.PROTECT, related_name="entries", verbose_name="评聘、评优")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="tilt_entries", verbose_name="教师")
    base_points = models.PositiveIntegerField("评分（百分之一分）")
    rural_months = models.PositiveSmallIntegerField("乡村任教月数")
    rural_points = models.PositiveIntegerField("乡村加分（百分之一分）")
    is_rural = models.BooleanField("现在乡村任教")
    chosen = models.BooleanField("评上", default=False)

    objects = OfTeacherQuerySet.as_manager()

    class Meta:
        verbose_name = "评聘、评优人选"
        ordering = ["tilt", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["tilt", "teacher"], name="tilt_candidate_once", violation_error_message="这位教师已在名单上。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} {self.tilt}"

    @property
    def points(self) -> int:
        return self.base_points + self.rural_points
