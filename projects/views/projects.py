"""建设项目: the list with its sums, one project, registering and correcting it."""

from django.contrib import messages
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.findings.models import Finding
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from projects.actions import register as actions
from projects.enums import MilestoneKind
from projects.forms.projects import ProjectForm, ProjectsFilter
from projects.models import Programme, Project, ProjectFile
from projects.queries import detail, lists
from projects.queries.export import workbook_of

PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}  # by how their bytes begin
KEPT = ("tab", "township", "programme", "year", "source", "q")


def crumbs(*more) -> list[tuple]:
    return [("首页", "/"), ("建设项目", reverse("projects:list") if more else None), *more]


def chosen(request):
    """Return the filter, the rows it leaves in every tab, and the tab."""
    form = ProjectsFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    rows = lists.narrowed(Project.objects.visible_to(request.user, P.VIEW_PROJECTS), form.wanted)
    return form, rows, Listing(request, KEPT).tab((*lists.TABS, "alerted"), "all")


def of_tab(every, tab: str):
    return every.alerted() if tab == "alerted" else every.filter(lists.TABS[tab][1])


def _tabs(listing: Listing, every, tab: str) -> list[dict]:
    alerted = every.alerted().count()
    url = f"?{listing.query(tab='alerted')}"
    return [
        *listing.tabs(every, lists.TABS, tab),
        {"text": "有预警", "count": alerted, "bad": bool(alerted), "active": tab == "alerted", "url": url},
    ]


