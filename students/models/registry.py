from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Ownership, Setting, Stage, grade_name
from povertyedu.orgs.models import Area, School, SchoolClass, Term
from povertyedu.orgs.scope import ScopedQuerySet
from povertyedu.sealing.fields import SealedCharField
from students.enums import (
    AidedElsewhere,
    ChangeCause,
    EnrolmentStatus,
    ExitStatus,
    HardshipCategory,
    HolderRelation,
    Hukou,
    IdentityKind,
    ListSource,
    Place,
    Sex,
    category_labels,
)

from .hardship import HardshipStatusQuerySet
from .placed import at_child


class HouseholdQuerySet(ScopedQuerySet):
    """Households by their village; one whose village is not known is the county's alone."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return scope.area_q("area_id")


class Household(models.Model):
    """A registered household (户) by its 户编号, an opaque text of digits."""

    number = models.CharField("户编号", max_length=32, unique=True)
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="households", verbose_name="村"
    )
    head_name = models.CharField("户主", max_length=60, blank=True)
    exit_status = models.CharField("脱贫状态", max_length=24, choices=ExitStatus.choices, blank=True)

    objects = HouseholdQuerySet.as_manager()

    class Meta:
        verbose_name = "农户"

    def __str__(self):
        return f"{self.head_name or self.number}户"


class StudentQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return Exists(Enrolment.objects.filter(student=OuterRef("pk")).in_scope(scope))

    def with_id_hash(self, digest: str):
        """Return the record under this ID number; a number of a merged record leads to the one that was kept."""
        return self.filter(
            Q(id_hash=digest) | Q(pk__in=Student.objects.filter(id_hash=digest).values("merged_into")),
            merged_into=None,
        )


class Student(models.Model):
    """A child, once. Numbers are sealed; ``*_hash`` find them again (:mod:`povertyedu.sealing`)."""

    name = models.CharField("姓名", max_length=60, db_index=True)
    sex = models.CharField("性别", max_length=6, choices=Sex.choices, blank=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    id_kind = models.CharField(
        "身份证件类型", max_length=10, choices=IdentityKind.choices, default=IdentityKind.ID_CARD
    )
    id_number = SealedCharField("身份证件号")
    id_hash = models.CharField("证件号索引", max_length=32, null=True, blank=True)  # noqa: DJ001  NULL: many have none, yet unique
    id_tail_hash = models.CharField("证件号后四位索引", max_length=32, blank=True)
    student_no = SealedCharField("全国学籍号")
    student_no_hash = models.CharField("学籍号索引", max_length=32, null=True, blank=True)  # noqa: DJ001  NULL: many have none, yet unique
    phone = SealedCharField("联系电话")
    home_area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="students", verbose_name="户籍地", db_index=False,
    )  # fmt: skip
    home_address = models.CharField("详细地址", max_length=120, blank=True)
    hukou = models.CharField("户口性质", max_length=6, choices=Hukou.choices, blank=True)
    is_left_behind = models.BooleanField("留守儿童", default=False)
    remark = models.CharField("备注", max_length=200, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", verbose_name="已并入", db_index=False,
    )  # fmt: skip
    created_at = models.DateTimeField("建档时间", default=timezone.now)
    updated_at = models.DateTimeField("修改时间", default=timezone.now)
    updated_by = models.CharField("修改人", max_length=60, blank=True)

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = "学生"
        constraints = [
            models.UniqueConstraint(
                fields=["id_hash"], name="student_id_once", violation_error_message="该身份证件号已有档案"
            ),
            models.UniqueConstraint(
                fields=["student_no_hash"], name="student_no_once", violation_error_message="该学籍号已有档案"
            ),
            models.CheckConstraint(
                name="student_can_be_found",
                # a merged record may have given both its numbers to the one that was kept
                condition=Q(id_hash__isnull=False)
                | Q(student_no_hash__isnull=False)
                | Q(merged_into__isnull=False),
                violation_error_message="身份证件号和学籍号至少填一项",
            ),
            models.CheckConstraint(
                name="student_not_merged_into_itself", condition=Q(merged_into=None) | ~Q(merged_into=F("id"))
            ),
        ]
        # Declared here, not on the fields: PostgreSQL would keep a second one of each for LIKE, which nobody asks.
        indexes = [
            models.Index(fields=["id_tail_hash"], name="student_by_id_tail"),
            models.Index(fields=["home_area"], name="student_by_home"),
            models.Index(
                fields=["merged_into"], condition=Q(merged_into__isnull=False), name="student_by_kept"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def id_hashes(self) -> models.QuerySet:
        """The hashes that lists may name the child by: its own ID number and those of records merged into it."""
        records = Student.objects.filter(Q(pk=self.pk) | Q(merged_into=self), id_hash__isnull=False)
        return records.values("id_hash")


class Guardian(models.Model):
    """The guardian a school knows; one per child here, the household has the rest."""

    student = models.OneToOneField(Student, models.CASCADE, related_name="guardian", verbose_name="学生")
    name = models.CharField("监护人姓名", max_length=60)
    relation = models.CharField("监护人关系", max_length=20, blank=True)
    id_number = SealedCharField("监护人身份证件号")
    id_hash = models.CharField("证件号索引", max_length=32, blank=True)

    class Meta:
        verbose_name = "监护人"
        indexes = [models.Index(fields=["id_hash"], name="guardian_by_number")]

    def __str__(self):
        return self.name


class BankAccount(models.Model):
    """Where a child's money goes: the child's own account or a guardian's."""

    student = models.OneToOneField(Student, models.CASCADE, related_name="bank_account", verbose_name="学生")
    holder = models.CharField("开户人", max_length=60)
    relation = models.CharField(
        "与开户人关系", max_length=12, choices=HolderRelation.choices, blank=True, db_default=""
    )
    bank = models.CharField("开户银行", max_length=60, blank=True)
    number = SealedCharField("银行账号")
    number_hash = models.CharField("账号索引", max_length=32)
    tail = models.CharField("账号后四位", max_length=4, blank=True)

    class Meta:
        verbose_name = "银行账户"
        indexes = [models.Index(fields=["number_hash"], name="account_by_number")]

    def __str__(self):
        return f"{self.holder} 尾号{self.tail}"


