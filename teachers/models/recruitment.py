"""Recruitment (教师补充): a year's plan by channel, the posts it is for, who applies, who is hired."""

from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.models import Decision
from teachers.enums.posts import post_label
from teachers.enums.recruitment import HOLDING, CandidateState, HireListState, PlanState, TermOutcome
from teachers.enums.registry import Origin, Subject

CENT = Decimal("0.01")


class CountyWideQuerySet(ScopedQuerySet):
    """What the county has once: read by whoever holds the permission for the whole county."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return Q(pk__in=())


class RecruitmentPlan(models.Model):
    """One year's plan: drawn up by one person, approved by another, then carried out."""

    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("计划名称", max_length=80)
    document = models.CharField("依据文件", max_length=120, blank=True)
    written_percent = models.PositiveSmallIntegerField("笔试占比", default=60, help_text="%，其余为面试")
    note = models.CharField("说明", max_length=300, blank=True)
    state = models.CharField("状态", max_length=10, choices=PlanState.choices, default=PlanState.DRAFT)
    drawn_on = models.DateField("拟订日期")
    drawn_by_id = models.BigIntegerField("拟订人编号", null=True)
    approved_on = models.DateField("批准日期", null=True, blank=True)
    approved_by_id = models.BigIntegerField("批准人编号", null=True, blank=True)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "教师招聘计划"
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "name"], name="recruitment_plan_once_a_year", violation_error_message="这一年已有同名的招聘计划。"
            ),
            models.CheckConstraint(
                name="plan_weighs_written_in_percent", condition=Q(written_percent__lte=100), violation_error_message="笔试占比应在 0 到 100 之间。"
            ),
            models.CheckConstraint(
                name="plan_approved_by_another_person",
                condition=~Q(state__in=[PlanState.APPROVED, PlanState.CLOSED])
                | Q(approved_on__isnull=False, approved_by_id__isnull=False)
                & (Q(drawn_by_id=None) | ~Q(approved_by_id=F("drawn_by_id"))),
                violation_error_message="批准人不能是拟订人。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("teachers:plan", args=[self.pk])

    @property
    def is_draft(self) -> bool:
        return self.state == PlanState.DRAFT

    @property
    def tone(self) -> str:
        tones = {"draft": "todo", "submitted": "warn", "approved": "doing", "closed": "ok"}
        return tones.get(self.state, "info")


class PlanDecision(Decision):
    subject = models.ForeignKey(
        RecruitmentPlan, models.PROTECT, related_name="decisions", verbose_name="招聘计划"
    )

    class Meta(Decision.Meta):
        verbose_name = "招聘计划办理记录"


class ChannelTarget(models.Model):
    """How many are to come by one channel (定向委培 180), of them how many to remote schools (49 其中 37)."""

    plan = models.ForeignKey(RecruitmentPlan, models.PROTECT, related_name="targets", verbose_name="招聘计划")
    channel = models.CharField("渠道", max_length=20, choices=Origin.choices)
    stage = models.CharField(
        "学段", max_length=20, choices=Stage.choices, blank=True, help_text="不选为各学段"
    )
    posts = models.PositiveIntegerField("计划人数")
    remote_posts = models.PositiveIntegerField("其中到边远学校", default=0)

    objects = models.Manager()

    class Meta:
        verbose_name = "渠道计划"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "channel", "stage"], name="channel_once_per_plan_and_stage", violation_error_message="这个渠道、这个学段已有计划人数。"
            ),
            models.CheckConstraint(
                name="channel_has_posts", condition=Q(posts__gt=0), violation_error_message="计划人数应大于零。"
            ),
            models.CheckConstraint(
                name="remote_posts_are_some_of_all", condition=Q(remote_posts__lte=F("posts")),
                violation_error_message="到边远学校的人数不能多于计划人数。",
            ),
        ]  # fmt: skip

    def __str__(self):
        stage = self.get_stage_display() if self.stage else ""
        return f"{self.get_channel_display()}{f'（{stage}）' if stage else ''}"


class PostLineQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.school_q()

    def in_order(self):
        return self.order_by("target_id", "priority", "pk")


