import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone

from povertyedu.options.registry import option

from .enums import AreaLevel, Ownership, SchoolKind, Season, Setting, Stage, grade_name
from .scope import Scope, ScopedQuerySet


class AreaQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.area_q("code")

    def standing(self):
        """Return those that are not merged into another: where something new may be put."""
        return self.filter(closed_on=None)


class Area(models.Model):
    """A county, township or village by its GB/T 2260 code: 6, 9 or 12 digits, each beginning with its parent's."""

    code = models.CharField("区划代码", max_length=12, primary_key=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("级别", max_length=10, choices=AreaLevel.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="上级"
    )
    is_poor_village = models.BooleanField("贫困村", default=False)
    closed_on = models.DateField("撤并日期", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_areas",
        verbose_name="并入",
        help_text="撤并后并入的乡镇或村；原代码和以前学期的记录都保留",
    )
    absorbed = models.JSONField(
        "并入过的代码",
        default=list,
        db_default=[],
        blank=True,
        help_text="并入本地、代码不以本地代码开头的乡镇和村；本地的人员看得到它们以前的记录",
    )

    objects = AreaQuerySet.as_manager()

    class Meta:
        verbose_name = "行政区划"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="area_parent_matches_level",
                condition=Q(level=AreaLevel.COUNTY, parent=None)
                | (~Q(level=AreaLevel.COUNTY) & Q(parent__isnull=False)),
                violation_error_message="县级没有上级，乡镇和村必须有上级",
            ),
            models.CheckConstraint(
                name="merged_area_is_closed",
                condition=Q(merged_into=None, closed_on=None)
                | Q(merged_into__isnull=False, closed_on__isnull=False) & ~Q(merged_into=F("code")),
                violation_error_message="撤并要有日期和并入的乡镇（村），不能并入自己",
            ),
            models.CheckConstraint(
                name="area_is_merged_into_its_like",
                condition=Q(merged_into=None) | Q(Exact(Length("code"), Length(F("merged_into")))),
                violation_error_message="乡镇只能并入乡镇，村只能并入村",
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def full_code(self) -> str:
        """The 12-digit form, as enrolments store it."""
        return self.code.ljust(12, "0")

    @property
    def scope(self) -> Scope:
        """What lies here: its own code and those of the places merged into it."""
        return Scope(areas=(self.code, *self.absorbed))

    @property
    def path(self) -> str:
        return f"{self.parent.path} {self.name}" if self.level == AreaLevel.VILLAGE else self.name


class SchoolQuerySet(ScopedQuerySet):
    """Schools by place and by stage."""

    def of_stage(self, stage: str):
        return self.filter(pk__in=SchoolStage.objects.filter(stage=stage).values("school"))

    def public(self):
        """Return the open schools that the state runs: their teachers are the county's, in established posts (编制)."""
        return self.filter(is_open=True, ownership=Ownership.PUBLIC)

    def staffed(self):
        """Return the schools where somebody may hold a seat: the open ones, and the one that stands for those outside."""
        return self.filter(Q(is_open=True) | Q(code=School.OUTSIDE))

    def read_whole(self, user, permission: str):
        """Return the schools of which ``user`` reads every child; whoever has one class reads none."""
        scope = user.scope(permission)
        return self.filter(scope.area_q("area_id") | Q(pk__in=scope.schools) | Q(centre__in=scope.centres))

    def outside(self) -> "School":
        """Return the school that stands for all outside the county: a place for the sheet of children who study there.

        It is never open, so nobody enrols in it; whoever is its clerk (学校经办) reports for those children.
        """
        county = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").first()
        fields = {
            "name": "县外就读学生（资助中心代报）", "kind": SchoolKind.PRIMARY, "ownership": Ownership.PUBLIC, "setting": Setting.TOWN,
            "area": county, "is_open": False,
        }  # fmt: skip
        return self.get_or_create(code=School.OUTSIDE, defaults=fields)[0]

    def _reads_at(self, scope) -> Q:
        own = Q(pk__in=scope.schools) | Q(pk__in=scope.centres) | Q(centre__in=scope.centres)
        taught = SchoolClass.objects.filter(pk__in=scope.classes).values("school")
        return scope.area_q("area_id") | own | Q(pk__in=taught)


class School(models.Model):
    """A school by its ten-digit 学校标识码; it has a set of stages, and a place."""

    OUTSIDE = "0000000000"

    code = models.CharField("学校标识码", max_length=10, unique=True)
    name = models.CharField("学校名称", max_length=80)
    kind = models.CharField("办学类型", max_length=20, choices=SchoolKind.choices)
    ownership = models.CharField("办学性质", max_length=20, choices=Ownership.choices)
    setting = models.CharField("城乡类型", max_length=10, choices=Setting.choices)
    area = models.ForeignKey(Area, models.PROTECT, related_name="schools", verbose_name="所在乡镇（村）")
    takes_boarders = models.BooleanField("寄宿制", default=False)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="teaching_points", verbose_name="主管学校"
    )
    centre = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reviewed_schools",
        verbose_name="审核的中心学校",
    )
    is_open = models.BooleanField("在办", default=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged_schools",
        verbose_name="并入学校",
        help_text="停办后并入的学校；标识码和以前学期的学籍都留在原校",
    )

    tags = models.JSONField(
        "学校标签", default=list, db_default=[], blank=True, help_text="资助标准可以按标签规定，如示范校"
    )

    former_tags = models.JSONField(
        "以前的标签",
        default=list,
        db_default=[],
        blank=True,
        help_text="[学期，这个学期以前的标签]，见 orgs/tags.py",
    )

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = "学校"
        ordering = ["area_id", "code"]
        constraints = [
            models.CheckConstraint(
                name="school_code_has_ten_digits", condition=Q(code__regex=r"^[0-9]{10}$"), violation_error_message="学校标识码应为 10 位数字",
            ),
            models.CheckConstraint(
                name="school_is_not_its_own_centre", condition=Q(centre=None) | ~Q(centre=F("id")), violation_error_message="审核的中心学校不能是本校",
            ),
            models.CheckConstraint(
                name="merged_school_is_closed",
                condition=Q(merged_into=None) | (Q(is_open=False) & ~Q(merged_into=F("id"))),
                violation_error_message="填了并入学校的，应为停办，并入的不能是本校",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def stages(self) -> list[str]:
        return sorted((s.stage for s in self.stage_set.all()), key=list(Stage).index)


class SchoolStage(models.Model):
    """One stage of a school's set (完全中学 has two, 九年一贯制 has two)."""

    school = models.ForeignKey(School, models.CASCADE, related_name="stage_set")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)

    class Meta:
        verbose_name = "学校学段"
        constraints = [models.UniqueConstraint(fields=["school", "stage"], name="school_has_a_stage_once")]

    def __str__(self):
        return self.get_stage_display()


class PersonQuerySet(ScopedQuerySet):
    """People by where they work; one without a place yet is open to whoever manages people."""

    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("area_id")
            | scope.area_q("school__area_id")
            | Q(school__in=scope.schools)
            | (Q(area=None, school=None) if scope.areas else Q(pk__in=()))
        )


