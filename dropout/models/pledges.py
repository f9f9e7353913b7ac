"""责任状: what each level of the county promises the level above for a year, until its paper is signed."""

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce, Substr
from django.utils import timezone

from dropout.enums import UNIT_FIELDS, UnitKind
from povertyedu.files.models import StoredFile
from povertyedu.orgs.models import Area, Person, School, SchoolClass
from povertyedu.orgs.scope import ScopedQuerySet

from .chains import ChainLink, ChainLinkQuerySet, name_of


class PledgeLevel(models.Model):
    """责任状层级: one level of the pledges, from the top down; which units sign follows from its kind.

    ``link``: whoever holds this link of the chains at the unit signs; without it the unit's head does.
    """

    position = models.PositiveSmallIntegerField("次序")
    unit_kind = models.CharField("签订单位", max_length=16, choices=UnitKind.choices)
    label = models.CharField("层级名称", max_length=30)
    duties = models.TextField("责任内容", max_length=2000, help_text="一行一条，印在责任状上")
    link = models.ForeignKey(
        ChainLink, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="签订人取自",
        help_text="这一责任层级在该单位的责任人；不选的取单位负责人（校长、班主任）",
    )  # fmt: skip
    is_active = models.BooleanField("在用", default=True)

    objects = ChainLinkQuerySet.as_manager()

    class Meta:
        verbose_name = "责任状层级"
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit_kind"], name="pledge_level_once_per_unit", violation_error_message="这种单位已有一个层级。",
            ),
            models.CheckConstraint(name="pledge_level_says_its_duties", condition=~Q(duties="")),
        ]  # fmt: skip

    def __str__(self):
        return self.label

    @property
    def unit_field(self) -> str:
        """The column of its pledges that names the unit."""
        return UNIT_FIELDS[UnitKind(self.unit_kind)]


class PledgeQuerySet(ScopedQuerySet):
    """Pledges by the unit that signs."""

    def _reads_at(self, scope) -> Q:
        return (
            scope.area_q("area_id")
            | Q(school__in=School.objects.in_scope(scope))
            | Q(school_class__in=SchoolClass.objects.in_scope(scope))
        )

    def current(self):
        """Return those that hold: not replaced by one for a new holder."""
        return self.filter(replaced_on=None)

    def unsigned(self):
        return self.current().filter(file=None)

    def with_unit(self):
        return self.select_related(
            "level", "signer", "countersigner", "area__parent", "school__area", "school_class__school__area", "file"
        )  # fmt: skip

    def with_township(self):
        """Annotate ``township`` (nine digits) and ``school_key``: where the unit stands."""
        place = Coalesce("school__area_id", "school_class__school__area_id", "area_id", Value(""))
        return self.annotate(
            township=Substr(place, 1, 9), school_key=Coalesce("school_id", "school_class__school_id")
        )


class Pledge(models.Model):
    """One pledge: unit, year, who signs and who countersigns, as they were when it was made out.

    A new holder gets a new one (``issue`` counts them); the old one stays, replaced on a day.
    """

    year = models.PositiveSmallIntegerField("年度")
    level = models.ForeignKey(PledgeLevel, models.PROTECT, related_name="pledges", verbose_name="层级")
    area = models.ForeignKey(
        Area, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="县、乡镇或村"
    )
    school = models.ForeignKey(
        School, models.PROTECT, null=True, blank=True, related_name="pledges", verbose_name="学校"
    )
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="pledges", verbose_name="班级"
    )
    signer = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签订人"
    )
    signer_name = models.CharField("签订人姓名", max_length=60, blank=True)
    countersigner = models.ForeignKey(
        Person, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="上一级签订人"
    )
    countersigner_name = models.CharField("上一级签订人姓名", max_length=60, blank=True)
    countersigning_unit = models.CharField("上一级单位", max_length=80)
    issue = models.PositiveSmallIntegerField("第几次签发", default=1)
    made_at = models.DateTimeField("生成时间", default=timezone.now)
    replaced_on = models.DateField("换签日期", null=True, blank=True)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签订后的责任状"
    )
    signed_on = models.DateField("签订日期", null=True, blank=True)
    uploaded_at = models.DateTimeField("上传时间", null=True, blank=True)
    uploaded_by = models.CharField("上传人", max_length=60, blank=True)

    objects = PledgeQuerySet.as_manager()

    class Meta:
        verbose_name = "责任状"
        ordering = ["level__position", "pk"]
        constraints = [
            models.CheckConstraint(
                name="pledge_has_one_unit",
                condition=Q(area__isnull=False, school=None, school_class=None)
                | Q(area=None, school__isnull=False, school_class=None)
                | Q(area=None, school=None, school_class__isnull=False),
            ),
            models.CheckConstraint(
                name="signed_pledge_has_paper_day_and_name",
                condition=Q(file=None, signed_on=None, uploaded_at=None)
                | Q(file__isnull=False, signed_on__isnull=False, uploaded_at__isnull=False) & ~Q(signer_name=""),
            ),
            models.CheckConstraint(
                name="pledge_is_not_countersigned_by_its_signer",
                condition=Q(signer=None) | Q(countersigner=None) | ~Q(signer=F("countersigner")),
            ),
            *[
                models.UniqueConstraint(
                    fields=["year", name], condition=Q(replaced_on=None, **{f"{name}__isnull": False}),
                    name=f"one_pledge_a_year_per_{name}",
                )
                for name in ("area", "school", "school_class")
            ],
        ]  # fmt: skip
        indexes = [models.Index(fields=["year", "level", "id"], name="pledge_by_level")]

    def __str__(self):
        return f"{self.year}年 {self.unit_name}"

    @property
    def unit(self) -> models.Model:
        return self.area or self.school or self.school_class

    @property
    def unit_name(self) -> str:
        if self.level.unit_kind == UnitKind.BUREAU:
            return f"{self.area.name}教育局"
        return name_of(self.unit)

    @property
    def is_signed(self) -> bool:
        return self.file_id is not None

    @property
    def title(self) -> str:
        return f"{self.year}年控辍保学责任状"
