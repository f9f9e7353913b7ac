"""班级快录: a class as a grid, one row per child, each saved on leaving it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import SchoolClass
from povertyedu.workflow.flow import StepRefused
from students.actions.grid import save_row, with_cards
from students.forms.grid import GridRowForm
from students.models import Enrolment


@needs(P.EDIT_STUDENTS)
def grid_classes(request):
    """The classes that have children in the term."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs()})
    there = Enrolment.objects.visible_to(request.user, P.EDIT_STUDENTS).of(term).studying()
    classes = SchoolClass.objects.visible_to(request.user, P.EDIT_STUDENTS)
    rows = classes.filter(pk__in=there.values("school_class")).select_related("school")[:500]
    context = {"crumbs": _crumbs(), "term": term, "classes": rows}
    return render(request, "students/grid_classes.html", context)


@needs(P.EDIT_STUDENTS)
def grid(request, pk):
    """The grid of one class; sent whole it saves every row that differs (for browsers without script)."""
    found = get_object_or_404(
        SchoolClass.objects.visible_to(request.user, P.EDIT_STUDENTS).select_related("school"), pk=pk
    )
    term = working_term(request)
    rows = _rows(request, term).filter(school_class=found).order_by("pk")  # as on the roster they came with
    closed = bool(term and term.is_closed)
    forms = [GridRowForm(request.POST or None, enrolment=row, closed=closed) for row in rows]
    if request.method == "POST":
        saved, refused = _save_all(request, forms)
        if not refused:
            messages.success(request, f"已保存 {saved} 行。" if saved else "没有改动。")
            return redirect(request.get_full_path())
        messages.error(request, f"已保存 {saved} 行；{refused} 行没有保存，原因见各行。")
    context = {
        "crumbs": [*_crumbs(link=True), (f"{found.school} {found}", None)],
        "school_class": found,
        "term": term,
        "closed": closed,
        "rows": forms,
    }
    return render(request, "students/grid.html", context)


@require_POST
@needs(P.EDIT_STUDENTS)
def grid_row(request, pk):
    """Save one row; the answer is its status, and its card cell when that changed."""
    row = get_object_or_404(with_cards(Enrolment.objects.visible_to(request.user, P.EDIT_STUDENTS)), pk=pk)
    form = GridRowForm(request.POST, enrolment=row)
    saved = form.is_valid() and _save(request, form)
    if not request.htmx:
        (messages.success if saved else messages.error)(request, "已保存。" if saved else form.words())
        return (
            redirect("students:grid", row.school_class_id)
            if row.school_class_id
            else redirect("students:grid_classes")
        )
    context = {"row": form, "saved": saved, "answer": True}
    return render(request, "students/pieces/grid_status.html", context, status=200 if saved else 422)


def _rows(request, term):
    return with_cards(Enrolment.objects.visible_to(request.user, P.EDIT_STUDENTS).of(term).studying())


def _save(request, form: GridRowForm) -> bool:
    """Save a valid row and read it again; a refusal becomes the form's error."""
    try:
        form.enrolment = save_row(
            by=actor(request, P.EDIT_STUDENTS), enrolment=form.enrolment, **form.cleaned_data
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return False
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    form.cells = form.cells.of(form.enrolment)
    return True


def _save_all(request, forms) -> tuple[int, int]:
    saved = refused = 0
    for form in forms:
        if not form.is_valid():
            refused += 1
        elif form.wants_change():
            done = _save(request, form)
            saved, refused = saved + done, refused + (not done)
    return saved, refused


def _crumbs(*, link: bool = False):
    return [("首页", reverse("home:todo")), ("班级快录", reverse("students:grid_classes") if link else None)]
