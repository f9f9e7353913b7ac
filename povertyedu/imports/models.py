import json

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.files.models import StoredFile
from povertyedu.jobs.models import Job
from povertyedu.orgs.models import School, Term
from povertyedu.sealing import seal_bytes, unseal_bytes
from povertyedu.sealing.fields import SealedCharField
from povertyedu.workflow.flow import StepRefused

from .content import in_order, packed, unpacked
from .enums import RowOutcome
from .states import STEPS, WRITTEN, ImportState


class ImportBatchQuerySet(models.QuerySet):
    def visible_to(self, user, permission=None):
        """An import holds other people's children in clear; it is its uploader's own."""
        return self.filter(by=user)

    def waiting_for_a_person(self):
        """Those that go on only when somebody says which column is which, or confirms."""
        return self.filter(state__in=(ImportState.MAPPING, ImportState.CHECKED))

    def waiting_for(self, user):
        """Return what ``user`` may confirm as second person: of the county, or of rows of one own school."""
        scope = user.scope(Permission.CHECK_CHANGES)
        here = Q() if scope.of_county else Q(school__in=scope.schools)
        return self.filter(here, state=ImportState.WAITING).exclude(by=user)


class ImportBatch(models.Model):
    """One uploaded workbook on its way in."""

    kind = models.CharField("种类", max_length=30)
    term = models.ForeignKey(
        Term, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="学期"
    )
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name="文件")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="imports", verbose_name="上传人")
    job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="后台任务"
    )
    state = models.CharField("状态", max_length=12, choices=ImportState.choices, default=ImportState.UPLOADED)
    counts = models.JSONField(
        "行数", default=dict, help_text="rows created updated unchanged duplicates rejected warned"
    )
    rejected_by_code = models.JSONField("错误种类", default=dict)
    warnings = models.JSONField("提醒种类", default=dict)
    answer = models.JSONField("其他结果", default=dict, help_text="如名单比对 on_roster …")
    remarks = models.JSONField("说明", default=list, help_text="跳过的工作表、未识别的列等")
    layout = models.JSONField("表头位置", default=dict, help_text="工作表 → head 行号、columns 列 → 序号")
    sheets = SealedCharField("读到的表头", help_text="JSON：见 headings.survey")
    choices = models.JSONField("指定的列", default=dict, help_text="工作表 → skip、head、columns 序号 → 列")
    error = models.CharField("未通过原因", max_length=500, blank=True)
    is_complete = models.BooleanField("完整名册", default=False)
    absent = SealedCharField("名册里没有的", help_text="JSON：学校、班级、姓名")
    held = models.CharField("整个文件存疑", max_length=300, blank=True)
    go_on_reason = models.CharField("仍要继续的理由", max_length=200, blank=True)
    created_at = models.DateTimeField("上传时间", default=timezone.now)
    applied_at = models.DateTimeField("导入时间", null=True, blank=True)
    seconds = models.FloatField("用时（秒）", default=0)
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)
    undone = models.JSONField("撤销结果", default=dict, help_text="removed restored left_out")
    left_out = SealedCharField("没有撤销的", help_text="JSON：姓名、原因")

    school = models.ForeignKey(
        School,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="学校",
        help_text="待复核的只有一所学校时",
    )
    overwrites = SealedCharField("改动已有内容", help_text="JSON：工作表、行、姓名、项目、原、新、新值索引")
    overwritten = models.PositiveIntegerField("改动已有内容处数", default=0)
    checked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复核人"
    )
    checked_by_name = models.CharField("复核人姓名", max_length=60, blank=True)
    checked_at = models.DateTimeField("复核时间", null=True, blank=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "导入"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="applied_import_has_a_time",
                condition=Q(state__in=WRITTEN, applied_at__isnull=False)
                | (~Q(state__in=WRITTEN) & Q(applied_at=None)),
            ),
            models.CheckConstraint(
                name="import_checked_by_a_second_person",
                condition=Q(checked_by=None) | ~Q(checked_by=F("by")),
                violation_error_message="上传人不能复核自己的导入",
            ),
            models.CheckConstraint(
                name="overwriting_import_was_checked",
                condition=~Q(state__in=WRITTEN)
                | Q(overwritten=0)
                | Q(checked_by__isnull=False)
                | Q(by=None) & ~Q(checked_by_name=""),
            ),
            models.CheckConstraint(
                name="undone_import_has_a_time",
                condition=Q(state="undone", undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_at=None)),
            ),
        ]

    def __str__(self):
        return self.file.name

    def step(self, verb: str, **changes) -> None:
        """Take a step of STEPS by compare-and-set, with ``changes``; a second one at once gets StepRefused."""
        sources, target = STEPS[verb]
        here = ImportBatch.objects.filter(pk=self.pk, state__in=sources)
        if not here.update(state=target, **changes):
            raise StepRefused("这次导入已在办理、已完成或已取消，请刷新页面后再看。")
        self.refresh_from_db()

    def columns_of(self, sheet: str) -> list[str]:
        """Return the names of the columns of ``sheet`` in the order of its cells."""
        return in_order(self.layout.get(sheet, {}).get("columns", {}))

    @property
    def is_working(self) -> bool:
        """Whether a job of it waits or runs."""
        return self.job is not None and self.job.is_live

    @property
    def is_stuck(self) -> bool:
        """Whether it stands in a working state that nobody works on: its job was stopped or failed."""
        S = ImportState
        busy = self.state in (S.UPLOADED, S.CHECKING, S.APPLYING, S.UNDOING)
        return busy and self.job is not None and not self.job.is_live

    @property
    def sheet_list(self) -> list[dict]:
        """The sheets with their headings, as :func:`povertyedu.imports.headings.survey` tells them."""
        return json.loads(self.sheets) if self.sheets else []

    @property
    def absent_list(self) -> list[list[str]]:
        """School, class and name of the children of its schools whom a complete roster does not name."""
        return json.loads(self.absent) if self.absent else []

    @property
    def overwrites_list(self) -> list[list[str]]:
        """What it changes on file: sheet, row, person, item, old, new, masked."""
        return json.loads(self.overwrites) if self.overwrites else []

    @property
    def left_out_list(self) -> list[list[str]]:
        """Name and reason of those whom an undo left as they were."""
        return json.loads(self.left_out) if self.left_out else []

    @property
    def importable(self) -> int:
        """How many rows a confirmation writes."""
        return self.counts.get("created", 0) + self.counts.get("updated", 0)


