from dataclasses import asdict, dataclass

from django.db import models

MOST_COLUMNS = 200


@dataclass(frozen=True)
class Entry:
    """One column of a set: where its cells come from, what stands above them, in which form they are written.

    ``source`` is a name of :mod:`students.resources.export_sources`; ``text`` is what a fixed column holds.
    """

    source: str
    heading: str
    form: str = ""
    text: str = ""


class ColumnSet(models.Model):
    """Columns that a county takes out together, such as those the national aid system asks for."""

    name = models.CharField(
        "名称",
        max_length=40,
        unique=True,
        error_messages={"unique": "已有同名的列组合；请换个名称，或先删除原来的。"},
    )
    entries = models.JSONField("列", default=list, help_text="按次序：来源、列名、格式、固定内容")
    has_title = models.BooleanField("表头上方写标题、筛选条件和导出人", default=True)
    version = models.PositiveIntegerField("版本", default=1)
    updated_by = models.CharField("保存人", max_length=60)

    in_county = False  # whether children who study elsewhere stay out of it

    class Meta:
        verbose_name = "列组合"
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def columns(self) -> list[Entry]:
        return [Entry(**entry) for entry in self.entries]

    @columns.setter
    def columns(self, entries: list[Entry]) -> None:
        self.entries = [asdict(entry) for entry in entries]
