"""三本台账, and 小学送、中学接: by line, township and school; as page, print and workbook."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from dropout.enums import LEDGERS
from dropout.forms.lists import Asked, asked_handover, asked_ledger
from dropout.models import Case
from dropout.queries import screening as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.listing import PRINTED_AT_MOST, Listing
from students.models import Enrolment
from students.queries import READINGS, area_names

from .chain import HOME
from .exporting import taken_out

KEPT = ("screening", "tab", "by", "township", "school", "category", "ground", "follow_up")


def _crumbs(word: str) -> list[tuple]:
    return [HOME, ("控辍保学", None), (word, None)]


def _asked(request):
    """Return the ledger that is asked for, None where nobody screened yet; 404 for a screening that is none."""
    asked = asked_ledger(request.GET, user=request.user)
    if asked is None and request.GET.get("screening"):
        raise Http404
    return asked


@needs(P.VIEW_CASES)
@require_GET
def ledgers(request):
    """Show the ledgers of a screening, child by child."""
    asked = _asked(request)
    context = {"crumbs": _crumbs("三本台账"), "it": None, "ledger": "三本台账"}
    if asked:
        context |= _ledger(request, asked)
    return render(request, "dropout/ledgers.html", context)


def _ledger(request, asked: Asked) -> dict:
    found, reading, tab = asked.subject, asked.reading, asked.tab
    sets = {
        name: queries.ledger_rows(found, name, user=request.user, reading=reading, wanted=asked.form.wanted)
        for name in LEDGERS
    }
    listing = Listing(request, KEPT)
    rows = asked.rows.select_related("school", "school_class", "case")
    shown = listing.shown(rows, reverse("dropout:ledger_export"), newest_first=False)
    if listing.is_printed:
        shown["rows"] = list(rows.order_by("school_area", "school_id", "pk")[:PRINTED_AT_MOST])
    if any(row.explained_as and row.is_worked for row in shown["rows"]):
        by = actor(request, P.WORK_CASES)
        record_access(by, kind="reveal", subject=found, fields="不在校学生的说明", reason=f"查看{asked.name}")
    names = area_names(row.home_area for row in shown["rows"])
    kept = {"screening": found.pk, "tab": tab, "by": reading}
    return {
        **shown, "it": found, "form": asked.form, "applied": asked.form.in_force(), "tab": tab, "ledger": asked.name, "keep": kept,
        "rows": [{"it": row, "home": names.get(row.home_area, "")} for row in shown["rows"]],
        "may_work": request.user.can(P.WORK_CASES) and tab != "school_age",
        "tabs": [
            {"text": LEDGERS[name][0], "count": f"{queryset.count():,}", "active": name == tab, "url": f"?{listing.query(tab=name)}"}
            for name, queryset in sets.items()
        ],
        "readings": [{"text": text, "url": f"?{listing.query(by=name)}", "active": name == reading} for name, text in READINGS.items()],
        "export_url": f"{reverse('dropout:ledger_export')}?{listing.query(**kept)}",
        "here": f"{request.path}?{listing.query(screening=found.pk, tab=tab)}",
    }  # fmt: skip


@needs(P.VIEW_CASES)
@require_GET
def ledger_export(request):
    """Hand over a ledger as a workbook; who took it is on record."""
    asked = _asked(request)
    return redirect("dropout:ledgers") if asked is None else taken_out(request, "ledger", asked)


@needs(P.VIEW_CASES)
@require_GET
def handover(request):
    """小学送、中学接: last year's sixth grade by name, and who of them is in no school."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": _crumbs("小学送、中学接")})
    asked, listing = (
        asked_handover(request.GET, user=request.user, term=term),
        Listing(request, ("term", "all")),
    )
    if "export" in request.GET:
        return taken_out(request, "handover", asked, term=term)
    missing, rows = "all" not in request.GET, asked.rows.select_related("student", "school", "school_class")
    page = listing.numbered(rows.order_by("school_area", "school_id", "pk"))
    shown = list(page["rows"])
    arrived = Enrolment.objects.visible_to(request.user, P.VIEW_CASES).in_bulk(
        [row.arrived_at for row in shown if row.arrived_at]
    )
    followed = Case.objects.visible_to(request.user, P.VIEW_CASES).open()
    cases = dict(
        followed.filter(student__in=[row.student_id for row in shown]).values_list("student_id", "pk")
    )
    names, schools = area_names(row.home_area for row in shown), queries.handover_counts(asked.every)
    context = {
        **page, "crumbs": _crumbs("小学送、中学接"), "term": term, "missing": missing, "may_work": request.user.can(P.WORK_CASES), "schools": schools,
        "sums": [sum(row[name] for row in schools) for name in ("sent", "received", "missing")],
        "rows": [{"it": row, "home": names.get(row.home_area, ""), "now": arrived.get(row.arrived_at), "case": cases.get(row.student_id)} for row in shown],
        "tabs": [{"text": "没有接到", "url": "?", "active": missing}, {"text": "全部送出", "url": "?all=1", "active": not missing}],
        "export_url": f"?{'' if missing else 'all=1&'}export=1",
    }  # fmt: skip
    return render(request, "dropout/handover.html", context)
