"""Teachers, the posts they hold at schools, and the terms they have to serve.

County managed, school hired (县管校聘): the person belongs to the county, the post to a school.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area, Person, School
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing import keyed_hash
from povertyedu.sealing.fields import SealedCharField
from teachers.enums.registry import (
    SERVING,
    AppointmentKind,
    Backbone,
    Origin,
    ServiceKind,
    Sex,
    Subject,
    TeacherState,
    Title,
)

from .places import AtSchoolQuerySet

# The first day of a post and its last one, None where no end is written down.
Days = tuple[dt.date, dt.date | None]


class TeacherQuerySet(ScopedQuerySet):
    """Teachers by the school whose post they hold; who holds none is the county's alone."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        posts = Appointment.objects.in_force().filter(teacher=OuterRef("pk"))
        return Q(Exists(posts.in_scope(scope))) | self._sent_to(scope)

    def _sent_to(self, scope) -> Q:
        """Return the condition that somebody works at one of the places meanwhile (支教, 轮岗交流 …)."""
        there = scope.school_q("deployments__receiving")
        return Q(pk__in=self.model._base_manager.filter(there, deployments__state="under_way").values("pk"))

    def serving(self):
        """Return who is on the county's books: working or on leave, not retired or gone."""
        return self.filter(state__in=SERVING)

    def waiting(self):
        """Return the active ones who hold no post and are to be given one."""
        posts = Appointment.objects.standing().filter(teacher=OuterRef("pk"))
        return self.filter(~Exists(posts), state=TeacherState.ACTIVE)

    def at_schools(self, schools):
        """Return who holds a post at one of ``schools`` today, or works there meanwhile."""
        posts = Appointment.objects.in_force().filter(school__in=schools)
        sent = self.model._base_manager.filter(
            deployments__state="under_way", deployments__receiving__in=schools
        )
        return self.filter(Q(pk__in=posts.values("teacher")) | Q(pk__in=sent.values("pk")))

    def with_post(self):
        """Read the present post and its school along, in one more query; see :attr:`Teacher.post`."""
        posts = Appointment.objects.in_force().select_related("school__area")
        return self.select_related("person").prefetch_related(
            models.Prefetch("appointments", posts, to_attr="posts_now")
        )


class Teacher(models.Model):
    """A teacher of the county. The ID number is sealed; ``id_hash`` finds it again."""

    person = models.OneToOneField(Person, models.PROTECT, related_name="teacher", verbose_name="人员")
    code = models.CharField(
        "工号", max_length=20, unique=True, error_messages={"unique": "这个工号已有教师。"}
    )
    sex = models.CharField("性别", max_length=6, choices=Sex.choices)
    birth_on = models.DateField("出生日期")
    id_number = SealedCharField("身份证件号")
    id_hash = models.CharField("证件号索引", max_length=32, null=True, blank=True)  # noqa: DJ001  NULL: some have none on file, yet unique
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    subject = models.CharField("任教学科", max_length=20, choices=Subject.choices)
    can_teach_all = models.BooleanField("能教全科", default=False)
    title = models.CharField("职称", max_length=12, choices=Title.choices, default=Title.NONE)
    backbone = models.CharField("骨干教师", max_length=12, choices=Backbone.choices, blank=True)
    origin = models.CharField("来源", max_length=20, choices=Origin.choices)
    began_on = models.DateField("参加工作日期")
    home_area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="teachers", verbose_name="家庭所在地"
    )
    willing_remote = models.BooleanField("愿到偏远学校", default=False)
    family_care = models.BooleanField("家庭需要照顾", default=False)
    state = models.CharField("状态", max_length=10, choices=TeacherState.choices, default=TeacherState.ACTIVE)
    remark = models.CharField("备注", max_length=200, blank=True)
    updated_at = models.DateTimeField("修改时间", default=timezone.now)
    updated_by = models.CharField("修改人", max_length=60, blank=True)

    objects = TeacherQuerySet.as_manager()

    class Meta:
        verbose_name = "教师"
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["id_hash"], name="teacher_id_once", violation_error_message="这个身份证件号已有教师。"
            ),
            models.CheckConstraint(name="teacher_has_a_code", condition=~Q(code="")),
            models.CheckConstraint(
                name="teacher_began_after_birth",
                condition=Q(began_on__gt=F("birth_on")),
                violation_error_message="参加工作日期应晚于出生日期。",
            ),
        ]
        indexes = [models.Index(fields=["state", "stage", "subject"], name="teacher_by_subject")]

    def __str__(self):
        return self.person.name

    def get_absolute_url(self) -> str:
        return reverse("teachers:detail", args=[self.pk])

    @property
    def name(self) -> str:
        return self.person.name

    @property
    def fingerprint(self) -> str:
        """A keyed hash of all that the register says of the person: another one means that somebody changed it."""
        held = {field.name: field.value_from_object(self) for field in self._meta.concrete_fields}
        held |= {"name": self.person.name, "phone": self.person.phone, "updated_at": None, "updated_by": None}
        return keyed_hash("\n".join(f"{name}={value}" for name, value in held.items()))

    @property
    def is_serving(self) -> bool:
        return self.state in SERVING

    @property
    def state_words(self) -> str:
        """The state as lists have it: an active one without a post waits for one."""
        waits = self.state == TeacherState.ACTIVE and self.post is None
        return "待安排岗位" if waits else self.get_state_display()

    @property
    def tone(self) -> str:
        if self.state == TeacherState.ACTIVE:
            return "ok" if self.post else "warn"
        return "doing" if self.state == TeacherState.ON_LEAVE else "todo"

    @property
    def is_backbone(self) -> bool:
        return self.backbone != ""

    @property
    def is_full_subject(self) -> bool:
        """Whether they can teach every subject of a small school (全科)."""
        return self.can_teach_all or self.subject == Subject.ALL

    @property
    def post(self) -> "Appointment | None":
        """The post held today, None when there is none; read along by ``with_post()``."""
        if not hasattr(self, "posts_now"):
            self.posts_now = list(self.appointments.in_force().select_related("school"))
        return self.posts_now[0] if self.posts_now else None

    def years_of_service(self, day: dt.date) -> int:
        """Return the whole years since they began to work."""
        return (
            day.year - self.began_on.year - ((day.month, day.day) < (self.began_on.month, self.began_on.day))
        )


