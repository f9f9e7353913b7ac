"""Average pay of teachers beside that of local civil servants, per year: figures as the county states them."""

from django.db import models
from django.db.models import Q

from teachers.enums.registry import Title

from .allowances import CountyWideQuerySet
from .care import OfTeacherQuerySet
from .registry import Teacher


class CivilPay(models.Model):
    """What local civil servants were paid on average in a year: in all (title ""), or those of the grade a title compares with."""

    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("对应的教师职称", max_length=12, choices=Title.choices, blank=True)
    counterpart = models.CharField("公务员范围（职级）", max_length=60)
    average_fen = models.BigIntegerField("平均工资收入（分）")
    document = models.CharField("数据来源", max_length=120)

    objects = CountyWideQuerySet.as_manager()

    class Meta:
        verbose_name = "当地公务员平均工资收入"
        ordering = ["-year", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "title"], name="civil_pay_once_a_year", violation_error_message="这个年度、这个职称对应的数据已有一条，请改原来的。",
            ),
            models.CheckConstraint(name="civil_pay_is_positive", condition=Q(average_fen__gt=0)),
            models.CheckConstraint(name="civil_pay_names_its_source", condition=~Q(document="") & ~Q(counterpart="")),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.year} 年 {self.counterpart}"


class TeacherPay(models.Model):
    """What one teacher was paid in a year, with the title held then."""

    teacher = models.ForeignKey(Teacher, models.PROTECT, related_name="pays", verbose_name="教师")
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("职称", max_length=12, choices=Title.choices)
    total_fen = models.BigIntegerField("全年工资收入（分）")

    objects = OfTeacherQuerySet.as_manager()

    class Meta:
        verbose_name = "教师全年工资收入"
        ordering = ["-year", "teacher__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["teacher", "year"], name="teacher_pay_once_a_year", violation_error_message="这位教师这个年度的收入已登记。",
            ),
            models.CheckConstraint(name="teacher_pay_is_positive", condition=Q(total_fen__gt=0)),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.teacher} {self.year} 年收入"