@needs(P.VIEW_PROJECTS)
@require_GET
def projects(request):
    """List the projects of the reader's places, newest first, with what the filter adds up to."""
    form, every, tab = chosen(request)
    rows = of_tab(every, tab)
    listing = Listing(request, KEPT)
    context = {
        "crumbs": crumbs(),
        "form": form,
        "applied": form.in_force(),
        "keep": {"tab": tab},
        "tabs": _tabs(listing, every, tab),
        "sums": lists.totals(rows.standing() if tab == "all" else rows),
        "may_manage": request.user.can(P.MANAGE_PROJECTS),
        "has_programmes": Programme.objects.visible_to(request.user, P.VIEW_PROJECTS).exists(),
        **listing.shown(
            rows.select_related("programme", "area__parent").with_sums(), reverse("projects:export")
        ),
    }
    return render(request, "projects/list.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def export(request):
    """Hand over what the filter shows as a ledger of projects with plan, progress and money."""
    form, every, tab = chosen(request)
    words = form.in_force() or "全部"
    body = workbook_of(of_tab(every, tab), words=words, by=request.user.name)
    return handed_over(body, "建设项目台账")


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request):
    """Register a project with the budget of each source."""
    form = ProjectForm(request.POST or None, user=request.user, initial=_asked(request))
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        new = actions.NewProject(
            name=data["name"], kind=data["kind"], programme=data["programme"].pk, year=data["year"], area=data["area"].pk,
            schools=tuple(school.pk for school in data["schools"]), budget=form.budget, starts_on=data["starts_on"], due_on=data["due_on"],
            document=data["document"] or "", note=data["note"] or "",
        )  # fmt: skip
        made = attempt(form, actions.register, by=actor(request, P.MANAGE_PROJECTS), projects=[new])
        if made:
            messages.success(request, f"已登记：{made[0].code} {made[0].name}。")
            return redirect(made[0])
    context = {
        "crumbs": crumbs(("登记项目", None)), "title": "登记项目", "form": form, "button": "登记", "back_url": reverse("projects:list"),
        "no_programme": not Programme.objects.visible_to(request.user, P.MANAGE_PROJECTS).exists(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def _asked(request) -> dict:
    """Return what the address says of a new project: the school it is for."""
    asked = request.GET.get("school", "")
    if not asked.isdecimal() or len(asked) > 18:
        return {}
    school = School.objects.visible_to(request.user, P.MANAGE_PROJECTS).filter(pk=asked).first()
    return {"schools": [school.pk], "area": school.area_id[:9]} if school else {}


def project_of(request, pk, permission=P.VIEW_PROJECTS) -> Project:
    rows = Project.objects.visible_to(request.user, permission).select_related("programme", "area__parent")
    return get_object_or_404(rows, pk=pk)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def project_edit(request, pk):
    """Correct what a project is called, where it stands and for whom."""
    project = project_of(request, pk, P.MANAGE_PROJECTS)
    form = ProjectForm(request.POST or None, user=request.user, project=project)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        fields = {name: data[name] for name in ("name", "programme", "year", "kind", "area")}
        done = attempt(
            form, actions.amend, by=actor(request, P.MANAGE_PROJECTS), project=project, seen=data["seen"], note=data["note"] or "",
            schools=[school.pk for school in data["schools"]], **fields,
        )  # fmt: skip
        if done:
            messages.success(request, "已保存。")
            return redirect(project)
    context = {
        "crumbs": crumbs((project.name, project.get_absolute_url()), ("更正", None)), "title": f"更正：{project.name}", "form": form,
        "note": "预算、节点、进度在项目页里办理", "back_url": project.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_PROJECTS)
@require_GET
def project(request, pk):
    """Show one project: what, where, money by source, milestones, contracts, progress, what was decided."""
    found = project_of(request, pk)
    may = {
        p: request.user.can(p)
        for p in (P.MANAGE_PROJECTS, P.REPORT_PROGRESS, P.KEEP_PROJECT_FUNDS, P.INSPECT_PROJECTS)
    }
    files = (
        ProjectFile.objects.visible_to(request.user, P.VIEW_PROJECTS)
        .filter(project=found)
        .select_related("file")
    )
    context = {
        "crumbs": crumbs((found.name, None)),
        "it": found,
        **detail.all_of(found),
        "files": [
            {"url": reverse("projects:file", args=[each.pk]), "name": f"{each.about}：{each.file.name}", "size": each.file.size, "by": each.by_name, "at": each.at}
            for each in files
        ],
        "entries_log": [{"at": d.at, "by": d.by_name, "text": d.label, "reason": d.reason} for d in found.decisions.all()],
        "milestone_kinds": MilestoneKind.choices,
        "states_to_move_on": ("preliminary", "finished", "accepted"),
        "may_manage": may[P.MANAGE_PROJECTS],
        "may_report": (may[P.REPORT_PROGRESS] or may[P.MANAGE_PROJECTS]) and found.state == "under_way",
        "may_keep": may[P.KEEP_PROJECT_FUNDS] and found.state != "cancelled",
        "may_inspect": may[P.INSPECT_PROJECTS] and found.state != "cancelled",
        "findings": set(Finding.objects.visible_to(request.user, P.VIEW_FINDINGS).filter(inspection_results__inspection__project=found).values_list("pk", flat=True)),
    }  # fmt: skip
    return render(request, "projects/detail.html", context)


def _stored(request, pk):
    rows = ProjectFile.objects.visible_to(request.user, P.VIEW_PROJECTS).select_related("file")
    found = get_object_or_404(rows, pk=pk).file
    if not found.path.exists():
        raise Http404("文件不在了，请联系系统管理员从备份恢复。")
    return found


@needs(P.VIEW_PROJECTS)
@require_GET
def file(request, pk):
    """Send a document or a photo of a project."""
    found = _stored(request, pk)
    response = StreamingHttpResponse(found.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = found.size
    response["Content-Disposition"] = content_disposition_header(True, found.name)
    response["Cache-Control"] = "no-store"
    return response


@needs(P.VIEW_PROJECTS)
@require_GET
def photo(request, pk):
    """Show a photo of a project's progress in the page; what is no picture is not shown."""
    found = _stored(request, pk)
    body = b"".join(found.chunks())
    kind = next((kind for head, kind in PICTURES.items() if body.startswith(head)), "")
    if not kind:
        raise Http404
    return HttpResponse(body, content_type=kind, headers={"Cache-Control": "private, max-age=3600"})