class EnrolmentQuerySet(ScopedQuerySet):
    """Enrolments by place, by household and by hardship."""

    def _reads_at(self, scope) -> Q:
        return at_child(scope) | Q(school_class__in=scope.classes)

    def of(self, term):
        """Return the enrolments of ``term``; a merged record's stay out, as a short list rather than a join."""
        merged = Student.objects.filter(merged_into__isnull=False)
        return self.filter(term=term).exclude(student_id__in=merged.values("pk"))

    def studying(self):
        return self.filter(status=EnrolmentStatus.STUDYING)

    def here(self):
        """Return those who hold a place: a child who left or graduated in the term is on no roster any more."""
        return self.exclude(status__in=[EnrolmentStatus.LEFT, EnrolmentStatus.GRADUATED])

    def known_by(self, id_hashes):
        """Return the enrolments of children with one of ``id_hashes`` (a subquery), by a merged record's number too."""
        merged = Student.objects.filter(merged_into=OuterRef("student_id"), id_hash__in=id_hashes)
        return self.filter(Q(student__id_hash__in=id_hashes) | Exists(merged))

    def not_known_by(self, id_hashes):
        merged = Student.objects.filter(merged_into=OuterRef("student_id"), id_hash__in=id_hashes)
        return self.exclude(student__id_hash__in=id_hashes).exclude(Exists(merged))

    def registered_poor(self):
        return self.annotate(poor=F("categories").bitand(HardshipCategory.REGISTERED_POOR)).filter(poor__gt=0)


class Enrolment(models.Model):
    """A child in one term: the facts that rules are decided on, as they were (学籍)."""

    # Both are the first column of an index below: one more of their own is written for nothing.
    student = models.ForeignKey(
        Student, models.PROTECT, related_name="enrolments", verbose_name="学生", db_index=False
    )
    term = models.ForeignKey(
        Term, models.PROTECT, related_name="enrolments", verbose_name="学期", db_index=False
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="enrolments", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="enrolments", verbose_name="班级"
    )
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    grade = models.PositiveSmallIntegerField("年级")
    boarding = models.BooleanField("住校", default=False)
    major = models.CharField("专业", max_length=60, blank=True)
    agri_major = models.BooleanField("涉农专业", default=False)
    place = models.CharField("就读地", max_length=12, choices=Place.choices, default=Place.IN_COUNTY)
    outside_school = models.CharField("县外学校", max_length=80, blank=True)
    outside_region = models.CharField("县外学校所在地", max_length=80, blank=True)
    aided_elsewhere = models.CharField(
        "对方是否已资助",
        max_length=10,
        choices=AidedElsewhere.choices,
        default=AidedElsewhere.UNKNOWN,
        db_default=AidedElsewhere.UNKNOWN,
        help_text="县外就读地是否已资助；县内就读的不看",
    )
    ownership = models.CharField("办学性质", max_length=20, choices=Ownership.choices, blank=True)
    setting = models.CharField("城乡类型", max_length=10, choices=Setting.choices, blank=True)
    school_area = models.CharField("学校区划", max_length=12, blank=True, help_text="12 位")
    home_area = models.CharField("户籍区划", max_length=12, blank=True, help_text="12 位")
    entered_on = models.DateField("入学年月", null=True, blank=True)
    meal_days = models.PositiveSmallIntegerField(
        "供餐天数", null=True, blank=True, help_text="空为学期统一天数"
    )
    categories = models.PositiveIntegerField(
        "困难类型", default=0, help_text="HardshipCategory 的位，由困难认定推出"
    )
    status = models.CharField(
        "状态", max_length=10, choices=EnrolmentStatus.choices, default=EnrolmentStatus.STUDYING
    )
    facts = models.JSONField(
        "其他情况",
        default=dict,
        db_default={},
        blank=True,
        help_text="没有单独一列的，见 students/facts.py；金额为分",
    )

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = "学籍"
        constraints = [
            models.UniqueConstraint(
                fields=["student", "term"],
                name="one_enrolment_per_term",
                violation_error_message="该学生本学期已有学籍",
            ),
            models.CheckConstraint(
                name="enrolment_here_has_a_school",
                condition=~Q(place=Place.IN_COUNTY) | Q(school__isnull=False),
                violation_error_message="县内就读必须有学校",
            ),
            models.CheckConstraint(
                name="enrolment_grade_is_positive", condition=Q(grade__gte=1, grade__lte=9)
            ),
        ]
        indexes = [
            models.Index(fields=["term", "school_area", "id"], name="enrolment_by_school_area"),
            models.Index(fields=["term", "home_area", "id"], name="enrolment_by_home_area"),
            models.Index(fields=["term", "school", "stage", "grade", "id"], name="enrolment_by_school"),
        ]

    def __str__(self):
        return f"{self.student} {self.term_id}"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)

    @property
    def category_labels(self) -> list[str]:
        return category_labels(self.categories)


