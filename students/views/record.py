"""The record form: a new child, a correction, and the fragments that help while it is filled in."""

import json

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School, SchoolClass
from students.actions.registration import correct, register
from students.changes import fingerprint
from students.facts import CHOSEN, PREFIX
from students.forms import SECTIONS, IdentityForm, StudentForm
from students.models import Correction, Enrolment, Student
from students.queries import enrolment_shown, hardships_of, home_of, in_charge, known_record, later_terms

KEPT_FOR_NEXT = ("school", "stage", "grade", "school_class", "home_township")
SWITCHES = ("agri_major", "is_left_behind")  # a box not ticked is not sent, so a draft tells it by absence
LISTS = (f"{PREFIX}{CHOSEN}",)  # of several boxes none may be ticked


@needs(P.EDIT_STUDENTS)
def create(request):
    """Enter a new child at one of the clerk's own schools."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs("新增学生")})
    draft = request.user.student_drafts.filter(term=term, student=None).first()
    form = record_form(request, None, data=request.POST or None, initial=_opening(request, draft))
    if request.method == "POST" and form.is_valid():
        try:
            enrolment = register(by=actor(request, P.EDIT_STUDENTS), term=term, data=form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _saved(request, enrolment, "档案已建立")
    context = _page(request, form, term, draft) | {
        "crumbs": _crumbs("新增学生"),
        "title": "新增学生",
        "draft_url": reverse("students:draft"),
        "discard_url": reverse("students:draft_discard"),
        "cancel_url": reverse("students:list"),
        "may_import": request.user.can(P.IMPORT_ROSTER),
    }
    return render(request, "students/form.html", context)


@needs(P.EDIT_STUDENTS)
def edit(request, pk):
    """Correct a child's record and its facts of one term."""
    enrolment = editable(request, pk)
    student, term = enrolment.student, enrolment.term
    draft = request.user.student_drafts.filter(term=term, student=student).first()
    initial = on_record(request.user, enrolment) | _drafted(request, draft)
    form = record_form(request, enrolment, data=request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            enrolment = correct(
                by=actor(request, P.EDIT_STUDENTS), enrolment=enrolment, data=form.cleaned_data,
                seen=form.cleaned_data["seen"],
            )  # fmt: skip
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return _saved(request, enrolment, "更正已保存")
    context = _page(request, form, term, draft) | {
        "crumbs": [*_crumbs(), (student.name, reverse("students:detail", args=[pk])), ("修改", None)],
        "title": f"修改档案：{student.name}",
        "student": student,
        "granted": Correction.objects.visible_to(request.user, P.EDIT_STUDENTS)
        .granted()
        .filter(enrolment=enrolment)
        .first(),
        "hardships": hardships_of(student),
        "draft_url": reverse("students:draft_of", args=[pk]) + f"?term={term.pk}",
        "discard_url": reverse("students:draft_of_discard", args=[pk]) + f"?term={term.pk}",
        "cancel_url": reverse("students:detail", args=[pk]),
    }
    return render(request, "students/form.html", context)


@require_POST
@needs(P.EDIT_STUDENTS)
def check_id(request):
    """Check the number that was just typed: fill birth date and sex, tell of a record that exists."""
    known = _known(request)
    form = IdentityForm(request.POST, known=known)
    form.is_valid()
    number = form.cleaned_data.get("id_number", "") if "id_number" not in form.errors else ""
    exists, record = known_record(number, user=request.user, permission=P.VIEW_STUDENTS)
    context = {"form": form, "known": known, "checked": bool(number), "exists": exists, "record": record}
    if known and record == known:
        context |= {"exists": False}
    return render(request, "students/pieces/identity.html", context)


@require_POST
@needs(P.EDIT_STUDENTS)
def placement(request):
    """Narrow stages, grades and classes to the school chosen."""
    form = record_form(request, None, initial=request.POST.dict())
    return render(request, "students/pieces/placement.html", {"form": form})


@require_POST
@needs(P.EDIT_STUDENTS)
def villages(request):
    """Narrow villages to the township chosen."""
    form = record_form(request, None, initial=request.POST.dict())
    return render(request, "students/pieces/village.html", {"form": form})


def editable(request, pk) -> Enrolment:
    """Return the enrolment whose facts ``request`` may correct: 404 out of scope, 403 where only reading is allowed."""
    user = request.user
    student = get_object_or_404(Student.objects.visible_to(user, P.VIEW_STUDENTS), pk=pk, merged_into=None)
    if not in_charge(student, user=user, permission=P.EDIT_STUDENTS):
        raise PermissionDenied
    enrolment = enrolment_shown(
        student, user=user, permission=P.EDIT_STUDENTS, code=request.GET.get("term", "")
    )
    if enrolment is None:
        raise Http404
    enrolment.student = student
    return enrolment


def record_form(
    request, enrolment: Enrolment | None, *, data=None, initial=None, form=StudentForm
) -> StudentForm:
    """Return the form with the schools and classes where ``request``'s user may enrol."""
    user = request.user
    return form(
        data,
        initial=initial,
        known=enrolment and enrolment.student,
        held=enrolment and enrolment.facts,
        schools=School.objects.visible_to(user, P.EDIT_STUDENTS).filter(is_open=True),
        classes=SchoolClass.objects.visible_to(user, P.EDIT_STUDENTS),
        may_place_outside=bool(user.scope(P.EDIT_STUDENTS).areas),
        later_terms=bool(enrolment) and later_terms(enrolment).exists(),
    )


def _opening(request, draft) -> dict:
    """Return what a new form starts with: what the clerk just kept from the last child, or a draft."""
    kept = {name: request.GET[name] for name in KEPT_FOR_NEXT if request.GET.get(name)}
    if "school" not in kept:
        own = School.objects.visible_to(request.user, P.EDIT_STUDENTS).filter(is_open=True)[:2]
        if len(own) == 1:
            kept["school"] = own[0].pk
    return kept | _drafted(request, draft)


def _drafted(request, draft) -> dict:
    if not draft or "draft" not in request.GET:
        return {}
    content = json.loads(draft.sealed)
    content |= {name: content.get(name, []) for name in LISTS}
    return content | {name: name in content for name in SWITCHES}


def on_record(user, enrolment: Enrolment) -> dict:
    """Return the form's opening values; numbers stay out of the page, an empty field leaves them as they are."""
    student = enrolment.student
    guardian = student.guardian if hasattr(student, "guardian") else None
    account = student.bank_account if hasattr(student, "bank_account") else None
    township, village = home_of(enrolment)
    of_student = ("name", "sex", "ethnicity", "id_kind", "home_address", "hukou", "is_left_behind", "remark")
    of_term = (
        "place", "outside_school", "outside_region", "aided_elsewhere", "stage", "grade", "major", "agri_major", "entered_on", "meal_days", "status",
    )  # fmt: skip
    return {
        **{name: getattr(student, name) for name in of_student},
        **{name: getattr(enrolment, name) for name in of_term},
        "seen": fingerprint(student, enrolment),
        "birth_date": student.birth_date if user.can(P.REVEAL_NUMBERS) else None,
        "school": enrolment.school_id,
        "school_class": enrolment.school_class_id,
        "boarding": "1" if enrolment.boarding else "0",
        "home_township": township,
        "home_village": village,
        "guardian_name": guardian.name if guardian else "",
        "guardian_relation": guardian.relation if guardian else "",
        "account_holder": account.holder if account else "",
        "account_relation": account.relation if account else "",
        "account_bank": account.bank if account else "",
    }


def _saved(request, enrolment: Enrolment, done: str):
    """Drop the draft and go on: to the next child with school, class and township kept, or to the child's page."""
    student, term = enrolment.student, enrolment.term
    request.user.student_drafts.filter(term=term, student__in=[student]).delete()
    if done == "档案已建立":
        request.user.student_drafts.filter(term=term, student=None).delete()
    messages.success(request, f"{student.name}：{done}（{term}）。")
    if kinds := [change.get_kind_display() for change in student.pending_changes.waiting()]:
        messages.info(request, f"{'、'.join(kinds)}的变更待另一人复核，复核后生效。")
    if "save_next" not in request.POST:
        return redirect(reverse("students:detail", args=[student.pk]) + f"?term={term.pk}")
    kept = {name: request.POST[name] for name in KEPT_FOR_NEXT if request.POST.get(name)}
    return redirect(f"{reverse('students:create')}?{urlencode(kept)}")


def _known(request) -> Student | None:
    """Return the child whose record the form corrects, named by ``?student=``; nothing out of scope."""
    pk = request.GET.get("student", "")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None
    return get_object_or_404(Student.objects.visible_to(request.user, P.EDIT_STUDENTS), pk=pk)


def _page(request, form, term, draft) -> dict:
    return {
        "form": form,
        "term": term,
        "sections": form.sections(),
        "draft": None if request.method == "POST" or "draft" in request.GET else draft,
        "parts": {section.name: section for section in SECTIONS},
    }


def _crumbs(*tail):
    return [
        ("首页", reverse("home:todo")),
        ("学生管理", reverse("students:list")),
        *((text, None) for text in tail),
    ]
