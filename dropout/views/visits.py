"""What is done for the child: the plan, visits reported from the village, lessons at home."""

import uuid

from django.contrib import messages
from django.http import JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from dropout.actions import visits as actions
from dropout.enums import CaseState, Line
from dropout.forms.visits import LessonForm, PlanForm, VisitForm
from dropout.models import Visit
from dropout.queries.chains import chains_of
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Person
from povertyedu.workflow.attempt import attempt

from .case import case_seen, open_file
from .cases import crumbs


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request, pk: int):
    """Make the child's plan (一人一案), or a new version of the one in force."""
    found = case_seen(request, pk, P.WORK_CASES)
    old = found.plans.filter(superseded_at=None).first()
    people = chains_of(found).people
    leaders = Person.objects.filter(pk__in=people)  # everyone: the holders of the child's own chains
    names = [(person.pk, f"{person.name}　{person.title}") for person in leaders]
    form = PlanForm(request.POST or None, leaders=names, plan=old)
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        data |= {"causes": sum(data["causes"]), "means": sum(data["means"])}
        data["leader"] = next((person for person in leaders if str(person.pk) == data["leader"]), None)
        if attempt(form, actions.make_plan, by=actor(request, P.WORK_CASES), case=found, **data):
            messages.success(request, "方案已保存，旧方案保留在卷宗里。" if old else "方案已保存，开始劝返。")
            return redirect("dropout:case", pk)
    if request.method == "GET":
        open_file(request, found, reason="编写一人一案方案")
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), ("一人一案方案", None)),
        "title": f"一人一案方案：{found.student.name}",
        "note": found.place_name,
        "form": form,
        "back_url": reverse("dropout:case", args=[pk]),
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request, pk: int):
    """Report a visit, on a telephone over a weak line: the address carries the token, so going back keeps it."""
    found = case_seen(request, pk, P.WORK_CASES)
    token = _token(request)
    if token is None:
        return redirect(f"{request.path}?t={uuid.uuid4()}")
    form = VisitForm(
        request.POST or None, request.FILES or None, token=token, visitor=request.user.name, lines=_lines_of(request.user)
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        made = attempt(
            form, actions.report_visit, by=actor(request, P.WORK_CASES), case=found, owner=request.user, upload=data.pop("photo"), **data,
        )  # fmt: skip
        if made:
            return _arrived(request, _said(*made), reverse("dropout:case", args=[pk]))
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), ("登记走访", None)),
        "it": found,
        "title": f"登记走访：{found.student.name}",
        "form": form,
        "known": found.visits.filter(token=token).exists(),
        "again_url": request.path,
        "back_url": reverse("dropout:case", args=[pk]),
    }
    return render(request, "dropout/visit.html", context, status=422 if form.errors else 200)


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def lessons(request, pk: int):
    """The log of lessons at home against the county's norm, and the form that adds to it."""
    found = case_seen(request, pk, P.WORK_CASES)
    token = _token(request)
    if token is None:
        return redirect(f"{request.path}?t={uuid.uuid4()}")
    norm = actions.lesson_norm(found)
    form = LessonForm(
        request.POST or None, request.FILES or None, token=token, teacher=request.user.name, lessons=norm.lessons_a_time
    )  # fmt: skip
    if form.is_bound and form.is_valid():
        data = dict(form.cleaned_data)
        made = attempt(
            form, actions.report_lesson, by=actor(request, P.WORK_CASES), case=found, owner=request.user, upload=data.pop("photo"), **data,
        )  # fmt: skip
        if made:
            words = "课时已登记。" if made[1] else "这次送教刚才已经登记过，没有重复登记。"
            return _arrived(request, words, request.path)
    if request.method == "GET":
        open_file(request, found, reason="查看送教记录")
    context = {
        "crumbs": crumbs((found.student.name, reverse("dropout:case", args=[pk])), ("送教记录", None)),
        "it": found,
        "title": f"送教记录：{found.student.name}",
        "form": form,
        "norm": norm,
        "rows": list(found.lessons.select_related("photo")),
        "may_add": found.state == CaseState.HOME_TAUGHT,
        "back_url": reverse("dropout:case", args=[pk]),
    }
    return render(request, "dropout/lessons.html", context, status=422 if form.errors else 200)


def _token(request) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("t", ""))
    except ValueError:
        return None


def _lines_of(user) -> list[Line]:
    """Return the lines a user visits for: townships and villages the government's, schools the other; the bureau either."""
    scope = user.scope(P.WORK_CASES)
    works = {
        Line.GOVERNMENT: bool(scope.areas),
        Line.EDUCATION: scope.of_county or bool(scope.schools or scope.centres or scope.classes),
    }
    return [line for line, does in works.items() if does]


def _said(visit: Visit, is_new: bool) -> str:
    if not is_new:
        return "这次走访刚才已经登记过，没有重复登记。"
    return "走访已登记。" if visit.proves else "走访已登记。没有见到人，这条线的任务还没有办结，请继续走访。"


def _arrived(request, words: str, url: str):
    """Lead on; script that sent the form itself is told where to go."""
    messages.success(request, words)
    return JsonResponse({"url": url}) if request.headers.get("X-Sent-By") == "script" else redirect(url)
