"""指标: the rates of the reader's places, by snapshot, with the names behind each number."""

from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from povertyedu.accounts.access import needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators import queries
from povertyedu.indicators.definitions import Definition, definitions
from povertyedu.indicators.enums import PlaceKind
from povertyedu.indicators.forms import RatesFilter
from povertyedu.indicators.models import Snapshot, SnapshotRow
from povertyedu.ui.charts import sparkline
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page


def crumbs(*more) -> list[tuple]:
    return [
        ("首页", "/"),
        ("控辍保学", None),
        ("指标通报", reverse("indicators:list") if more else None),
        *more,
    ]


@needs(P.VIEW_INDICATORS)
@require_GET
def indicators(request):
    """Show every indicator of the reader's widest place: newest rate, target, trend."""
    rows = []
    for definition in definitions().values():
        snapshot = queries.newest_of(definition.code)
        own = snapshot and queries.broadest(
            SnapshotRow.objects.visible_to(request.user, P.VIEW_INDICATORS).filter(snapshot=snapshot),
            definition.reading,
        )
        rows.append(_line(definition, snapshot, own))
    context = {
        "crumbs": crumbs(),
        "rows": rows,
        "has_any": any(row["rate"] for row in rows),
        "may_manage": request.user.can(P.MANAGE_INDICATORS),
        "may_appraise": request.user.can(P.VIEW_FINDINGS),
    }
    return render(request, "indicators/list.html", context)


def _line(definition: Definition, snapshot: Snapshot | None, own: SnapshotRow | None) -> dict:
    if own is None:
        return {"it": definition, "rate": None}
    line = [float(row.percent) for row in queries.trend(own, snapshot, most=12) if row.percent is not None]
    return {
        "it": definition, "snapshot": snapshot, "rate": queries.rates([own], snapshot)[0],
        "spark": sparkline(line) if len(line) > 1 else "", "reading": own.get_reading_display(),
    }  # fmt: skip


def _definition(code: str) -> Definition:
    if code not in definitions():
        raise Http404
    return definitions()[code]


@needs(P.VIEW_INDICATORS)
@require_GET
def indicator(request, code):
    """Show one indicator place by place on the chosen day, and the trend of the widest place."""
    definition = _definition(code)
    snapshots = list(Snapshot.objects.visible_to(request.user, P.VIEW_INDICATORS).of(code).reverse()[:60])
    asked = request.GET.get("on")
    snapshot = next(
        (each for each in snapshots if str(each.pk) == asked), snapshots[0] if snapshots else None
    )
    reading = request.GET.get("by") if request.GET.get("by") in queries.READINGS else definition.reading.value
    form = RatesFilter(request.GET, user=request.user, permission=P.VIEW_INDICATORS)
    context = {
        "crumbs": crumbs((definition.label, None)),
        "it": definition,
        "snapshot": snapshot,
        "form": form,
        "applied": form.in_force(),
    }
    if snapshot:
        context |= _table(request, snapshot, reading, form.wanted)
        context["snapshots"] = [
            {
                "text": f"{each.on}{'（终值）' if each.is_final else ''}",
                "url": f"?{_query(request, on=each.pk)}",
                "active": each == snapshot,
            }
            for each in snapshots[:8]
        ]
        context["keep"] = {"on": snapshot.pk, "by": reading}
    return render(request, "indicators/detail.html", context)


def _table(request, snapshot: Snapshot, reading: str, wanted: dict) -> dict:
    seen = SnapshotRow.objects.visible_to(request.user, P.VIEW_INDICATORS).filter(snapshot=snapshot)
    rows = (
        seen.filter(reading=reading)
        .select_related("school")
        .order_by("school__area_id", "area_code", "school__code", "pk")
    )
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("area_code") | township.scope.area_q("school__area_id"))
    found = list(rows[:PRINTED_AT_MOST])
    if kind := wanted.get("kind"):
        found = [row for row in found if row.place_kind == kind]
    shown = queries.rates(found, snapshot)
    if wanted.get("missed"):
        shown = [rate for rate in shown if rate.reached is False]
    order = list(PlaceKind)
    shown.sort(key=lambda rate: order.index(rate.row.place_kind))
    top = queries.broadest(seen, reading)
    return {
        "rates": [{"it": rate, "numerator_url": _names_url(rate.row, "numerator"), "denominator_url": _names_url(rate.row, "denominator"),
                   "rest_url": _names_url(rate.row, "rest"), "rest": rate.row.denominator - rate.row.numerator} for rate in shown],
        "top": top and queries.rates([top], snapshot)[0],
        "trend": queries.trend(top, snapshot) if top else [],
        "readings": [
            {"text": text, "url": f"?{_query(request, by=name)}", "active": name == reading} for name, text in queries.READINGS.items()
        ],
    }  # fmt: skip


def _names_url(row: SnapshotRow, part: str) -> str:
    return f"{reverse('indicators:names', args=[row.pk])}?part={part}"


def _query(request, **changes) -> str:
    kept = {
        name: value for name in ("on", "by", "township", "kind", "missed") if (value := request.GET.get(name))
    } | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.VIEW_INDICATORS)
@require_GET
def names(request, pk):
    """Name the children behind one number of one place, as they were counted that day."""
    seen = SnapshotRow.objects.visible_to(request.user, P.VIEW_INDICATORS).select_related(
        "snapshot", "school"
    )
    row = get_object_or_404(seen, pk=pk)
    part = request.GET.get("part") if request.GET.get("part") in queries.PARTS else "denominator"
    definition = row.snapshot.definition
    members = queries.members_of(row.snapshot, row, part, user=request.user, permission=P.VIEW_INDICATORS)
    printing = "print" in request.GET
    page = None
    if printing:
        found = list(members.order_by("pk")[:PRINTED_AT_MOST])
    else:
        page = key_page(members, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
        found = page.rows
    known = definition.names([member.subject for member in found])
    words = {
        "numerator": definition.numerator,
        "denominator": definition.denominator,
        "rest": f"不是“{definition.numerator}”的",
    }
    place = queries.rates([row], row.snapshot)[0].place
    base = f"?part={part}"
    context = {
        "crumbs": crumbs((definition.label, reverse("indicators:detail", args=[definition.code])), (words[part], None)),
        "it": definition, "row": row, "place": place, "title": f"{place} {words[part]}", "page": page, "printing": printing,
        "rows": [{"member": member, "named": known[member.subject]} for member in found],
        "tabs": [{"text": text, "url": f"?part={name}", "active": name == part} for name, text in words.items()],
        "is_given": definition.given is not None,
        "previous_url": page and page.previous and f"{base}&before={page.previous}",
        "next_url": page and page.following and f"{base}&after={page.following}",
        "print_url": f"{base}&print=1",
    }  # fmt: skip
    return render(request, "indicators/names.html", context)
