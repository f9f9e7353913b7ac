"""Notes and attachments on a child: added, never changed."""

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.workflow.flow import Actor
from students.models import Student, StudentNote


def add_note(*, by: Actor, student: Student, text: str, upload=None, owner=None) -> StudentNote:
    """Keep a note, with ``upload`` (an uploaded file that the form checked) kept under the account ``owner``."""
    stored = None
    if upload:
        stored = StoredFile.keep(upload.chunks(), name=upload.name[:200], purpose="student_note", owner=owner)
    try:
        with transaction.atomic():
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