class HardshipStatus(models.Model):
    """A hardship of one person from a day on, by ID number: a list may name a child before any roster does."""

    id_hash = models.CharField("证件号索引", max_length=32)
    id_number = SealedCharField("身份证件号")
    certificate = SealedCharField("残疾证号")
    name = models.CharField("姓名", max_length=60)
    birth_date = models.DateField("出生日期", null=True, blank=True, help_text="由身份证件号推出")
    category = models.PositiveIntegerField("困难类型", choices=HardshipCategory.choices)
    since = models.DateField("起始日期")
    until = models.DateField("终止日期", null=True, blank=True)
    counts = models.BooleanField("享受政策", default=True, help_text="已脱贫不享受政策的为否")
    source = models.CharField("依据", max_length=20, choices=ListSource.choices)
    household = models.ForeignKey(
        Household, models.PROTECT, null=True, blank=True, related_name="members", verbose_name="户"
    )
    person_no = models.CharField("人编号", max_length=32, blank=True)
    relation = models.CharField("与户主关系", max_length=20, blank=True)
    exit_status = models.CharField("脱贫状态", max_length=24, choices=ExitStatus.choices, blank=True)
    last_term = models.ForeignKey(
        Term, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="最近名单学期"
    )

    objects = HardshipStatusQuerySet.as_manager()

    class Meta:
        verbose_name = "困难认定"
        constraints = [
            models.UniqueConstraint(fields=["id_hash", "category", "since"], name="hardship_once_per_start"),
            models.UniqueConstraint(
                fields=["id_hash", "category"], condition=Q(until=None), name="one_open_hardship_per_category"
            ),
            models.CheckConstraint(
                name="hardship_ends_after_it_starts", condition=Q(until=None) | Q(until__gte=F("since"))
            ),
        ]

    def __str__(self):
        return f"{self.name} {self.get_category_display()}"

    @property
    def has_ended(self) -> bool:
        return self.until is not None and self.until < today()


class FactChange(models.Model):
    """A mark that a child's facts of a term changed; recalculation reads the marks and takes them away."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="+", db_constraint=False, db_index=False)
    student = models.ForeignKey(
        Student, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    cause = models.CharField(
        "起因",
        max_length=12,
        choices=ChangeCause.choices,
        default=ChangeCause.OTHER,
        db_default=ChangeCause.OTHER,
    )
    marked_at = models.DateTimeField("变动时间", db_default=Now())

    class Meta:
        verbose_name = "待重算"
        indexes = [models.Index(fields=["term", "student"], name="fact_change_by_child")]

    def __str__(self):
        return f"{self.term_id} {self.student_id}"


class StudentDraft(models.Model):
    """A half-filled form, saved while it is typed; nothing else reads it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="student_drafts")
    student = models.ForeignKey(Student, models.CASCADE, null=True, blank=True, related_name="+")
    term = models.ForeignKey(Term, models.CASCADE, related_name="+")
    sealed = SealedCharField("内容", help_text="JSON")
    saved_at = models.DateTimeField("保存时间", auto_now=True)

    class Meta:
        verbose_name = "草稿"
        constraints = [
            models.UniqueConstraint(fields=["user", "term", "student"], name="one_draft_per_student"),
            models.UniqueConstraint(
                fields=["user", "term"], condition=Q(student=None), name="one_draft_of_a_new_student"
            ),
        ]

    def __str__(self):
        return f"{self.user.name} {timezone.localtime(self.saved_at):%m-%d %H:%M}"
