"""一校一策: one school's conditions, gaps and projects; the county's standards; the proof of a gap."""

from django.contrib import messages
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.workflow.attempt import attempt
from projects.actions import gaps as actions
from projects.forms.gaps import ConditionsForm, StandardForm
from projects.models import Gap, Standard
from projects.queries.gaps import plan_of

from .gaps import CRUMB
from .projects import crumbs


def _school(request, pk, permission=P.VIEW_PROJECTS) -> School:
    return get_object_or_404(
        School.objects.visible_to(request.user, permission).select_related("area"), pk=pk
    )


@needs(P.VIEW_PROJECTS)
@require_GET
def school_plan(request, pk):
    """Show what a school needs, has and lacks, what is being built for it, and what to do next."""
    school, term = _school(request, pk), working_term(request)
    found = plan_of(school, term)
    context = {
        "crumbs": crumbs(CRUMB, (school.name, None)),
        "school": school,
        "term": term,
        "plan": found,
        "unreported": sum(1 for need in found.needs if need.present is None),
        "may_report": request.user.can(P.REPORT_NEEDS),
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/school_plan.html", context)


@needs(P.REPORT_NEEDS)
@require_http_methods(["GET", "HEAD", "POST"])
def conditions(request, pk):
    """Say what a school has, one number an item."""
    school = _school(request, pk, P.REPORT_NEEDS)
    back = reverse("projects:school_plan", args=[pk])
    form = ConditionsForm(request.POST or None, school=school)
    if form.is_bound and form.is_valid():
        rows = [(school.pk, item, amount) for item, amount in form.said]
        actions.say_conditions(by=actor(request, P.REPORT_NEEDS), rows=rows)
        messages.success(request, f"已保存 {len(rows)} 项。")
        return redirect(back)
    context = {
        "crumbs": crumbs(CRUMB, (school.name, back), ("填报现状", None)), "title": f"填报现状：{school.name}", "form": form,
        "note": "不清楚的留空，原来填的不变" if form.items else "还没有办学条件标准，请项目办先定标准", "back_url": back,
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def standards(request):
    """List the county's standards."""
    rows = Standard.objects.all()  # everyone: a standard is nobody's
    context = {
        "crumbs": crumbs(("办学条件标准", None)),
        "rows": rows,
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
    }
    return render(request, "projects/standards.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def standard_edit(request, pk=None):
    """Add a standard, or change one."""
    found = get_object_or_404(Standard, pk=pk) if pk else None
    form = StandardForm(request.POST or None, instance=found)
    if (
        form.is_bound
        and form.is_valid()
        and attempt(form, actions.keep_standard, by=actor(request, P.MANAGE_PROJECTS), standard=form.instance)
    ):
        messages.success(request, "已保存标准。")
        return redirect("projects:standards")
    title = "修改标准" if found else "新增标准"
    context = {
        "crumbs": crumbs(("办学条件标准", reverse("projects:standards")), (title, None)), "title": title, "form": form,
        "back_url": reverse("projects:standards"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_PROJECTS)
@require_POST
def standards_take(request):
    """Add the usual standards where the county has none yet."""
    number = actions.take_usual_standards(by=actor(request, P.MANAGE_PROJECTS))
    messages.success(
        request,
        f"已加入 {number} 项常用标准；参考值请按本省标准核改。"
        if number
        else "常用标准都已在表上，没有改动。",
    )
    return redirect("projects:standards")


@needs(P.VIEW_PROJECTS)
@require_GET
def gap_proof(request, pk):
    """Send what proves that a gap is filled."""
    found = get_object_or_404(
        Gap.objects.visible_to(request.user, P.VIEW_PROJECTS).select_related("proof"), pk=pk
    )
    if not found.proof or not found.proof.path.exists():
        raise Http404
    response = StreamingHttpResponse(found.proof.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.proof.size
    response["Content-Disposition"] = content_disposition_header(True, found.proof.name)
    response["Cache-Control"] = "no-store"
    return response
