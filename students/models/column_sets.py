from django.db import models


class ColumnSet(models.Model):
    """Columns that a county takes out together, such as those the national aid system asks for."""

    name = models.CharField(
        "名称",
        max_length=40,
        unique=True,
        error_messages={"unique": "已有同名的列组合；请换个名称，或先删除原来的。"},
    )
    columns = models.JSONField("列", help_text="花名册列的代码名，按花名册的顺序")
    updated_by = models.CharField("保存人", max_length=60)

    class Meta:
        verbose_name = "列组合"
        ordering = ["name"]

    def __str__(self):
        return self.name
