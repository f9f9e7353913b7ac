"""Facts that a county defines for itself (县定信息项): a column of its roster, a field of its form, a condition of its rules."""

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from students.enums import FactKind

NAME = r"^[a-z][a-z0-9_]{0,39}$"
NO_NAME = "代码要用小写字母开头，只用小写字母、数字和下划线，如 ethnic_class"


class CountyFactQuerySet(models.QuerySet):
    def in_use(self):
        return self.filter(is_active=True)


class CountyFact(models.Model):
    """One such fact; what a child has of it stands in ``Enrolment.facts`` under ``name``."""

    name = models.CharField(
        "代码", max_length=40, unique=True, validators=[RegexValidator(NAME, NO_NAME)],
        help_text="资助标准用它提问：小写字母开头，只用字母、数字和下划线",
    )  # fmt: skip
    label = models.CharField("名称", max_length=20, unique=True, help_text="花名册的列名，也是学生页上的名称")
    kind = models.CharField("类型", max_length=10, choices=FactKind.choices)
    choices = models.JSONField("选项", default=dict, blank=True, help_text="代码到名称")
    help_text = models.CharField("填写说明", max_length=80, blank=True)
    is_active = models.BooleanField("在用", default=True)
    created_at = models.DateTimeField("添加时间", default=timezone.now)
    created_by = models.CharField("添加人", max_length=60, blank=True)

    objects = CountyFactQuerySet.as_manager()

    class Meta:
        verbose_name = "县定信息项"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="county_fact_name_is_a_word",
                condition=models.Q(name__regex=NAME),
                violation_error_message=NO_NAME,
            ),
            models.CheckConstraint(
                name="county_fact_choices_belong_to_a_choice",
                condition=models.Q(kind=FactKind.CHOICE) ^ models.Q(choices={}),
                violation_error_message="类型是“选项”的要有选项，其他类型没有选项",
            ),
        ]

    def __str__(self):
        return self.label
