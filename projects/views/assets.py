"""资产台账: what stands at each school, card by card; labels; moving and disposing by decision. 生均装备: per pupil."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import School
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.attempt import attempt
from projects.actions import assets as actions
from projects.forms import equipment as forms
from projects.models import Asset
from projects.queries import assets as queries
from projects.queries import ratio_export
from projects.queries import ratios as per_pupil

from .projects import crumbs

LABELS_AT_MOST = 400
KEPT = ("township", "school", "kind", "q", "gone")
CRUMB = ("资产台账", "/projects/assets/")


def _chosen(request):
    form = forms.AssetsFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    rows = queries.narrowed(Asset.objects.visible_to(request.user, P.VIEW_PROJECTS), form.wanted)
    return form, rows.order_by("school__name", "kind", "pk")


@needs(P.VIEW_PROJECTS)
@require_GET
def assets(request):
    """List the cards of the reader's schools with what they add up to by kind."""
    form, rows = _chosen(request)
    listing = Listing(request, KEPT)
    sums = queries.by_kind(rows)
    context = {
        "crumbs": crumbs(("资产台账", None)),
        "form": form,
        "applied": form.in_force(),
        "sums": sums,
        "value_fen": sum(row["value_fen"] for row in sums),
        "may_keep": request.user.can(P.KEEP_ASSETS),
        "labels_url": f"{reverse('projects:asset_labels')}?{listing.query()}",
        **listing.numbered(queries.with_origin(rows), reverse("projects:assets_export")),
    }
    for card in context["rows"]:
        card.source = queries.source_of(card)
    return render(request, "projects/assets.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def assets_export(request):
    """Hand over the ledger as the filter leaves it."""
    form, rows = _chosen(request)
    body = queries.workbook_of(rows, words=form.in_force() or "全部", by=request.user.name)
    return handed_over(body, "学校资产台账")


@needs(P.VIEW_PROJECTS)
@require_GET
def asset_labels(request):
    """Labels to stick on things, a sheet of A4 at a time."""
    form, rows = _chosen(request)
    found = list(queries.with_origin(rows.standing())[: LABELS_AT_MOST + 1])
    context = {
        "crumbs": crumbs(CRUMB, ("资产标签", None)),
        "rows": found[:LABELS_AT_MOST],
        "more": len(found) > LABELS_AT_MOST,
        "most": LABELS_AT_MOST,
        "applied": form.in_force(),
        "back_url": f"{reverse('projects:assets')}?{Listing(request, KEPT).query()}",
    }
    return render(request, "projects/asset_labels.html", context)


@needs(P.KEEP_ASSETS)
@require_http_methods(["GET", "HEAD", "POST"])
def asset_new(request):
    """Put on the ledger what a school had before it began."""
    form = forms.StockForm(request.POST or None, user=request.user)
    if form.is_bound and form.is_valid():
        data = {name: value or "" for name, value in form.cleaned_data.items()}
        row = actions.OldStock(**data | {"school": data["school"].pk})
        made = attempt(form, actions.register_stock, by=actor(request, P.KEEP_ASSETS), rows=[row])
        if made:
            messages.success(request, f"已登记：{made[0]}。")
            return redirect(made[0])
    context = {
        "crumbs": crumbs(CRUMB, ("登记原有资产", None)), "title": "登记原有资产", "form": form, "button": "登记",
        "note": "采购验收的自动入账，这里只登记原来就有的", "back_url": reverse("projects:assets"),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def _asset(request, pk, permission=P.VIEW_PROJECTS) -> Asset:
    rows = Asset.objects.visible_to(request.user, permission)
    return get_object_or_404(
        queries.with_origin(rows).select_related("line__acceptance__purchase__project"), pk=pk
    )


@needs(P.VIEW_PROJECTS)
@require_GET
def asset(request, pk):
    """Show one card: what it is, where from, how many are left, everything that happened to it."""
    found = _asset(request, pk)
    context = {
        "crumbs": crumbs(CRUMB, (str(found), None)),
        "it": found,
        "source": queries.source_of(found),
        "entries": found.entries.all(),
        "moved_to": found.moved_to.select_related("school"),
        "may_decide": request.user.can(P.MANAGE_PROJECTS) and found.quantity,
    }
    return render(request, "projects/asset.html", context)


@needs(P.MANAGE_PROJECTS)
@require_http_methods(["GET", "HEAD", "POST"])
def asset_step(request, pk, verb):
    """Dispose of some of a card, or move some to another school, by a decision."""
    if verb not in ("remove", "move"):
        raise Http404
    found = _asset(request, pk, P.MANAGE_PROJECTS)
    posted = request.POST if request.method == "POST" else None
    moving = verb == "move"
    form = forms.MoveForm(posted, user=request.user, asset=found) if moving else forms.RemoveForm(posted)
    if form.is_bound and form.is_valid():
        verb_of = actions.move if moving else actions.remove
        if attempt(form, verb_of, by=actor(request, P.MANAGE_PROJECTS), asset=found, **form.cleaned_data):
            messages.success(request, "已登记，原来的记录都留在卡片上。")
            return redirect(found)
    title = "调给别校" if moving else "处置或盘亏"
    context = {
        "crumbs": crumbs(CRUMB, (str(found), found.get_absolute_url()), (title, None)), "title": f"{title}：{found.school} {found}", "form": form,
        "note": f"在册 {found.quantity} {found.unit}；按批准的文件办理，不改不删", "button": "登记", "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "projects/form.html", context, status=422 if form.errors else 200)


def _measured(request):
    """Return the filter, the term, the lines of all schools it leaves and those shown."""
    form = forms.RatiosFilter(request.GET, user=request.user, permission=P.VIEW_PROJECTS)
    wanted, term = form.wanted, working_term(request)
    schools = School.objects.visible_to(request.user, P.VIEW_PROJECTS).filter(is_open=True)
    if township := wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    lines = per_pupil.ratios(term, list(schools.order_by("area_id", "name"))) if term else []
    shown = [line for line in lines if line.is_short] if wanted.get("short") else lines
    return form, term, lines, shown


@needs(P.VIEW_PROJECTS)
@require_GET
def ratios(request):
    """Show books, computers, desks, beds and equipment value per pupil beside the standards."""
    form, term, lines, shown = _measured(request)
    listing = Listing(request, ("township", "short"))
    context = {
        "crumbs": crumbs(("生均装备", None)),
        "form": form,
        "applied": form.in_force(),
        "term": term,
        "measures": per_pupil.MEASURES,
        "whole": per_pupil.whole(shown),
        "short": sum(1 for line in lines if line.is_short),
        "count": len(lines),
        **listing.numbered(shown, reverse("projects:ratios_export")),
    }
    return render(request, "projects/ratios.html", context)


@needs(P.VIEW_PROJECTS)
@require_GET
def ratios_export(request):
    """Hand over the same lines as a workbook."""
    form, term, _, shown = _measured(request)
    if not term:
        raise Http404("还没有学期。")
    body = ratio_export.workbook_of(
        shown, per_pupil.whole(shown), term, words=form.in_force() or "全部", by=request.user.name
    )
    return handed_over(body, "生均装备一览表")