def fullest(posts: Collection[Days], first: dt.date) -> int:
    """Return how many of ``posts`` there are together on the day from ``first`` (today at the earliest) on that has most."""
    first = max(first, today())
    days = {first, *(since for since, _ in posts if since > first)}
    return max(
        sum(since <= day and (until is None or until >= day) for since, until in posts) for day in days
    )


class AppointmentQuerySet(AtSchoolQuerySet):
    def in_force(self, day: dt.date | None = None):
        """Return the posts held on ``day`` (today); both ends of a post count."""
        day = day or today()
        return self.filter(Q(until=None) | Q(until__gte=day), since__lte=day)

    def standing(self):
        """Return those whose end is not written down, also one that begins later."""
        return self.filter(until=None)

    def serving(self, day: dt.date):
        """Return the posts held on ``day`` by who serves. The state is today's: of days that are over the post alone tells."""
        rows = self.in_force(day)
        return rows if day < today() else rows.filter(teacher__state__in=SERVING)

    def not_over(self):
        """Return the posts held today and those that begin later."""
        return self.filter(Q(until=None) | Q(until__gte=today()))

    def holding_places(self, school=None) -> dict[int, list[Days]]:
        """Return school -> the days of each established post that holds a place today or later; one query."""
        rows = self.not_over().filter(kind=AppointmentKind.ESTABLISHED)
        rows = rows.filter(school=school) if school else rows
        found = defaultdict(list)
        for key, since, until in rows.order_by().values_list("school", "since", "until"):
            found[key].append((since, until))
        return found


