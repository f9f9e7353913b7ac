"""教师名册: the list, one teacher's page with its history, registering and correcting."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.ui.templatetags.ui import mask_id
from povertyedu.workflow.attempt import attempt
from teachers.actions import registry as actions
from teachers.actions.registry import NewPost, NewTeacher
from teachers.forms.registry import RevealForm, TeacherForm, TeachersFilter
from teachers.models import Deployment, Teacher, Trainee
from teachers.queries import registry as queries
from teachers.queries.registry_export import workbook_of

KEPT = ("tab", "township", "school", "stage", "subject", "title", "origin", "backbone", "q")


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), ("教师名册", reverse("teachers:list") if more else None), *more]


def _chosen(request):
    form = TeachersFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    rows = queries.narrowed(Teacher.objects.visible_to(request.user, P.VIEW_TEACHERS), form.wanted)
    return form, rows, Listing(request, KEPT).tab(queries.TABS, "serving")


@needs(P.VIEW_TEACHERS)
@require_GET
def teachers(request):
    """List the teachers of the reader's places; deep lists page by key."""
    form, every, tab = _chosen(request)
    rows = queries.of_tab(every, tab).with_post()
    listing, user = Listing(request, KEPT), request.user
    context = {
        "crumbs": crumbs(), "form": form, "applied": form.in_force(), "keep": {"tab": tab},
        "tabs": [
            {"text": text, "count": queries.of_tab(every, name).count(), "active": name == tab, "url": f"?{listing.query(tab=name)}"}
            for name, text in queries.TABS.items()
        ],
        "may_edit": user.can(P.EDIT_TEACHERS), "may_import": user.can(P.IMPORT_TEACHERS),
        **listing.shown(rows, reverse("teachers:export"), newest_first=False),
    }  # fmt: skip
    return render(request, "teachers/list.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def export(request):
    """Hand over what the filter shows as a workbook that the import reads back; without numbers of identity."""
    form, every, tab = _chosen(request)
    words = "；".join(filter(None, [queries.TABS[tab], form.in_force()]))
    return handed_over(workbook_of(queries.of_tab(every, tab), words=words, by=request.user.name), "教师名册")


def teacher_of(request, pk, permission=P.VIEW_TEACHERS) -> Teacher:
    rows = Teacher.objects.visible_to(request.user, permission).select_related("person", "home_area__parent")
    return get_object_or_404(rows, pk=pk)


@needs(P.VIEW_TEACHERS)
@require_GET
def teacher(request, pk):
    """Show one teacher: who, which post now, and posts, terms and titles by date."""
    found = teacher_of(request, pk)
    may_reveal = request.user.can(P.REVEAL_TEACHER_NUMBERS) and found.id_number
    context = {
        "crumbs": crumbs((found.name, None)),
        "it": found,
        **queries.history_of(found),
        "trainings": Trainee.objects.visible_to(request.user, P.VIEW_TEACHERS)
        .filter(teacher=found)
        .select_related("course", "school")
        .order_by("-course__starts_on", "-pk"),
        "deployments": Deployment.objects.visible_to(request.user, P.VIEW_TEACHERS)
        .filter(teacher=found)
        .select_related("sending", "receiving"),
        "may_ask": request.user.can(P.ASK_DEPLOYMENT) and found.post is not None,
        "masked": mask_id(found.id_number) if found.id_number else "",
        "reveal_url": reverse("teachers:reveal", args=[pk]) if may_reveal else "",
        "may_edit": request.user.can(P.EDIT_TEACHERS),
    }
    return render(request, "teachers/detail.html", context)


@require_POST
@needs(P.REVEAL_TEACHER_NUMBERS)
def reveal(request, pk):
    """Show the ID number in clear, once, after a reason was given and kept."""
    found = teacher_of(request, pk, P.REVEAL_TEACHER_NUMBERS)
    if not found.id_number:
        raise Http404
    form = RevealForm(request.POST)
    context = {
        "name": "id-number", "masked": mask_id(found.id_number), "label": "身份证件号", "it": found,
        "crumbs": crumbs((found.name, found.get_absolute_url()), ("身份证件号", None)),
    }  # fmt: skip
    if form.is_valid():
        by, reason = actor(request, P.REVEAL_TEACHER_NUMBERS), form.cleaned_data["reason"]
        record_access(by, kind="reveal", subject=found, fields="身份证件号", reason=reason)
        context["masked"] = found.id_number
    else:
        context |= {"reveal_url": request.path, "error": form.errors["reason"][0]}
    template = "components/masked_id.html" if request.htmx else "teachers/reveal.html"
    response = render(request, template, context, status=200 if form.is_valid() else 422)
    add_never_cache_headers(response)
    return response


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def teacher_new(request):
    """Register a teacher, with a post or to be posted later."""
    form = TeacherForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        post = NewPost(data["school"], data["since"], data["kind"]) if data["school"] else None
        new = NewTeacher(data["name"], data["id_number"] or "", data["phone"] or "", form.facts, post)
        made = attempt(form, actions.register, by=actor(request, P.EDIT_TEACHERS), new=new)
        if made:
            messages.success(request, f"已登记：{made.code} {made.name}。")
            return redirect(made)
    context = {
        "crumbs": crumbs(("登记教师", None)), "title": "登记教师", "form": form, "button": "登记", "back_url": reverse("teachers:list"),
    }  # fmt: skip
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)


@needs(P.EDIT_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def teacher_edit(request, pk):
    """Correct what the register says of a teacher."""
    found = teacher_of(request, pk, P.EDIT_TEACHERS)
    form = TeacherForm(request.POST or None, user=request.user, teacher=found)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        by = actor(request, P.EDIT_TEACHERS)
        done = attempt(
            form, actions.amend, by=by, teacher=found, seen=data["seen"], name=data["name"], phone=data["phone"] or "", id_number=data["id_number"] or None,
            **form.facts,
        )  # fmt: skip
        if done:
            messages.success(request, "已保存。")
            return redirect(found)
    context = {
        "crumbs": crumbs((found.name, found.get_absolute_url()), ("更正", None)), "title": f"更正：{found.name}", "form": form,
        "note": "岗位、服务期、职称变动在教师页里办理", "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "teachers/form.html", context, status=422 if form.errors else 200)
