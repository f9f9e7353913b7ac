"""One child's page for a term, and its numbers opened one by one."""

import datetime as dt

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from students.chronicle import Then
from students.facts import all_facts, shown
from students.forms import RevealForm
from students.forms.history import AsOfForm
from students.history import ACTIONS
from students.models import Enrolment, HardshipStatus, Household, Student, StudentNote
from students.numbers import NUMBERS
from students.queries import area_names, enrolment_shown, hardships_of, history_of, in_charge

from .history import as_it_was, past_context


@needs(P.VIEW_STUDENTS)
def student_detail(request, pk):
    """Facts of the child in a term; a school that lost the child reads its own terms and nothing newer."""
    user = request.user
    student = get_object_or_404(
        Student.objects.visible_to(user, P.VIEW_STUDENTS).select_related("guardian", "bank_account"), pk=pk
    )
    if student.merged_into_id:
        return redirect("students:detail", student.merged_into_id)
    enrolment = enrolment_shown(
        student, user=user, permission=P.VIEW_STUDENTS, code=request.GET.get("term", "")
    )
    if enrolment is None:
        raise Http404
    holds = in_charge(student, user=user, permission=P.VIEW_STUDENTS)
    as_of_form = AsOfForm()
    if holds and "as_of" in request.GET:
        then, as_of_form = as_it_was(student, request.GET)
        if then:
            return _past(request, then, as_of_form.cleaned_data["as_of"])
    enrolments = (
        Enrolment.objects.visible_to(user, P.VIEW_STUDENTS)
        .filter(student=student)
        .select_related("term", "school", "school_class")
        .order_by("-term__starts_on")
    )
    context = {
        "crumbs": [
            ("首页", reverse("home:todo")),
            ("学生管理", reverse("students:list")),
            (student.name, None),
        ],
        "student": student,
        "enrolment": enrolment,
        "home_name": area_names([enrolment.home_area]).get(enrolment.home_area, ""),
        "enrolments": enrolments,
        "holds": holds,
        "numbers": _numbers(user, student, holds),
        "shows_birth": holds and user.can(P.REVEAL_NUMBERS),
        "panels": _panels(user, enrolment),
        "as_of_form": as_of_form,
        "may_correct": Enrolment.objects.visible_to(user, P.EDIT_STUDENTS).filter(pk=enrolment.pk).exists(),
    }
    if holds:
        context |= _whole_record(user, student, enrolment) | _may(user, student, enrolment)
    return render(request, "students/detail.html", context, status=422 if as_of_form.errors else 200)


def _past(request, then: Then, day: dt.date):
    """Show the record as it was at the end of ``day``: no buttons, and nothing that was not kept."""
    user, code = request.user, request.GET.get("term", "")
    context = past_context(user, then, code=code, shows_birth=user.can(P.REVEAL_NUMBERS))
    if context is None:
        raise Http404
    student = then.student
    context |= {
        "as_of": day,
        "as_of_form": AsOfForm(initial={"as_of": day}),
        "households": [],
        "notes": StudentNote.objects.about(student).filter(at__date__lte=day),
    }
    return render(request, "students/detail.html", context)


@require_POST
@needs(P.REVEAL_NUMBERS)
def reveal(request, pk, field):
    """Show one number in clear, once, after a reason was given and kept."""
    student = get_object_or_404(Student.objects.visible_to(request.user, P.REVEAL_NUMBERS), pk=pk)
    if not in_charge(student, user=request.user, permission=P.REVEAL_NUMBERS):
        raise PermissionDenied
    if field not in NUMBERS or not NUMBERS[field].read(student):
        raise Http404
    number = NUMBERS[field]
    form = RevealForm(request.POST)
    context = {"name": f"number-{field}", "masked": number.masked_of(student), "label": number.label}
    if form.is_valid():
        record_access(
            actor(request, P.REVEAL_NUMBERS), kind="reveal", subject=student, fields=number.label,
            reason=form.cleaned_data["reason"],
        )  # fmt: skip
        context["masked"] = number.read(student)
    else:
        context |= {"reveal_url": request.path, "error": form.errors["reason"][0]}
    context |= {
        "student": student,
        "crumbs": [
            ("首页", reverse("home:todo")),
            ("学生管理", reverse("students:list")),
            (number.label, None),
        ],
    }
    template = "components/masked_id.html" if request.htmx else "students/reveal.html"
    response = render(request, template, context, status=200 if form.is_valid() else 422)
    add_never_cache_headers(response)
    return response