class StagedRowQuerySet(models.QuerySet):
    def with_problems(self):
        return self.filter(has_problem=True)

    def rejected(self):
        return self.filter(outcome=RowOutcome.REJECTED)

    def warned(self):
        return self.filter(has_problem=True).exclude(outcome=RowOutcome.REJECTED)

    def of_outcome(self, outcome: str):
        return self.filter(outcome=outcome)


class StagedRow(models.Model):
    """One checked row, sealed: its values, what is wrong with it, what it would change."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="staged", db_index=False)
    sheet = models.CharField("工作表", max_length=60)
    number = models.PositiveIntegerField("行号")
    outcome = models.CharField("结果", max_length=10, choices=RowOutcome.choices)
    has_problem = models.BooleanField("有问题", default=False)
    key_hash = models.CharField("同一编号", max_length=32, blank=True, default="")
    sealed = models.BinaryField("内容")

    objects = StagedRowQuerySet.as_manager()

    class Meta:
        verbose_name = "暂存行"
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["batch", "has_problem", "id"], name="staged_problems"),
            models.Index(fields=["batch", "outcome", "id"], name="staged_outcomes"),
            models.Index(fields=["batch", "key_hash"], name="staged_same_key"),
        ]

    def __str__(self):
        return f"{self.sheet} 第{self.number}行"

    @property
    def content(self) -> dict:
        """What is kept of the row (:mod:`povertyedu.imports.content`)."""
        return unpacked(unseal_bytes(self.sealed), self.batch.columns_of(self.sheet))

    @staticmethod
    def seal_content(content: dict) -> bytes:
        return seal_bytes(packed(content).encode())


class RowFix(models.Model):
    """What a person put right in one row on the page; it goes over the file whenever the file is checked."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="fixes")
    sheet = models.CharField("工作表", max_length=60)
    number = models.PositiveIntegerField("行号")
    is_left_out = models.BooleanField("不导入", default=False)
    sealed = models.BinaryField("内容")

    class Meta:
        verbose_name = "改正的行"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "sheet", "number"], name="row_is_put_right_once")
        ]

    def __str__(self):
        return f"{self.sheet} 第{self.number}行"

    @property
    def cells(self) -> dict[str, str]:
        """Column -> the text that stands instead of the file's."""
        return json.loads(unseal_bytes(self.sealed))

    @staticmethod
    def seal_cells(cells: dict[str, str]) -> bytes:
        return seal_bytes(json.dumps(cells, ensure_ascii=False).encode())


class UndoImage(models.Model):
    """Some rows of one table as an import found and left them, sealed (:mod:`povertyedu.imports.images`)."""

    batch = models.ForeignKey(ImportBatch, models.CASCADE, related_name="images")
    table = models.CharField("表", max_length=80)
    sealed = models.BinaryField("内容")

    class Meta:
        verbose_name = "导入前后"
        ordering = ["pk"]

    def __str__(self):
        return f"{self.batch_id} {self.table}"


class HeadingAlias(models.Model):
    """Another word for a column's heading that the county's own workbooks use."""

    kind = models.CharField("种类", max_length=30)
    column = models.CharField("列", max_length=40)
    text = models.CharField("表头写法", max_length=40)
    normal = models.CharField("规整后的写法", max_length=40)
    added_by = models.CharField("添加人", max_length=60)

    class Meta:
        verbose_name = "表头别名"
        ordering = ["kind", "column", "pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "normal"], name="heading_alias_once_per_kind")]

    def __str__(self):
        return self.text
