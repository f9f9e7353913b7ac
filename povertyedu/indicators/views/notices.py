"""通报: proposed, issued, answered, settled or turned into a rectification."""

from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators import forms, queries
from povertyedu.indicators.actions import notices as actions
from povertyedu.indicators.enums import NoticeState
from povertyedu.indicators.models import IndicatorNotice
from povertyedu.indicators.states import NOTICE_FLOW
from povertyedu.orgs.calendar import today
from povertyedu.ui.listing import PRINTED_AT_MOST
from povertyedu.ui.paging import key_page
from povertyedu.workflow.flow import StepRefused

from .rates import crumbs

STEPS = {
    "drop": (forms.ReasonForm, actions.drop),
    "answer": (forms.AnswerForm, actions.answer),
    "return": (forms.ReturnForm, actions.send_back),
    "settle": (forms.ReasonForm, actions.settle),
    "rectify": (forms.RectifyForm, actions.rectify),
}


def _seen(request, permission=P.VIEW_INDICATORS):
    """Return the notices one may read: a place does not see what is only proposed to be said of it."""
    rows = IndicatorNotice.objects.visible_to(request.user, permission).select_related("school", "snapshot")
    if not request.user.can(P.MANAGE_INDICATORS):
        rows = rows.exclude(state__in=[NoticeState.PROPOSED, NoticeState.DROPPED])
    return rows


@needs(P.VIEW_INDICATORS)
@require_GET
def notices(request):
    """List the notices of the reader's places, newest first; the bureau issues those that are proposed."""
    form = forms.NoticeFilter(request.GET, user=request.user, permission=P.VIEW_INDICATORS)
    every, wanted = _seen(request), form.wanted
    if township := wanted.get("township"):
        every = every.filter(township.scope.area_q("area_code") | township.scope.area_q("school__area_id"))
    if code := wanted.get("code"):
        every = every.filter(code=code)
    may_manage = request.user.can(P.MANAGE_INDICATORS)
    tabs = {name: tab for name, tab in queries.NOTICE_TABS.items() if may_manage or name != "proposed"}
    asked = request.GET.get("tab")
    tab = (
        asked
        if asked in tabs
        else next((name for name, (_, at) in tabs.items() if every.filter(at).exists()), "all")
    )
    rows, printing = every.filter(tabs[tab][1]), "print" in request.GET
    page = (
        None
        if printing
        else key_page(
            rows, after=request.GET.get("after", ""), before=request.GET.get("before", ""), newest_first=True
        )
    )
    found = list(rows.order_by("-pk")[:PRINTED_AT_MOST]) if printing else page.rows
    names = queries.place_names(found)
    context = {
        "crumbs": crumbs(("通报", None)), "form": form, "applied": form.in_force(), "keep": {"tab": tab}, "page": page, "printing": printing,
        "rows": [{"it": row, "place": row.school.name if row.school else names.get(row.area_code, row.area_code)} for row in found],
        "tabs": [
            {"text": text, "count": every.filter(at).count(), "active": name == tab, "url": f"?{_query(request, tab=name)}"}
            for name, (text, at) in tabs.items()
        ],
        "tab_word": tabs[tab][0],
        "issue_form": forms.IssueForm() if tab == "proposed" and found else None,
        "previous_url": page and page.previous and f"?{_query(request, tab=tab, before=page.previous)}",
        "next_url": page and page.following and f"?{_query(request, tab=tab, after=page.following)}",
        "print_url": f"?{_query(request, tab=tab)}&print=1",
    }  # fmt: skip
    return render(request, "indicators/notices.html", context)


def _query(request, **changes) -> str:
    kept = {name: value for name in ("tab", "township", "code") if (value := request.GET.get(name))} | changes
    return urlencode({name: value for name, value in kept.items() if value})


@needs(P.MANAGE_INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request):
    """Issue the ticked proposals with one deadline."""
    ticked = [pk for pk in request.POST.getlist("notice") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    form = forms.IssueForm(request.POST or None)
    if request.method != "POST" or not ticked:
        messages.info(request, "请先勾选要发出的通报。")
    elif not form.is_valid():
        messages.error(request, f"没有发出：{' '.join(form.errors.get('due_on', ['请填写答复期限。']))}")
    else:
        rows = IndicatorNotice.objects.visible_to(request.user, P.MANAGE_INDICATORS).filter(pk__in=ticked)
        sent = actions.issue(
            by=actor(request, P.MANAGE_INDICATORS), notices=rows, due_on=form.cleaned_data["due_on"]
        )
        if sent:
            messages.success(
                request, f"已发出 {sent} 份通报，并通知各单位在 {form.cleaned_data['due_on']} 前答复。"
            )
        else:
            messages.info(request, "勾选的通报已经发出或不再需要。")
    return redirect("indicators:notices")


def _place(notice: IndicatorNotice) -> str:
    return actions.place_of(notice)


@needs(P.VIEW_INDICATORS)
@require_GET
def notice(request, pk):
    """Show one notice: the rate, the target, the names, what was answered, and the next step."""
    found = get_object_or_404(_seen(request), pk=pk)
    steps = NOTICE_FLOW.open_to(found.state, lambda permission: _may(request, found, permission))
    row = found.snapshot.rows.filter(
        reading=found.reading, area_code=found.area_code, school=found.school_id
    ).first()
    worse = "rest" if found.definition.higher_is_better else "numerator"
    context = {
        "crumbs": crumbs(("通报", reverse("indicators:notices")), (_place(found), None)), "it": found, "place": _place(found), "today": today(),
        "names_url": row and f"{reverse('indicators:names', args=[row.pk])}?part={worse}",
        "steps": [
            {"text": step.label, "url": reverse("indicators:step", args=[pk, step.verb]), "main": number == 0}
            for number, step in enumerate(step for step in steps if step.verb in STEPS)
        ],
        "may_issue": found.state == NoticeState.PROPOSED,
        "entries": [{"at": each.at, "by": each.by_name, "text": each.label, "reason": each.reason} for each in found.decisions.all()],
    }  # fmt: skip
    return render(request, "indicators/notice.html", context)


def _may(request, found: IndicatorNotice, permission: str) -> bool:
    return (
        request.user.can(permission)
        and IndicatorNotice.objects.visible_to(request.user, permission).filter(pk=found.pk).exists()
    )


@needs(P.ANSWER_FINDINGS, P.MANAGE_INDICATORS)
@require_http_methods(["GET", "HEAD", "POST"])
def step(request, pk, verb):
    """Take one step of a notice on a page of its own."""
    if verb not in STEPS:
        raise Http404
    transition, (form_class, action) = NOTICE_FLOW[verb], STEPS[verb]
    held = next(p for p in (P.ANSWER_FINDINGS, P.MANAGE_INDICATORS) if request.user.can(p))
    may = request.user.can(transition.permission)
    found = get_object_or_404(_seen(request, transition.permission if may else held), pk=pk)
    if not may:
        raise PermissionDenied
    form = form_class(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            action(by=actor(request, transition.permission), notice=found, **form.cleaned_data)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"已办理：{transition.label}。")
            return redirect(found)
    context = {
        "crumbs": crumbs(("通报", reverse("indicators:notices")), (_place(found), found.get_absolute_url()), (transition.label, None)),
        "title": f"{transition.label}：{_place(found)} {found.definition.label}", "note": found.cause, "form": form, "button": transition.label,
        "back_url": found.get_absolute_url(),
    }  # fmt: skip
    return render(request, "indicators/form.html", context, status=422 if form.errors else 200)
