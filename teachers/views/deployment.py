"""派出: who teaches at another school for a time; the list, one of them, asking for it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.documents import DOCX
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from teachers.actions import deployment as actions
from teachers.actions.deployment_paper import letter_of
from teachers.forms.deployment import DeploymentForm, DeploymentsFilter, DocumentForm
from teachers.models import Deployment, Teacher
from teachers.queries import deployment as queries
from teachers.queries.deployment_export import workbook_of
from teachers.states.deployment import DEPLOYMENT_FLOW

KEPT = ("tab", "township", "school", "kind", "year", "q")
RELATED = ("teacher__person", "sending__area", "receiving__area", "extends")


def crumbs(*more) -> list[tuple]:
    return [
        ("首页", "/"), ("教师队伍", None), ("支教轮岗", reverse("teachers:deployments") if more else None), *more,
    ]  # fmt: skip


def _chosen(request):
    form = DeploymentsFilter(request.GET, user=request.user, permission=P.VIEW_TEACHERS)
    rows = queries.narrowed(Deployment.objects.visible_to(request.user, P.VIEW_TEACHERS), form.wanted)
    return form, rows, Listing(request, KEPT).tab(queries.TABS, "open")


@needs(P.VIEW_TEACHERS)
@require_GET
def deployments(request):
    """List the deployments of the reader's schools, newest first; drafts and what is asked are taken on by many at once."""
    form, every, tab = _chosen(request)
    listing, conditions = Listing(request, KEPT), queries.conditions()
    shown = listing.shown(
        every.filter(conditions[tab][1]).select_related(*RELATED), reverse("teachers:deployments_export")
    )
    tabs = listing.tabs(every, conditions, tab)
    context = {
        "crumbs": crumbs(), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "tab_word": queries.TABS[tab],
        "tabs": [each | {"bad": each["text"] == queries.TABS["overdue"] and bool(each["count"])} for each in tabs],
        "may_ask": request.user.can(P.ASK_DEPLOYMENT),
        "picking": _picking(request, tab) if shown["rows"] and not listing.is_printed else None,
        **shown,
    }  # fmt: skip
    return render(request, "teachers/deployment/list.html", context)


def _picking(request, tab: str) -> dict | None:
    """What may be done to several at once in this tab."""
    if tab == "draft" and request.user.can(P.ASK_DEPLOYMENT):
        return {"verb": "ask", "form": None, "button": "提出申请", "hint": "勾选要报人事股审批的草稿"}
    if tab == "asked" and request.user.can(P.APPROVE_DEPLOYMENT):
        return {
            "verb": "approve", "form": DocumentForm(), "button": "批准", "hint": "勾选要批准的申请；自己起草、申请的要由另一人批准",
        }  # fmt: skip
    return None


@needs(P.ASK_DEPLOYMENT, P.APPROVE_DEPLOYMENT)
@require_http_methods(["POST"])
def deployments_pick(request):
    """Ask for, or approve, those that were ticked; each that cannot be is told by name."""
    verb = "approve" if request.POST.get("verb") == "approve" else "ask"
    permission = DEPLOYMENT_FLOW[verb].permission
    keys = [
        int(key)
        for key in request.POST.getlist("deployment")
        if key.isascii() and key.isdigit() and len(key) < 19
    ]
    rows = list(
        Deployment.objects.visible_to(request.user, permission).filter(pk__in=keys).select_related(*RELATED).order_by("pk")
    )  # fmt: skip
    form = DocumentForm(request.POST)
    document = (form.is_valid() and form.cleaned_data["document"]) or ""
    by = actor(request, permission)
    done, refused = (
        actions.approve_all(by=by, deployments=rows, document=document) if verb == "approve" else actions.ask_all(by=by, deployments=rows)
    )  # fmt: skip
    if done:
        messages.success(request, f"{DEPLOYMENT_FLOW[verb].label} {done} 份。")
    for words in refused[:10]:
        messages.warning(request, words)
    if not rows:
        messages.warning(request, "没有勾选，没有办理。")
    return redirect(f"{reverse('teachers:deployments')}?tab={'asked' if verb == 'approve' else 'draft'}")