class Person(models.Model):
    """Anyone who holds a post: a head, a homeroom teacher, a cadre; with an account or without."""

    name = models.CharField("姓名", max_length=60)
    phone = models.CharField("电话", max_length=20, blank=True)
    title = models.CharField("职务", max_length=60, blank=True)
    school = models.ForeignKey(
        School, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name="学校"
    )
    area = models.ForeignKey(
        Area, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name="乡镇（村）"
    )

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = "人员"
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class SchoolClassQuerySet(ScopedQuerySet):
    def _reads_at(self, scope) -> Q:
        return scope.school_q() | Q(pk__in=scope.classes)


class SchoolClass(models.Model):
    """A class as its school calls it, within one grade of one stage."""

    school = models.ForeignKey(School, models.PROTECT, related_name="classes", verbose_name="学校")
    stage = models.CharField("学段", max_length=20, choices=Stage.choices)
    grade = models.PositiveSmallIntegerField("年级")
    name = models.CharField("班级", max_length=30)
    homeroom_teacher = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="homeroom_classes", verbose_name="班主任"
    )

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = "班级"
        ordering = ["school", "stage", "grade", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["school", "stage", "grade", "name"],
                name="class_name_once_per_grade",
                violation_error_message="这个年级已有同名班级",
            ),
        ]

    def __str__(self):
        return f"{self.grade_name}{self.name}"

    @property
    def grade_name(self) -> str:
        return grade_name(self.stage, self.grade)


