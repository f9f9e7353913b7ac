"""What somebody found worth noting on a child, with a picture or a scan where there is one."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from povertyedu.files.models import StoredFile
from povertyedu.orgs.scope import ScopedQuerySet

from .registry import Student


class StudentNoteQuerySet(ScopedQuerySet):
    """Notes by the child; those of a merged record are read with the one that was kept."""

    def _reads_at(self, scope) -> Q:
        seen = Student.objects.in_scope(scope).values("pk")
        return Q(student__in=seen) | Q(student__merged_into__in=seen)

    def about(self, student: Student):
        return self.filter(Q(student=student) | Q(student__merged_into=student)).select_related("file")


class StudentNote(models.Model):
    """Written once, never changed or deleted: the database refuses (migration ``triggers``)."""

    student = models.ForeignKey(Student, models.PROTECT, related_name="notes", verbose_name="学生")
    text = models.CharField("内容", max_length=500)
    file = models.ForeignKey(
        StoredFile, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="附件"
    )
    at = models.DateTimeField("时间", default=timezone.now)
    by_id = models.BigIntegerField("登记人编号", null=True)
    by_name = models.CharField("登记人", max_length=60)

    objects = StudentNoteQuerySet.as_manager()

    class Meta:
        verbose_name = "学生备注"
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(name="student_note_says_something", condition=~Q(text=""))]

    def __str__(self):
        return f"{self.student} {self.text[:20]}"
