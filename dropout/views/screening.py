"""排查: carried out, reported by place and focus group, each child found away followed up, the list confirmed by its places."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from dropout.actions import screening as actions
from dropout.enums import LEDGERS, Standing
from dropout.forms.screening import ConfirmForm, ExplainForm
from dropout.models import Screening, ScreeningRow
from dropout.queries import screening as queries
from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.workflow.attempt import attempt
from povertyedu.workflow.flow import StepRefused
from students.queries import READINGS, usual_reading

from .case import may as may_case
from .cases import has_page
from .chain import HOME
from .sending import send_kept

MOST_AT_ONCE = 500


def crumbs(*more) -> list[tuple]:
    return [HOME, ("控辍保学", None), ("排查", reverse("dropout:screenings") if more else None), *more]


def _may_screen(request) -> bool:
    """A screening is of the whole county: who runs it holds SCREEN there."""
    return request.user.scope(P.SCREEN).of_county


@needs(P.VIEW_CASES)
@require_GET
def screenings(request):
    """List the screenings, newest first, with what waits in the reader's places."""
    found = list(Screening.objects.visible_to(request.user, P.VIEW_CASES).select_related("term")[:50])
    rows = ScreeningRow.objects.visible_to(request.user, P.VIEW_CASES)
    context = {
        "crumbs": crumbs(),
        "term": working_term(request),
        "rows": [{"it": each, "away": rows.filter(screening=each).away().count(), "waiting": rows.filter(screening=each).open().count()} for each in found[:10]],
        "may_screen": _may_screen(request),
    }  # fmt: skip
    return render(request, "dropout/screenings.html", context)


@needs(P.SCREEN)
@require_POST
def screen(request):
    """Screen the working term as of today."""
    term = working_term(request)
    if not _may_screen(request):
        raise PermissionDenied
    if term is None:
        messages.error(request, "还没有学期，请先设学期、导入花名册。")
        return redirect("dropout:screenings")
    made = actions.screen(by=actor(request, P.SCREEN), term=term)
    messages.success(request, f"{made}已定格：{made.rows.open().count()} 名学生待处理。同一天再点不会重复。")
    return redirect("dropout:screening", made.pk)


def _screening(request, pk, permission=P.VIEW_CASES) -> Screening:
    return get_object_or_404(
        Screening.objects.visible_to(request.user, permission).select_related("term"), pk=pk
    )


@needs(P.VIEW_CASES)
@require_GET
def screening(request, pk):
    """Report one screening: standings, townships, schools, focus groups, confirmations; prints as the screening report."""
    found = _screening(request, pk)
    reading = (
        request.GET.get("by")
        if request.GET.get("by") in READINGS
        else usual_reading(request.user.scope(P.VIEW_CASES))
    )
    rows = queries.ledger_rows(found, "school_age", user=request.user, reading=reading)
    counts, townships = (
        queries.counts_by_standing(rows),
        queries.by_township(rows, found, reading=reading),
    )
    base = f"{reverse('dropout:ledgers')}?{urlencode({'screening': pk, 'by': reading})}"
    context = {
        "crumbs": crumbs((str(found), None)), "it": found, "reading": reading, "base": base,
        "figures": [{"label": "适龄儿童", "value": f"{sum(counts.values()):,}", "unit": "人"}]
        + [{"label": standing.label, "value": f"{counts.get(standing, 0):,}", "unit": "人"} for standing in Standing],
        "waiting": sum(line.waiting for line in townships),
        "townships": townships,
        "sums": [sum(getattr(line, name) for line in townships) for name in ("all", "suspected", "dropout", "never", "waiting")],
        "schools": queries.by_school(rows),
        "groups": queries.focus_groups(rows),
        "readings": [{"text": text, "url": f"?by={name}", "active": name == reading} for name, text in READINGS.items()],
        "confirmable": _confirmable(request, found),
        "confirmed": found.confirmations.select_related("area__parent"),
    }  # fmt: skip
    return render(request, "dropout/screening.html", context)


def _confirmable(request, found: Screening):
    """Return the reader's own townships or villages that have not confirmed; the county confirms for nobody."""
    codes = {code for code in request.user.scope(P.WORK_CASES).areas if len(code) > 6}
    areas = (
        Area.objects.visible_to(request.user, P.WORK_CASES)
        .filter(code__in=codes)
        .exclude(level=AreaLevel.COUNTY)
    )
    return areas.exclude(code__in=found.confirmations.values("area"))


