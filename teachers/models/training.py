"""Training of teachers (五级培训): a plan by year and level, courses, who took part, second rounds at the school."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.workflow.models import Decision
from teachers.enums.training import TraineeState, TrainingForm, TrainingLevel

from .places import AtSchoolQuerySet
from .recruitment import CountyWideQuerySet
from .registry import Teacher


class TrainingTarget(models.Model):
    """How many are to be trained in a year, at one level and in one form or over all (2017 年培训 4000 人)."""

    year = models.PositiveSmallIntegerField("年度")
    level = models.CharField(
        "级别", max_length=12, choices=TrainingLevel.choices, blank=True, help_text="不选为各级合计"
    )
    form = models.CharField(
        "形式", max_length=12, choices=TrainingForm.choices, blank=True, help_text="不选为各种形式"
    )
    people = models.PositiveIntegerField("计划人次")
    document = models.CharField("依据文件", max_length=120, blank=True)
    is_inferred = models.BooleanField(
        "年度为推定", default=False, help_text="文件没有写明是哪一年，按先后推定"
    )

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "教师培训计划"
        ordering = ["year", "level", "form"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "level", "form"], name="training_target_once", violation_error_message="这一年、这个级别和形式已有计划。"
            ),
            models.CheckConstraint(
                name="training_target_is_positive", condition=Q(people__gt=0), violation_error_message="计划人次应大于零。"
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year}年{self.get_level_display() or '各级'}{self.get_form_display()}培训"


class CourseQuerySet(ScopedQuerySet):
    """A course of the county is for everybody; one that a school holds is the school's."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return scope.school_q() | Q(school=None) if scope else Q(pk__in=())


class TrainingCourse(models.Model):
    """A course on some days; one that ``relays`` another is its second round (二级培训), held by who was trained."""

    name = models.CharField("课程名称", max_length=100)
    level = models.CharField("级别", max_length=12, choices=TrainingLevel.choices)
    form = models.CharField("形式", max_length=12, choices=TrainingForm.choices)
    organiser = models.CharField("举办单位", max_length=80, blank=True)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    hours = models.PositiveSmallIntegerField("学时")
    places = models.PositiveIntegerField("名额")
    taken = models.PositiveIntegerField("已报名", default=0)
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="training_courses", verbose_name="学校", help_text="学校自己办的"
    )  # fmt: skip
    relays = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="second_rounds",
        verbose_name="二级培训的来源",
    )
    trainer = models.ForeignKey(
        Teacher, models.PROTECT, null=True, blank=True, related_name="courses_held", verbose_name="主讲教师"
    )

    objects = CourseQuerySet.as_manager()

    class Meta:
        verbose_name = "培训课程"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "starts_on"], condition=Q(school=None), name="county_course_once_a_day", violation_error_message="这一天已有同名课程。"
            ),
            models.UniqueConstraint(
                fields=["name", "starts_on", "school"], name="school_course_once_a_day", violation_error_message="这一天这所学校已有同名课程。"
            ),
            models.CheckConstraint(
                name="course_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on")), violation_error_message="结束日期不能早于开始日期。"
            ),
            models.CheckConstraint(
                name="course_has_hours_and_places", condition=Q(hours__gt=0, places__gt=0), violation_error_message="学时和名额应大于零。"
            ),
            models.CheckConstraint(
                name="course_is_not_overfilled", condition=Q(taken__gte=0, taken__lte=F("places")), violation_error_message="报名人数不能多于名额。"
            ),
            models.CheckConstraint(
                name="second_round_says_who_holds_it",
                condition=Q(relays=None, trainer=None)
                | Q(relays__isnull=False, trainer__isnull=False, school__isnull=False, level=TrainingLevel.SCHOOL) & ~Q(relays=F("id")),
                violation_error_message="二级培训要写明来源课程、主讲教师和学校。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("teachers:course", args=[self.pk])

    @property
    def free(self) -> int:
        return self.places - self.taken


class Trainee(models.Model):
    """One teacher in one course; where and how rural the school was is kept as it was."""

    course = models.ForeignKey(TrainingCourse, models.PROTECT, related_name="trainees", verbose_name="课程")
    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="trainings", verbose_name="教师")
    school = models.ForeignKey(School, models.PROTECT, related_name="trainees", verbose_name="学校")
    is_rural = models.BooleanField("乡村学校", default=False)
    state = models.CharField(
        "状态", max_length=10, choices=TraineeState.choices, default=TraineeState.ENROLLED
    )
    hours = models.PositiveSmallIntegerField("学时", default=0)
    certificate = models.CharField("证书编号", max_length=60, blank=True)
    evidence = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="佐证材料"
    )
    reported_by_id = models.BigIntegerField("上报人编号", null=True, blank=True)
    confirmed_by_id = models.BigIntegerField("认定人编号", null=True, blank=True)
    completed_on = models.DateField("完成日期", null=True, blank=True)

    objects = AtSchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "参训教师"
        ordering = ["course", "school", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["course", "teacher"], name="teacher_takes_a_course_once", violation_error_message="这位教师已报这门课程。"
            ),
            models.CheckConstraint(
                name="reported_training_has_proof",
                condition=~Q(state__in=[TraineeState.REPORTED, TraineeState.COMPLETED])
                | Q(hours__gt=0, completed_on__isnull=False) & (~Q(certificate="") | Q(evidence__isnull=False)),
                violation_error_message="完成的要有学时、日期和证书编号或佐证材料。",
            ),
            models.CheckConstraint(
                name="training_confirmed_by_another_person",
                condition=~Q(state=TraineeState.COMPLETED)
                | Q(confirmed_by_id__isnull=False) & (Q(reported_by_id=None) | ~Q(confirmed_by_id=F("reported_by_id"))),
                violation_error_message="认定人不能是上报人。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["teacher", "state", "completed_on"], name="trainee_by_teacher")]

    def __str__(self):
        return f"{self.teacher} {self.course}"

    @property
    def tone(self) -> str:
        return {"reported": "doing", "completed": "ok", "missed": "warn"}.get(self.state, "todo")


class TraineeDecision(Decision):
    subject = models.ForeignKey(Trainee, models.PROTECT, related_name="decisions", verbose_name="参训教师")

    class Meta(Decision.Meta):
        verbose_name = "参训办理记录"