class PostLine(models.Model):
    """The posts of one subject at one school; ``taken`` is kept by the database, see migration ``triggers``."""

    target = models.ForeignKey(ChannelTarget, models.PROTECT, related_name="lines", verbose_name="渠道计划")
    school = models.ForeignKey(School, models.PROTECT, related_name="recruited_posts", verbose_name="学校")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    subject = models.CharField("学科", max_length=20, choices=Subject.choices)
    posts = models.PositiveSmallIntegerField("岗位数")
    taken = models.PositiveSmallIntegerField("已占用", default=0)
    is_remote = models.BooleanField("边远学校", default=False)
    priority = models.PositiveIntegerField("次序", default=0)
    reasons = models.CharField("优先理由", max_length=120, blank=True)

    objects = PostLineQuerySet.as_manager()

    class Meta:
        verbose_name = "招聘岗位"
        ordering = ["priority", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["target", "school", "stage", "subject"], name="post_line_once_per_school_and_subject",
                violation_error_message="这个渠道、这所学校的这个学科已有岗位，请改岗位数。",
            ),
            models.CheckConstraint(
                name="post_line_has_posts", condition=Q(posts__gt=0), violation_error_message="岗位数应大于零。"
            ),
            models.CheckConstraint(
                name="no_more_taken_than_posts", condition=Q(taken__gte=0, taken__lte=F("posts")),
                violation_error_message="体检考察和录用的人数不能多于岗位数。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.school} {self.post_label}"

    @property
    def post_label(self) -> str:
        return post_label(self.stage, self.subject)

    @property
    def free(self) -> int:
        return self.posts - self.taken


class HireList(models.Model):
    """拟聘用名单: shown in public, then approved by another person than who drew it up."""

    plan = models.ForeignKey(
        RecruitmentPlan, models.PROTECT, related_name="hire_lists", verbose_name="招聘计划"
    )
    number = models.PositiveSmallIntegerField("批次")
    state = models.CharField(
        "状态", max_length=10, choices=HireListState.choices, default=HireListState.PUBLIC
    )
    drawn_on = models.DateField("公示开始")
    closes_on = models.DateField("公示最后一日")
    drawn_by_id = models.BigIntegerField("拟订人编号", null=True)
    approved_on = models.DateField("批准日期", null=True, blank=True)
    approved_by_id = models.BigIntegerField("批准人编号", null=True, blank=True)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "拟聘用名单"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "number"], name="hire_list_number_once_per_plan"),
            models.CheckConstraint(
                name="hire_list_approved_by_another_person",
                condition=~Q(state=HireListState.APPROVED)
                | Q(approved_on__isnull=False, approved_by_id__isnull=False)
                & (Q(drawn_by_id=None) | ~Q(approved_by_id=F("drawn_by_id"))),
                violation_error_message="批准人不能是拟订名单的人。",
            ),
            models.CheckConstraint(
                name="hire_list_approved_after_publicity",
                condition=Q(approved_on=None) | Q(approved_on__gt=F("closes_on")),
                violation_error_message="公示期满以后才能批准聘用。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.plan.name}第{self.number}批拟聘用名单"

    def get_absolute_url(self) -> str:
        return reverse("teachers:hire_list", args=[self.pk])

    @property
    def about(self) -> str:
        """How its public notices name it."""
        return f"teachers.hiring:{self.pk}"

    @property
    def tone(self) -> str:
        return {"public": "doing", "approved": "ok"}.get(self.state, "info")


class HireListDecision(Decision):
    subject = models.ForeignKey(HireList, models.PROTECT, related_name="decisions", verbose_name="拟聘用名单")

    class Meta(Decision.Meta):
        verbose_name = "拟聘用名单办理记录"


class CandidateQuerySet(ScopedQuerySet):
    """The whole county for who recruits; a school sees only who was hired for it."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        coming = Q(state__in=[CandidateState.HIRED, CandidateState.POSTED])
        return coming & (scope.area_q("line__school__area_id") | Q(line__school__in=scope.schools))

    def best_first(self):
        return self.order_by("line_id", F("rank").asc(nulls_last=True), "pk")


class Candidate(models.Model):
    """One application of one person to one post line of a plan."""

    plan = models.ForeignKey(
        RecruitmentPlan, models.PROTECT, related_name="candidates", verbose_name="招聘计划"
    )
    line = models.ForeignKey(PostLine, models.PROTECT, related_name="candidates", verbose_name="岗位")
    name = models.CharField("姓名", max_length=60)
    id_number = SealedCharField("身份证件号")
    id_hash = models.CharField("证件号索引", max_length=32)
    phone = SealedCharField("联系电话")
    written = models.DecimalField("笔试成绩", max_digits=5, decimal_places=2, null=True, blank=True)
    interview = models.DecimalField("面试成绩", max_digits=5, decimal_places=2, null=True, blank=True)
    total = models.DecimalField("总成绩", max_digits=5, decimal_places=2, null=True, blank=True)
    rank = models.PositiveSmallIntegerField("名次", null=True, blank=True)
    state = models.CharField(
        "状态", max_length=12, choices=CandidateState.choices, default=CandidateState.REGISTERED
    )
    hire_list = models.ForeignKey(
        HireList, models.PROTECT, null=True, blank=True, related_name="candidates", verbose_name="拟聘用名单"
    )
    teacher = models.OneToOneField(
        "teachers.Teacher", models.PROTECT, null=True, blank=True, related_name="candidacy", verbose_name="教师"
    )  # fmt: skip
    posted_on = models.DateField("到岗日期", null=True, blank=True)

    objects = CandidateQuerySet.as_manager()

    class Meta:
        verbose_name = "应聘人员"
        ordering = ["line", "rank", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "id_hash"], name="person_applies_once_per_plan", violation_error_message="这个人已经报了本计划的一个岗位。"
            ),
            models.CheckConstraint(
                name="scores_are_out_of_a_hundred",
                condition=(Q(written=None) | Q(written__gte=0, written__lte=100))
                & (Q(interview=None) | Q(interview__gte=0, interview__lte=100)),
                violation_error_message="成绩应在 0 到 100 之间。",
            ),
            models.CheckConstraint(
                name="only_the_ranked_go_on", condition=~Q(state__in=HOLDING) | Q(rank__isnull=False, total__isnull=False),
                violation_error_message="没有总成绩和名次的，不能进入体检考察。",
            ),
            models.CheckConstraint(
                name="hired_from_a_list",
                condition=~Q(state__in=[CandidateState.LISTED, CandidateState.HIRED, CandidateState.POSTED])
                | Q(hire_list__isnull=False),
                violation_error_message="没有经过公示的，不能录用。",
            ),
            models.CheckConstraint(
                name="posted_is_a_teacher",
                condition=Q(state=CandidateState.POSTED, teacher__isnull=False, posted_on__isnull=False)
                | ~Q(state=CandidateState.POSTED) & Q(teacher=None, posted_on=None),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["plan", "state"], name="candidate_by_state")]

    def __str__(self):
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("teachers:candidate", args=[self.pk])

    @property
    def tone(self) -> str:
        tones = {"registered": "todo", "posted": "ok", "out": "info", "withdrawn": "info"}
        return tones.get(self.state, "doing")

    @staticmethod
    def weighed(written: Decimal | None, interview: Decimal | None, written_percent: int) -> Decimal | None:
        """Return the total out of 100, to a hundredth, half up; None without a part that counts."""
        total = Decimal(0)
        for score, share in ((written, written_percent), (interview, 100 - written_percent)):
            if share and score is None:
                return None
            total += (score or Decimal(0)) * share
        return (total / 100).quantize(CENT, ROUND_HALF_UP)


class CandidateDecision(Decision):
    subject = models.ForeignKey(Candidate, models.PROTECT, related_name="decisions", verbose_name="应聘人员")

    class Meta(Decision.Meta):
        verbose_name = "应聘办理记录"


class TermReminder(models.Model):
    """That whoever keeps a term of service was told of its end, once per so many days before it."""

    term = models.ForeignKey(
        "teachers.ServiceTerm", models.CASCADE, related_name="reminders", verbose_name="服务期（合同）"
    )
    days = models.SmallIntegerField("提前天数")
    told_on = models.DateField("提醒日期")

    class Meta:
        verbose_name = "服务期提醒"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["term", "days"], name="term_told_once_per_days")]

    def __str__(self):
        return f"{self.term} 提前 {self.days} 天"


class TermEnd(models.Model):
    """What followed a term of service: stayed with an established post, went on by contract, left."""

    term = models.OneToOneField(
        "teachers.ServiceTerm", models.PROTECT, related_name="end", verbose_name="服务期（合同）"
    )
    outcome = models.CharField("去向", max_length=10, choices=TermOutcome.choices)
    on = models.DateField("日期")
    reason = models.CharField("说明", max_length=300)
    by_id = models.BigIntegerField("经办人编号", null=True)
    by_name = models.CharField("经办人", max_length=60)

    class Meta:
        verbose_name = "服务期去向"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="term_end_says_why", condition=~Q(reason=""))]

    def __str__(self):
        return f"{self.term} {self.get_outcome_display()}"


class StaffGoal(models.Model):
    """How many teachers a stage is to have by a year (幼儿教师 2020 年达到 6600 人)."""

    year = models.PositiveSmallIntegerField("年度")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    teachers = models.PositiveIntegerField("教师总数")
    document = models.CharField("依据文件", max_length=120, blank=True)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "教师总数目标"
        ordering = ["year", "stage"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "stage"], name="staff_goal_once_per_year_and_stage", violation_error_message="这一年、这个学段已有目标。"
            ),
            models.CheckConstraint(name="staff_goal_is_positive", condition=Q(teachers__gt=0)),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year}年{self.get_stage_display()}教师 {self.teachers} 人"
