"""Notes and attachments on a child: added, never changed."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor
from students.models import Student, StudentNote

TWICE = timedelta(minutes=10)  # the same words later are a note of their own


def add_note(*, by: Actor, student: Student, text: str, upload=None, owner=None) -> StudentNote:
    """Keep a note, with ``upload`` (an uploaded file that the form checked) kept under the account ``owner``.

    Raise ValidationError where the same person has just written the very same: a form that was sent twice.
    """
    stored = None
    if upload:
        stored = StoredFile.keep(upload.chunks(), name=upload.name[:200], purpose="student_note", owner=owner)
    try:
        with transaction.atomic():
            Student.objects.select_for_update().get(pk=student.pk)  # of two at once the second sees the first
            _refuse_twice(student, by, text, stored)
            note = StudentNote.objects.create(
                student=student, text=text, file=stored, by_id=by.id, by_name=by.name
            )
            changes = {"备注": ["", text[:200]]} | ({"附件": ["", stored.name]} if stored else {})
            record(by, action="students.note", subject=student, changes=changes)
    except BaseException:
        if stored:
            stored.path.unlink(missing_ok=True)
            StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    return note


def _refuse_twice(student: Student, by: Actor, text: str, stored: StoredFile | None) -> None:
    lately = student.notes.filter(by_id=by.id, text=text, at__gte=timezone.now() - TWICE)
    if lately.filter(file__sha256=stored.sha256).exists() if stored else lately.filter(file=None).exists():
        raise ValidationError("同样的备注您刚刚已经添加，没有重复保存；请返回学生页查看。")
