"""备注和附件 on a child: added on a page of its own, the attachment sent to who keeps the record."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.workflow.attempt import attempt
from students.actions.notes import add_note
from students.forms.notes import NoteForm
from students.models import Student, StudentNote
from students.queries import in_charge


@needs(P.EDIT_STUDENTS)
def note_add(request, pk):
    """Add a note, with or without an attachment."""
    student = get_object_or_404(
        Student.objects.visible_to(request.user, P.EDIT_STUDENTS), pk=pk, merged_into=None
    )
    _must_hold(request, student)
    form = NoteForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        by = actor(request, P.EDIT_STUDENTS)
        if attempt(
            form, add_note, by=by, student=student, text=data["text"], upload=data["scan"], owner=request.user
        ):
            messages.success(request, "备注已保存。")
            return redirect("students:detail", student.pk)
    context = {
        "crumbs": [
            ("首页", reverse("home:todo")),
            (student.name, reverse("students:detail", args=[pk])),
            ("添加备注", None),
        ],
        "student": student,
        "form": form,
    }
    return render(request, "students/note_add.html", context, status=422 if form.errors else 200)


@require_GET
@needs(P.EDIT_STUDENTS)
def note_file(request, pk):
    """Send an attachment; it leaves an AccessEvent."""
    notes = StudentNote.objects.visible_to(request.user, P.EDIT_STUDENTS)
    note = get_object_or_404(notes.select_related("student__merged_into", "file"), pk=pk, file__isnull=False)
    student = note.student.merged_into or note.student
    _must_hold(request, student)
    if not note.file.path.exists():
        raise Http404
    by = actor(request, P.EDIT_STUDENTS)
    record_access(by, kind="download", subject=student, fields=f"备注附件 {note.file.name}"[:200], reason="查看学生备注的附件")  # fmt: skip
    response = StreamingHttpResponse(note.file.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = note.file.size
    response["Content-Disposition"] = content_disposition_header(True, note.file.name)
    response["Cache-Control"] = "no-store"
    return response


def _must_hold(request, student: Student) -> None:
    if not in_charge(student, user=request.user, permission=P.EDIT_STUDENTS):
        raise PermissionDenied
