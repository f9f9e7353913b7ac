"""三本台账, and 小学送、中学接: by line, township and school; as page, print and workbook."""

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from dropout.enums import LEDGERS
from dropout.forms.screening import LedgerFilter
from dropout.models import Screening
from dropout.queries import screening as queries
from dropout.resources.screening_ledger import XLSX, handover_workbook, ledger_workbook
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.paging import key_page
from students.models import Enrolment
from students.queries import READINGS, area_names, usual_reading

from .chain import HOME

PRINTED_AT_MOST = 2000
KEPT = ("screening", "tab", "by", "township", "school", "category", "ground", "follow_up")


def _crumbs(word: str) -> list[tuple]:
    return [HOME, ("控辍保学", None), (word, None)]


def _chosen(request):
    """Return the screening (the newest without one asked for), the filter, the line and the ledger."""
    seen = Screening.objects.visible_to(request.user, P.VIEW_CASES).select_related("term")
    asked = request.GET.get("screening", "")
    if asked:
        found = get_object_or_404(
            seen, pk=asked if asked.isascii() and asked.isdigit() and len(asked) < 19 else 0
        )
    else:
        found = seen.first()
    form = LedgerFilter(request.GET, user=request.user, permission=P.VIEW_CASES)
    reading = (
        request.GET.get("by")
        if request.GET.get("by") in READINGS
        else usual_reading(request.user.scope(P.VIEW_CASES))
    )
    tab = request.GET.get("tab") if request.GET.get("tab") in LEDGERS else "suspected"
    return found, form, reading, tab


@needs(P.VIEW_CASES)
@require_GET
def ledgers(request):
    """Show the ledgers of a screening, child by child."""
    found, form, reading, tab = _chosen(request)
    context = {
        "crumbs": _crumbs("三本台账"),
        "it": found,
        "form": form,
        "applied": form.in_force(),
        "tab": tab,
        "ledger": LEDGERS[tab][0],
    }
    if found:
        context |= _ledger(request, found, form, reading, tab)
    return render(request, "dropout/ledgers.html", context)


def _ledger(request, found: Screening, form, reading: str, tab: str) -> dict:
    sets = {
        name: queries.ledger_rows(found, name, user=request.user, reading=reading, wanted=form.wanted)
        for name in LEDGERS
    }
    rows = sets[tab].select_related("school", "school_class", "case")
    printing = "print" in request.GET
    page = (
        None
        if printing
        else key_page(rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    )
    shown = list(rows.order_by("school_area", "school_id", "pk")[:PRINTED_AT_MOST]) if printing else page.rows
    names = area_names(row.home_area for row in shown)
    return {
        "rows": [{"it": row, "home": names.get(row.home_area, "")} for row in shown], "page": page, "printing": printing,
        "keep": {"screening": found.pk, "tab": tab, "by": reading},
        "may_work": request.user.can(P.WORK_CASES) and tab != "school_age",
        "tabs": [
            {"text": LEDGERS[name][0], "count": f"{queryset.count():,}", "active": name == tab, "url": f"?{_query(request, tab=name)}"}
            for name, queryset in sets.items()
        ],
        "readings": [{"text": text, "url": f"?{_query(request, by=name)}", "active": name == reading} for name, text in READINGS.items()],
        "previous_url": page and page.previous and f"?{_query(request, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, after=page.following)}",
        "print_url": f"?{_query(request, tab=tab)}&print=1",
        "export_url": f"{reverse('dropout:ledger_export')}?{_query(request, screening=found.pk, tab=tab, by=reading)}",
        "here": f"{request.path}?{_query(request, screening=found.pk, tab=tab)}",
    }  # fmt: skip


def _query(request, **changes) -> str:
    kept = {name: value for name in KEPT if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.VIEW_CASES)
@require_GET
def ledger_export(request):
    """Hand over a ledger as a workbook; who took it is on record."""
    found, form, reading, tab = _chosen(request)
    if found is None:
        return render(
            request,
            "dropout/ledgers.html",
            {"crumbs": _crumbs("三本台账"), "it": None, "form": form, "ledger": LEDGERS[tab][0]},
        )
    rows = queries.ledger_rows(found, tab, user=request.user, reading=reading, wanted=form.wanted)
    title = f"{found.term} {LEDGERS[tab][0]}（{found.on}，{READINGS[reading]}）"
    content = ledger_workbook(rows, title=title, words=form.in_force(), by=request.user.name)
    record_access(
        actor(request, P.VIEW_CASES),
        kind="download",
        subject=found,
        fields=LEDGERS[tab][0],
        reason="导出控辍保学台账",
    )
    return _file(content, f"{LEDGERS[tab][0]}{found.on:%Y%m%d}.xlsx")


def _file(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=XLSX)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response


@needs(P.VIEW_CASES)
@require_GET
def handover(request):
    """小学送、中学接: last year's sixth grade by name, and who of them is in no school."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs("小学送、中学接")})
    every = queries.handover(term, user=request.user)
    missing = "all" not in request.GET
    rows = (
        (every.filter(arrived_at=None) if missing else every)
        .select_related("student", "school", "school_class")
        .order_by("school_area", "school_id", "pk")
    )
    shown = list(rows[:PRINTED_AT_MOST])
    arrived = Enrolment.objects.visible_to(request.user, P.VIEW_CASES).in_bulk(
        [row.arrived_at for row in shown if row.arrived_at]
    )
    if "export" in request.GET:
        record_access(
            actor(request, P.VIEW_CASES),
            kind="download",
            subject=term,
            fields="小学送中学接名单",
            reason="导出交接名单",
        )
        content = handover_workbook(shown, arrived, title=f"{term} 小学送、中学接名单", by=request.user.name)
        return _file(content, f"小学送中学接{term.pk}.xlsx")
    names = area_names(row.home_area for row in shown)
    context = {
        "crumbs": _crumbs("小学送、中学接"), "term": term, "missing": missing, "schools": queries.handover_counts(every),
        "rows": [{"it": row, "home": names.get(row.home_area, ""), "now": arrived.get(row.arrived_at)} for row in shown],
        "tabs": [{"text": "没有接到", "url": "?", "active": missing}, {"text": "全部送出", "url": "?all=1", "active": not missing}],
        "export_url": f"?{'' if missing else 'all=1&'}export=1",
    }  # fmt: skip
    return render(request, "dropout/handover.html", context)
