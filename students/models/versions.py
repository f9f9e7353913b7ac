"""What a record said before it was changed, kept by the database itself whoever changes it (``students.record_triggers``)."""

from django.db import models

from povertyedu.audit.models import Operation
from students.enums import RecordTable, VersionKind

from .registry import Student


class RecordVersionQuerySet(models.QuerySet):
    def of(self, students, id_hashes):
        """Return what concerns these records and the hardships under these ID hashes, newest first."""
        mine = models.Q(student__in=students) | models.Q(id_hash__in=id_hashes)
        return self.filter(mine).order_by("-pk")


class RecordVersion(models.Model):
    """One row of one table as it was: the columns that became different, sealed ones still sealed.

    A row that was added has no old values. A child who is new to an import is one version: what else the same
    import wrote of it is none. Triggers write it (:mod:`students.record_triggers`), nothing changes it.
    """

    at = models.DateTimeField("时间")
    operation = models.ForeignKey(
        Operation, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False,
        verbose_name="操作",
    )  # fmt: skip
    source = models.CharField("表", max_length=10, choices=RecordTable.choices)
    row_id = models.BigIntegerField("行")
    kind = models.CharField("变动", max_length=1, choices=VersionKind.choices)
    student = models.ForeignKey(
        Student, models.CASCADE, null=True, related_name="+", db_constraint=False, db_index=False,
        verbose_name="学生",
    )  # fmt: skip
    id_hash = models.CharField("证件号索引", max_length=32, blank=True, help_text="困难认定的")
    old = models.TextField("原值", help_text="JSON：列到原值；密文为十六进制")

    objects = RecordVersionQuerySet.as_manager()

    class Meta:
        verbose_name = "档案原值"
        indexes = [
            models.Index(fields=["student", "id"], name="version_by_student"),
            models.Index(
                fields=["id_hash", "id"], condition=~models.Q(id_hash=""), name="version_by_id_hash"
            ),
            models.Index(
                fields=["operation"],
                condition=models.Q(kind="i", source="student"),
                name="version_of_new_children",
            ),
        ]

    def __str__(self):
        return f"{self.get_source_display()} {self.row_id}"