@needs(P.WORK_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request, pk, code):
    """Confirm the list of one's own township or village."""
    found = _screening(request, pk, P.WORK_CASES)
    if not any(len(own) > 6 for own in request.user.scope(P.WORK_CASES).areas):
        messages.info(request, "排查结果由乡镇、村确认。")
        return redirect("dropout:screening", pk)
    area = get_object_or_404(_confirmable(request, found), pk=code)
    form = ConfirmForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            actions.confirm(
                by=actor(request, P.WORK_CASES),
                screening=found,
                area=area,
                note=form.cleaned_data["note"] or "",
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已确认{area}的排查结果。")
            return redirect("dropout:screening", pk)
    context = {
        "crumbs": crumbs((str(found), reverse("dropout:screening", args=[pk])), (f"确认{area}", None)), "title": f"确认{area}的排查结果",
        "note": found, "form": form, "button": "确认无遗漏", "back_url": reverse("dropout:screening", args=[pk]),
    }  # fmt: skip
    return render(request, "dropout/form.html", context, status=422 if form.errors else 200)


@needs(P.WORK_CASES)
@require_POST
def cases_open(request, pk):
    """Open a case for each ticked child of a screening."""
    found = _screening(request, pk, P.WORK_CASES)
    ticked = [one for one in request.POST.getlist("row") if one.isascii() and one.isdigit() and len(one) < 19]
    rows = ScreeningRow.objects.visible_to(request.user, P.WORK_CASES).filter(
        screening=found, pk__in=ticked[:MOST_AT_ONCE]
    )
    if ticked and not rows.exists():
        raise Http404
    done = actions.open_cases_of(by=actor(request, P.WORK_CASES), rows=rows) if ticked else 0
    if done:
        messages.success(request, f"已为 {done} 名学生建立控辍个案。")
    else:
        messages.info(request, "没有勾选学生，或他们已经处理过。")
    return redirect(
        request.POST.get("back")
        if request.POST.get("back", "").startswith("/dropout/")
        else "dropout:ledgers"
    )


@needs(P.VIEW_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def row(request, pk):
    """One child of a screening: why it is thought away, and the two ways on: a case, or an explanation.

    How it was explained is for who works the case; each opening is logged.
    """
    seen = ScreeningRow.objects.visible_to(request.user, P.VIEW_CASES)
    found = get_object_or_404(
        seen.select_related("screening__term", "school", "school_class", "case", "evidence"), pk=pk
    )
    works = ScreeningRow.objects.visible_to(request.user, P.WORK_CASES).filter(pk=pk).exists()
    if request.method == "POST" and not request.user.can(P.WORK_CASES):
        raise PermissionDenied
    form = _explain_form(request) if works and found.is_open else None
    if form is not None and form.is_bound and form.is_valid() and _explained(request, found, form):
        return redirect("dropout:screening_row", pk)
    if works and found.explained_as:
        record_access(
            actor(request, P.WORK_CASES),
            kind="reveal",
            subject=found,
            fields="排查说明、理由",
            reason="查看排查明细",
        )
    context = {
        "crumbs": crumbs((str(found.screening), reverse("dropout:screening", args=[found.screening_id])), (found.name, None)), "it": found, "form": form,
        "works": works, "may_open_case": found.case is not None and may_case(request, found.case, P.VIEW_CASES),
        "may_open_child": has_page(request, found.student_id),
        "ledger_url": f"{reverse('dropout:ledgers')}?screening={found.screening_id}&tab={_tab_of(found)}",
    }  # fmt: skip
    return render(
        request,
        "dropout/screening_row.html",
        context,
        status=422 if form is not None and form.errors else 200,
    )


def _explain_form(request) -> ExplainForm:
    return ExplainForm(request.POST, request.FILES) if request.method == "POST" else ExplainForm()


def _explained(request, found: ScreeningRow, form: ExplainForm) -> bool:
    """Keep the explanation; False where it is refused, which the form then says."""
    data, by = form.cleaned_data, actor(request, P.WORK_CASES)
    kept = attempt(
        form, actions.explain, by=by, row=found, code=data["code"], reason=data["reason"], upload=data["scan"], account=request.user,
    )  # fmt: skip
    if kept is not None:
        messages.success(request, f"已登记{found.name}的说明。")
    return kept is not None


@needs(P.WORK_CASES)
@require_GET
def evidence(request, pk):
    """Send the paper that an explanation rests on; it leaves an AccessEvent."""
    rows = ScreeningRow.objects.visible_to(request.user, P.WORK_CASES).select_related("evidence")
    found = get_object_or_404(rows, pk=pk)
    return send_kept(request, found.evidence, permission=P.WORK_CASES, subject=found, what="排查佐证材料")


def _tab_of(found: ScreeningRow) -> str:
    return found.standing if found.standing in LEDGERS else "school_age"
