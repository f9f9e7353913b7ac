"""应助尽助: the coverage equation of a term, the names behind each of its terms, what became of whom."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Area
from students.enums import DisposalCode
from students.forms.identification import DisposalForm
from students.queries import READINGS
from subsidies.actions import coverage as actions
from subsidies.actions.unaided import told_apart
from subsidies.enums import CoveragePart
from subsidies.forms.coverage import NamesExportForm, NamesForm, PlaceForm
from subsidies.queries import coverage as queries
from subsidies.queries.coverage_names import name_page, within
from subsidies.queries.coverage_rows import REASONS, Wanted, school_ages, sources

HOME = ("首页", "/")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_AT_ONCE = 500


def crumbs(*more) -> list[tuple]:
    return [HOME, ("资助发放", None), ("应助尽助", reverse("subsidies:coverage") if more else None), *more]


def _wanted(request, term, form) -> Wanted:
    """Return what the address asks for; a filter that is none shows everything."""
    reading = request.GET.get("by") if request.GET.get("by") in READINGS else "home_area"
    data = form.cleaned_data if form.is_valid() else {}
    township, school = data.get("township"), data.get("school")
    return told_apart(Wanted(term, request.user, reading, township.code if township else "", school))


def _query(request, **changes) -> str:
    """Return the filter of this address with ``changes``, from the first page on."""
    names = ("term", "by", "township", "school", "part", "reason")
    kept = {name: value for name in names if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.VIEW_COVERAGE)
@require_GET
def coverage(request):
    """Show the equation: its terms with their reasons, township by township, and that it balances."""
    term = working_term(request)
    if term is None:
        return render(request, "students/no_term.html", {"crumbs": crumbs()})
    form = PlaceForm(request.GET, user=request.user, permission=P.VIEW_COVERAGE)
    wanted = _wanted(request, term, form)
    found = queries.equation(wanted)
    context = {
        "crumbs": crumbs(),
        "term": term,
        "form": form,
        "applied": "；".join(form.in_force()) if form.is_valid() else "",
        "equation": found,
        "parts": [_part(request, found, part) for part in CoveragePart],
        "places": _places(request, found),
        "money": found.money,
        "readings": [
            {"text": text, "url": f"?{_query(request, by=name)}", "active": name == wanted.reading}
            for name, text in READINGS.items()
        ],
        "rate": found.rate(),
        "due": found.due(),
        "aided": found.aided(),
        "ages": school_ages(),
    }  # fmt: skip
    return render(request, "subsidies/coverage/equation.html", context)


@needs(P.VIEW_COVERAGE)
@require_GET
def rate(request):
    """Show the rate in a line, for the home page that loads it; without script this leads to the whole."""
    term = working_term(request)
    if not request.htmx:
        return redirect("subsidies:coverage")
    if term is None:  # a redirect would take the place of the whole home page
        return HttpResponse()
    found = queries.standing(told_apart(Wanted(term, request.user)))
    return render(
        request,
        "subsidies/coverage/_rate.html",
        {"term": term, "equation": found, "to_verify": found.of(CoveragePart.TO_VERIFY)},
    )


def _names_url(request, **changes) -> str:
    return f"{reverse('subsidies:coverage_names')}?{_query(request, **changes)}"


def _part(request, found: queries.Equation, part: CoveragePart) -> dict:
    reasons = [
        {"label": reason.label, "count": count, "url": _names_url(request, part=part, reason=reason)}
        for reason in REASONS[part]
        if (count := found.of(part, reason))
    ]
    return {
        "label": part.label, "count": found.of(part), "reasons": reasons, "url": _names_url(request, part=part, reason=""),
        "is_aided": part in queries.AIDED,
    }  # fmt: skip


def _places(request, found: queries.Equation) -> list[dict]:
    names = dict(Area.objects.filter(code__in=found.townships).values_list("code", "name"))  # everyone: names
    rows = []
    for code in sorted(found.townships, key=lambda code: (code not in names, code)):
        known = code in names
        rows.append(
            {
                "name": names.get(code, "县外" if code else "不详"),
                "url": f"?{_query(request, township=code)}" if known else "",
                "total": found.of(at=code),
                "cells": [
                    {"count": found.of(part, at=code), "url": _names_url(request, part=part, reason="", township=code) if known else ""}
                    for part in CoveragePart
                ],
                "rate": found.rate(code),
            }
        )  # fmt: skip
    return rows


@needs(P.VIEW_COVERAGE)
@require_GET
def names(request):
    """List who stands in one term of the equation."""
    term, part, form, wanted = _asked(request)
    rows = sources(wanted, whole=wanted.is_county)
    counts = queries.counted(rows, by=("part", "reason"))
    found = queries.Equation(counts, sum(counts.values()))
    reason = form.cleaned_data.get("reason", "") if form.is_valid() else ""
    page, previous, following = name_page(
        term,
        within(rows, part, reason),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "crumbs": crumbs((part.label, None)),
        "term": term,
        "part": part,
        "form": form,
        "applied": "；".join(form.in_force()) if form.is_valid() else "",
        "rows": page,
        "total_text": f"共 {found.of(part, reason or None):,} 人",
        "has_money": part in (CoveragePart.AIDED_HERE, CoveragePart.FALLBACK),
        "may_dispose": request.user.can(P.IDENTIFY) and any(row.may_be_disposed for row in page),
        "tabs": [
            {"text": each.label, "count": f"{found.of(each):,}", "url": f"?{_query(request, part=each, reason='')}", "active": each == part}
            for each in CoveragePart
        ],
        "readings": [
            {"text": text, "url": f"?{_query(request, by=name)}", "active": name == wanted.reading}
            for name, text in READINGS.items()
        ],
        "previous_url": previous and f"?{_query(request)}&before={previous}",
        "next_url": following and f"?{_query(request)}&after={following}",
        "export_url": f"{reverse('subsidies:coverage_export')}?{_query(request, part=part)}" if _may_export(request.user) else "",
        "ask_url": f"{reverse('subsidies:exchanges')}?tab=regions&term={term.pk}" if request.user.can(P.ASK_COUNTIES) else "",
        "term_query": f"?term={term.pk}",
        "back": f"{reverse('subsidies:coverage')}?{_query(request, part='', reason='')}",
    }  # fmt: skip
    return render(request, "subsidies/coverage/names.html", context)


def _asked(request) -> tuple:
    """Return term, part, filter and what is wanted; 404 without a term or for a part that is none."""
    term = working_term(request)
    part = request.GET.get("part") or CoveragePart.TO_VERIFY
    if term is None or part not in CoveragePart:
        raise Http404
    part = CoveragePart(part)
    form = NamesForm(request.GET, part=part, user=request.user, permission=P.VIEW_COVERAGE)
    return term, part, form, _wanted(request, term, form)


def _holds(user, permission: str) -> bool:
    """Return whether ``user`` holds ``permission`` on the whole county, as far as the lists reach."""
    return user.scope(permission).of_county


def _may_export(user) -> bool:
    return user.can(P.IDENTIFY) and _holds(user, P.EXPORT_STUDENTS)


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def export(request):
    """Ask what the names are for, then hand over the workbook."""
    term, part, filters, wanted = _asked(request)
    if not _may_export(request.user):
        raise PermissionDenied
    reason = filters.cleaned_data.get("reason", "") if filters.is_valid() else ""
    words = filters.in_force() if filters.is_valid() else []
    rows = within(sources(wanted), part, reason)
    form = NamesExportForm(request.POST or None, may_reveal=_holds(request.user, P.REVEAL_NUMBERS))
    if request.method == "POST" and form.is_valid():
        name, content = actions.write_names(
            by=actor(request, P.VIEW_COVERAGE), term=term, part=part, rows=rows, words=words,
            full=form.cleaned_data["numbers"] == "full", reason=form.cleaned_data["reason"],
        )  # fmt: skip
        response = HttpResponse(content, content_type=XLSX)
        response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
        response["Cache-Control"] = "no-store"
        return response
    back = f"{reverse('subsidies:coverage_names')}?{_query(request, part=part)}"
    context = {
        "crumbs": crumbs((part.label, back), ("导出", None)), "form": form, "term": term, "part": part, "words": "；".join(words),
        "count": sum(queryset.count() for queryset in rows.values()), "back": back,
    }  # fmt: skip
    return render(request, "subsidies/coverage/export.html", context, status=422 if form.errors else 200)


@needs(P.IDENTIFY)
@require_http_methods(["GET", "HEAD", "POST"])
def dispose(request):
    """Record what became of people of the lists who are on no roster: ?row=t1&row=p2 names them."""
    term = working_term(request)
    chosen = request.GET.getlist("row")
    back = f"{reverse('subsidies:coverage_names')}?{_query(request)}"
    if not chosen:
        messages.warning(request, "请先勾选要登记处置的人。")
        return redirect(back)
    people = actions.chosen_people(chosen[:MOST_AT_ONCE], term=term, user=request.user) if term else {}
    if not people:
        raise Http404
    form = DisposalForm(request.POST or None, user=request.user, permission=P.IDENTIFY)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        count = actions.dispose(
            by=actor(request, P.IDENTIFY), term=term, people=people, code=data["code"], owner=data["owner"], note=data["note"],
            on=data["decided_on"],
        )  # fmt: skip
        messages.success(request, f"已登记 {count} 人的处置：{DisposalCode(data['code']).label}。")
        return redirect(back)
    context = {
        "crumbs": crumbs(("登记处置", None)), "form": form, "rows": list(people.values()), "back": back,
        "many": len(chosen) > len(people),
    }  # fmt: skip
    return render(
        request, "students/identification/dispose.html", context, status=422 if form.errors else 200
    )
