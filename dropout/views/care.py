"""留守关爱: centres, phones, proxy mothers and living rooms by township; what is missing where."""

from django.contrib import messages
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from dropout.actions import care as actions
from dropout.enums import IN_EVERY_TOWNSHIP, CareKind
from dropout.forms import CareForm
from dropout.models import CareFacility
from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.enums import AreaLevel, SchoolKind
from povertyedu.orgs.models import Area, School
from povertyedu.workflow.attempt import attempt

from .tables import cell, crumbs, heads, row, table_page

TITLE, NAME = "留守关爱", "dropout:care"


@needs(P.VIEW_CASES)
@require_GET
def care(request):
    """Count each kind by township; name what a township lacks, and the special schools without a living room."""
    user = request.user
    facilities = CareFacility.objects.visible_to(user, P.VIEW_CASES)
    counted = facilities.in_use().order_by().values_list("area", "kind").annotate(count=Count("pk"))
    counts = {(area, kind): count for area, kind, count in counted}
    towns = list(
        Area.objects.visible_to(user, P.VIEW_CASES)
        .standing()
        .filter(level=AreaLevel.TOWNSHIP)
        .order_by("code")
    )
    rooms = set(facilities.in_use().filter(kind=CareKind.LIVING_ROOM).values_list("school", flat=True))
    special = (
        School.objects.visible_to(user, P.VIEW_CASES)
        .filter(is_open=True, kind=SchoolKind.SPECIAL)
        .order_by("code")
    )
    bare = [school for school in special if school.pk not in rooms]
    lacks = [(town, kind) for town in towns for kind in IN_EVERY_TOWNSHIP if (town.pk, kind) not in counts]
    without = {kind: [town for town, lack in lacks if lack == kind] for kind in IN_EVERY_TOWNSHIP}
    may = user.can(P.KEEP_CALENDAR)
    listed = facilities.select_related("area", "school").order_by("area", "kind", "pk")[:1000]
    kept = [
        row(
            cell(one.name, url=reverse("dropout:care_edit", args=[one.pk])) if may else one.name, one.get_kind_display(), str(one.area), str(one.school or ""),
            one.contact, cell(f"停用 {one.closed_on}", s="todo") if one.closed_on else cell("在用", s="ok"),
        )
        for one in listed
    ]  # fmt: skip
    return table_page(
        request, title=TITLE, crumbs=crumbs(TITLE, NAME), note="每个乡镇关爱中心、亲情电话、代理妈妈各至少 1 个", buttons=[("登记", reverse("dropout:care_new"))] if may else [],
        figures=[
            {"label": "乡镇", "value": len(towns), "unit": "个"},
            *({"label": f"没有{kind.label}的乡镇", "value": len(bare_towns), "unit": "个", "s": "bad" if bare_towns else "ok"} for kind, bare_towns in without.items()),
            {"label": "没有生活室的特校", "value": len(bare), "unit": "所", "s": "bad" if bare else "ok"},
        ],
        panels=[
            {"name": "missing", "title": "缺的", "heads": heads("单位", "缺什么"), "empty": "乡镇都有关爱中心、亲情电话、代理妈妈，特校都有生活室。",
             "rows": [row(str(town), kind.label, problem=True) for town, kind in lacks] + [row(str(each), CareKind.LIVING_ROOM.label, problem=True) for each in bare]},
            {"name": "towns", "title": "各乡镇", "heads": heads("乡镇", *(f"{kind.label}#" for kind in CareKind)), "empty": "您的范围内没有乡镇。",
             "rows": [row(town.name, *(counts.get((town.pk, kind), 0) for kind in CareKind)) for town in towns]},
        ],
        heads=heads("名称", "种类", "乡镇", "学校", "负责人、电话", "状态"), rows=kept,
        empty={"title": "还没有登记", "text": "登记关爱中心、亲情电话、代理妈妈、特校生活室；每个乡镇前三种各至少 1 个。"},
    )  # fmt: skip


@needs(P.KEEP_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def care_edit(request, pk=None):
    """Register a facility, or change one."""
    seen = CareFacility.objects.visible_to(request.user, P.KEEP_CALENDAR)
    facility = get_object_or_404(seen, pk=pk) if pk else None
    names = ("kind", "area", "school", "name", "contact", "opened_on", "closed_on")
    initial = {name: getattr(facility, name) for name in names} if facility else {}
    form = CareForm(request.POST or None, initial=initial, user=request.user, permission=P.KEEP_CALENDAR)
    if form.is_bound and form.is_valid():
        by = actor(request, P.KEEP_CALENDAR)
        if attempt(
            form, actions.keep_facility, by=by, facility=facility or CareFacility(), **form.cleaned_data
        ):
            messages.success(request, "已登记。")
            return redirect(NAME)
    title = f"修改：{facility.name}" if facility else "登记关爱设施"
    context = {
        "crumbs": crumbs(TITLE, NAME, (title, None)),
        "title": title,
        "form": form,
        "back_url": reverse(NAME),
    }
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)