class Appointment(models.Model):
    """A post at a school (岗位聘任), from a day to a day, both included; ``until`` None: no end in sight.

    A teacher's posts never overlap (trigger), and one only is without end; none that has begun is ever deleted. An established one takes a place of the
    school's :class:`~teachers.models.Establishment` until its last day is over.
    """

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="appointments", verbose_name="教师")
    school = models.ForeignKey(School, models.PROTECT, related_name="appointments", verbose_name="学校")
    subject = models.CharField("任教学科", max_length=20, choices=Subject.choices)
    since = models.DateField("聘任日期")
    until = models.DateField("止任日期", null=True, blank=True)
    kind = models.CharField(
        "编制情况", max_length=12, choices=AppointmentKind.choices, default=AppointmentKind.ESTABLISHED
    )
    excess_request = models.ForeignKey(
        "teachers.ExcessRequest", models.PROTECT, null=True, blank=True, related_name="appointments", verbose_name="批准的超编申请",
    )  # fmt: skip
    note = models.CharField("说明", max_length=200, blank=True)
    by_name = models.CharField("经办人", max_length=60, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位聘任"
        ordering = ["teacher", "-since"]
        constraints = [
            models.UniqueConstraint(
                fields=["teacher"], condition=Q(until=None), name="teacher_holds_one_post",
                violation_error_message="这位教师已有岗位；一人同时只能有一个岗位。",
            ),
            models.CheckConstraint(
                name="appointment_ends_after_it_begins", condition=Q(until=None) | Q(until__gte=F("since")),
                violation_error_message="止任日期不能早于聘任日期。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["school", "until"], name="appointment_by_school")]

    def __str__(self):
        return f"{self.teacher} {self.school} {self.get_subject_display()}"

    @property
    def has_begun(self) -> bool:
        return self.since <= today()


class ServiceTermQuerySet(ScopedQuerySet):
    """Terms of service by whoever serves them."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return Q(teacher__in=Teacher.objects.in_scope(scope).values("pk"))

    def running(self):
        return self.filter(ended_on=None)

    def ending(self, days: int = 90):
        """Return those not closed that end within ``days`` from today, or did already."""
        return self.running().filter(until__lte=today() + dt.timedelta(days=days))


class ServiceTerm(models.Model):
    """A contract or a term to serve, from a day to a day; ``ended_on`` is when it really ended, early or late."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="service_terms", verbose_name="教师")
    kind = models.CharField("种类", max_length=20, choices=ServiceKind.choices)
    since = models.DateField("起")
    until = models.DateField("止")
    ended_on = models.DateField("办结日期", null=True, blank=True)
    note = models.CharField("说明", max_length=200, blank=True)

    objects = ServiceTermQuerySet.as_manager()

    class Meta:
        verbose_name = "服务期（合同）"
        ordering = ["teacher", "-since"]
        constraints = [
            models.CheckConstraint(
                name="service_term_ends_after_it_begins", condition=Q(until__gt=F("since")),
                violation_error_message="服务期（合同）的止日应晚于起日。",
            ),
            models.CheckConstraint(
                name="service_term_ended_after_it_began", condition=Q(ended_on=None) | Q(ended_on__gte=F("since")),
                violation_error_message="办结日期不能早于起日。",
            ),
            models.UniqueConstraint(
                fields=["teacher", "kind"], condition=Q(ended_on=None), name="one_running_service_term_of_a_kind",
                violation_error_message="这位教师这种服务期（合同）还有一份没有办结。",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["until"], condition=Q(ended_on=None), name="service_term_by_end")]

    def __str__(self):
        return f"{self.teacher} {self.get_kind_display()}"

    @property
    def days_left(self) -> int:
        """How many days remain; negative when its end is past and nothing was done."""
        return (self.until - today()).days


class TitleRecordQuerySet(ScopedQuerySet):
    """Titles by whoever has them."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return Q(teacher__in=Teacher.objects.in_scope(scope).values("pk"))


class TitleRecord(models.Model):
    """A title (职称) or a rank of 骨干教师 given on a day: one of the two; :class:`Teacher` keeps what holds."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="title_records", verbose_name="教师")
    title = models.CharField("职称", max_length=12, choices=Title.choices, blank=True)
    backbone = models.CharField("骨干教师", max_length=12, choices=Backbone.choices, blank=True)
    on = models.DateField("取得日期")
    document = models.CharField("文号", max_length=80, blank=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = TitleRecordQuerySet.as_manager()

    class Meta:
        verbose_name = "职称和骨干"
        ordering = ["teacher", "-on"]
        constraints = [
            models.CheckConstraint(
                name="title_record_is_of_one_kind",
                condition=Q(title="") & ~Q(backbone="") | ~Q(title="") & Q(backbone=""),
                violation_error_message="职称和骨干教师分开登记，一次填一项。",
            ),
            models.UniqueConstraint(
                fields=["teacher", "title", "backbone"], name="title_given_once",
                violation_error_message="这位教师的这个职称（骨干级别）已登记。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} {self.get_title_display() or self.get_backbone_display()}"
