from django.db import models
from django.db.models import Q

from subsidies.enums import Kind


class Programme(models.Model):
    """资助项目: what money is counted under, whichever policy awards it."""

    code = models.CharField("项目代码", max_length=60, primary_key=True)
    name = models.CharField("项目名称", max_length=60)
    kind = models.CharField("性质", max_length=10, choices=Kind.choices)
    position = models.PositiveSmallIntegerField("次序", default=0)

    class Meta:
        verbose_name = "资助项目"
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class Policy(models.Model):
    """A pack of dated, cited rules as it was loaded; its text is the rules (see subsidies/engine/pack.py)."""

    name = models.CharField("代码", max_length=40)
    title = models.CharField("名称", max_length=120)
    version = models.PositiveSmallIntegerField("版本")
    text = models.TextField("规则文本")
    digest = models.CharField("摘要", max_length=64)
    loaded_at = models.DateTimeField("载入时间", auto_now_add=True)
    loaded_by = models.CharField("载入人", max_length=60)
    is_current = models.BooleanField("现行", default=True)

    class Meta:
        verbose_name = "政策包"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_policy"
            ),
        ]

    def __str__(self):
        return f"{self.title} 第{self.version}版"