class TermQuerySet(models.QuerySet):
    def named(self, code: str) -> "Term":
        """Return the term of ``code`` (2020-autumn), created with default dates when it is not there yet.

        Raise ValueError with a Chinese sentence when ``code`` names no term.
        """
        term = self.filter(pk=code).first()
        if term is None:
            defaults = Term.defaults(code) | {"meal_days": option("default_meal_days")}
            term, _ = self.get_or_create(code=code, defaults=defaults)
        return term


class Term(models.Model):
    """Half a school year: autumn (September to January) or spring (February to July)."""

    code = models.CharField("学期代码", max_length=11, primary_key=True, help_text="2020-autumn")
    year = models.PositiveSmallIntegerField("年份", help_text="学期开始的公历年")
    season = models.CharField("季", max_length=6, choices=Season.choices)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    meal_days = models.PositiveSmallIntegerField("供餐天数", default=100)
    is_closed = models.BooleanField("已关闭", default=False)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = "学期"
        ordering = ["-starts_on"]
        constraints = [
            models.UniqueConstraint(fields=["year", "season"], name="term_once_per_season"),
            models.CheckConstraint(
                name="term_ends_after_it_starts",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message="学期结束日期应晚于开始日期",
            ),
        ]

    def __str__(self):
        return f"{self.school_year}学年 {self.get_season_display()}"

    @property
    def school_year(self) -> str:
        first = self.year if self.season == Season.AUTUMN else self.year - 1
        return f"{first}—{first + 1}"

    @staticmethod
    def defaults(code: str) -> dict:
        """Return year, season and usual dates of ``code``; raise ValueError when it names no term."""
        year_text, _, season = code.partition("-")
        known = year_text.isascii() and year_text.isdigit() and len(year_text) == 4 and year_text >= "1949"
        if not known or year_text > "2199" or season not in Season.values:
            raise ValueError(
                f"学期“{code}”写法不对，应如 2020-autumn（2020 年秋季）或 2021-spring（2021 年春季）。"
            )
        year = int(year_text)
        if season == Season.AUTUMN:
            dates = dt.date(year, 9, 1), dt.date(year + 1, 1, 31)
        else:
            dates = dt.date(year, 2, 15), dt.date(year, 7, 15)
        return {"year": year, "season": season, "starts_on": dates[0], "ends_on": dates[1]}


class AreaMerger(models.Model):
    """What the merger of ``area`` moved, so that it can be taken back; it stays when it was."""

    area = models.ForeignKey(Area, models.PROTECT, related_name="mergers", verbose_name="被撤并的")
    into = models.ForeignKey(Area, models.PROTECT, related_name="+", verbose_name="并入")
    at = models.DateTimeField("办理时间", default=timezone.now)
    by_name = models.CharField("办理人", max_length=60)
    moved = models.JSONField("移动的", help_text="households students …: 行号；posts: 行号、原任职止、改后")
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)
    undone_by_name = models.CharField("撤销人", max_length=60, blank=True)
    undone_reason = models.CharField("撤销理由", max_length=500, blank=True)

    class Meta:
        verbose_name = "撤并"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["area"], condition=Q(undone_at=None), name="area_is_merged_once"),
            models.CheckConstraint(
                name="undone_merger_says_who_and_why",
                condition=Q(undone_at=None, undone_by_name="", undone_reason="")
                | Q(undone_at__isnull=False) & ~Q(undone_by_name="") & ~Q(undone_reason=""),
            ),
        ]

    def __str__(self):
        return f"{self.area}并入{self.into}"


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a public holiday, or a Saturday worked instead."""

    date = models.DateField("日期", primary_key=True)
    is_working = models.BooleanField("工作日")
    note = models.CharField("说明", max_length=60, blank=True)

    class Meta:
        verbose_name = "工作日历"
        ordering = ["date"]

    def __str__(self):
        return f"{self.date} {self.note}"