@needs(P.VIEW_TEACHERS)
@require_GET
def deployments_export(request):
    """Hand over what the filter shows as a workbook; it can be imported again."""
    form, every, tab = _chosen(request)
    rows = every.filter(queries.conditions()[tab][1]).select_related(*RELATED).order_by("-pk")
    words = "；".join(filter(None, [queries.TABS[tab], form.in_force()]))
    return handed_over(workbook_of(rows, words=words, by=request.user.name), "支教轮岗")


@needs(P.ASK_DEPLOYMENT)
@require_http_methods(["GET", "HEAD", "POST"])
def deployment_new(request):
    """Write down a deployment, and ask for it in the same step where the button says so."""
    teacher = (
        Teacher.objects.visible_to(request.user, P.ASK_DEPLOYMENT)
        .filter(code=request.GET.get("teacher", "")[:20])
        .first()
    )
    initial = {
        "teacher": teacher and (teacher.code if request.user.scope(P.ASK_DEPLOYMENT).areas else teacher.pk),
        "kind": "exchange",
    }
    form = DeploymentForm(request.POST or None, user=request.user, initial=initial)
    if form.is_bound and form.is_valid():
        by = actor(request, P.ASK_DEPLOYMENT)
        made = attempt(form, actions.draft, by=by, **form.cleaned_data)
        if made and "ask" in request.POST:
            asked = attempt(form, actions.ask, by=by, deployment=made)
            if asked is None:
                messages.warning(request, f"已存为草稿，还没有提出：{'；'.join(form.non_field_errors())}")
                return redirect(made)
        if made:
            messages.success(
                request, "已提出申请，等人事股审批。" if "ask" in request.POST else "已存为草稿。"
            )
            return redirect(made)
    context = {
        "crumbs": crumbs(("起草派出", None)), "title": "起草派出", "note": "学校提出，人事股批准，两校同意后到岗", "form": form, "button": "存为草稿",
        "second": {"name": "ask", "text": "提出申请"}, "back_url": reverse("teachers:deployments"),
    }  # fmt: skip
    return render(request, "teachers/deployment/form.html", context, status=422 if form.errors else 200)


def deployment_of(request, pk, permission=P.VIEW_TEACHERS) -> Deployment:
    rows = Deployment.objects.visible_to(request.user, permission).select_related(*RELATED)
    return get_object_or_404(rows, pk=pk)


@needs(P.VIEW_TEACHERS)
@require_GET
def deployment(request, pk):
    """Show one deployment: who, where, when, how far, what is next, and who did what."""
    found = deployment_of(request, pk)
    schools = list(
        School.objects.visible_to(request.user, P.ACCEPT_DEPLOYMENT)
        .filter(pk__in=[found.sending_id, found.receiving_id]).values_list("pk", flat=True)
    )  # fmt: skip
    own = request.user.pk in (found.asked_by_id, found.drafted_by_id)
    verbs = queries.steps_open(found, request.user, schools)
    context = {
        "crumbs": crumbs((str(found), None)),
        "it": found,
        "flow": queries.flow_of(found),
        "steps": [
            {"text": text, "url": reverse("teachers:deployment_step", args=[pk, verb]), "main": number == 0}
            for number, (verb, text) in enumerate(verbs)
        ],
        "waits_for_another": own and found.state == "asked" and request.user.can(P.APPROVE_DEPLOYMENT),
        "next_words": queries.next_words(found),
        "extension": found.extensions.exclude(state__in=["refused", "withdrawn"]).first(),
        "log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
    }  # fmt: skip
    return render(request, "teachers/deployment/detail.html", context)


@needs(P.VIEW_TEACHERS)
@require_GET
def deployment_letter(request, pk):
    """Hand over the letter (派遣函; 调令 for a secondment) that the teacher takes along."""
    found = deployment_of(request, pk)
    response = HttpResponse(letter_of(found), content_type=DOCX)
    name = f"{found.teacher.name}{queries.paper_name(found)}.docx"
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response