def _whole_record(user, student: Student, enrolment: Enrolment) -> dict:
    """Return what only those read who hold the child."""
    hardships = hardships_of(student)
    households = _households(hardships)
    return {
        "other_facts": shown(enrolment.facts, all_facts()),
        "hardships": hardships,
        "households": households,
        "open_households": _open_households(user, households),
        "entries": _history(student),
        "waiting": student.pending_changes.waiting(),
        "notes": StudentNote.objects.about(student),
        "blocks": enrolment.payout_blocks.in_force(),
    }


def _may(user, student: Student, enrolment: Enrolment) -> dict[str, bool]:
    """Return which buttons the page has for ``user``, who holds the child."""

    def may(permission) -> bool:
        return in_charge(student, user=user, permission=permission)

    return {
        "may_move": enrolment.school_id is not None and may(P.MOVE_STUDENTS),
        "may_block": may(P.RESOLVE_DUPLICATES),
        "may_prove": may(P.IDENTIFY),
        "may_see_changes": may(P.EDIT_STUDENTS) or may(P.CHECK_CHANGES),
        "may_edit": may(P.EDIT_STUDENTS),
    }


def _numbers(user, student: Student, holds: bool) -> dict[str, dict]:
    """Return for each number how it is shown: masked, and where it may be opened."""
    may_reveal = holds and in_charge(student, user=user, permission=P.REVEAL_NUMBERS)
    shown = {}
    for field, number in NUMBERS.items():
        if not number.read(student) or not (holds or field in ("id_number", "student_no")):
            continue
        url = reverse("students:reveal", args=[student.pk, field]) if may_reveal else ""
        shown[field] = {"label": number.label, "masked": number.masked_of(student), "url": url}
    return shown


def _households(hardships: list[HardshipStatus]) -> list[HardshipStatus]:
    """Return the registered households the child's list entries name, each once."""
    found = {row.household_id: row for row in hardships if row.household_id}
    return list(found.values())


def _open_households(user, households: list[HardshipStatus]) -> set[int]:
    """Return the keys of the households whose page ``user`` may open."""
    if not households or not user.can(P.VIEW_HOUSEHOLDS):
        return set()
    seen = Household.objects.visible_to(user, P.VIEW_HOUSEHOLDS)
    return set(seen.filter(pk__in=[row.household_id for row in households]).values_list("pk", flat=True))


def _panels(user, enrolment) -> list[str]:
    """Return the addresses of other apps' panels that ``user`` may open for this child and term."""
    urls = []
    for name in settings.STUDENT_PANELS:
        try:
            url = reverse(name, args=[enrolment.student_id])
        except NoReverseMatch:
            continue  # an app that is not installed here
        permissions = getattr(resolve(url).func, "permissions", ())
        if not permissions or any(user.can(permission) for permission in permissions):
            urls.append(f"{url}?term={enrolment.term_id}")
    return urls


def _history(student: Student) -> list[dict]:
    """Return the log of the record, newest first; numbers in it are masked since it was written."""
    return [
        {
            "at": event.at,
            "by": event.by_name,
            "text": ACTIONS.get(event.action, "变更"),
            "term": event.reason,
            "changes": [{"label": k, "old": old, "new": new} for k, (old, new) in event.changes.items()],
        }
        for event in history_of(student)
    ]
