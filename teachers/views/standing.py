"""职称、评优倾斜 and pay beside civil servants: where rural years count, and whether pay is not below."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.flow import StepRefused
from teachers.actions import care as actions
from teachers.actions import pay as pays
from teachers.forms import welfare as forms
from teachers.models import CivilPay, TeacherPay, TiltEntry, TiltList
from teachers.queries import care as queries
from teachers.queries.care_export import tilt_workbook

from .care import crumbs, form_page, posted, url

TILT = ("职称评优倾斜", "/teachers/tilt/")
PAY = ("工资比较", "/teachers/pay/")


@needs(P.KEEP_CARE, P.VIEW_TEACHERS)
@require_GET
def tilts(request):
    """List the rounds of titles and awards, each with the share of rural teachers."""
    rows = TiltList.objects.visible_to(request.user)
    shown = Listing(request, ()).shown(rows)
    shares = queries.rural_shares(shown["rows"])
    context = {
        "crumbs": crumbs(("职称评优倾斜", None)), **shown, "rows": [(row, shares[row.pk]) for row in shown["rows"]],
        "may_keep": request.user.can(P.REVIEW_CARE),
    }  # fmt: skip
    return render(request, "teachers/care/tilts.html", context)


@needs(P.REVIEW_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def tilt_edit(request, pk=None):
    """Open a round with its rule, or correct the rule while it is open."""
    tilt = (
        get_object_or_404(TiltList.objects.visible_to(request.user, P.REVIEW_CARE), pk=pk)
        if pk
        else TiltList()
    )
    form = forms.TiltForm(posted(request)[0], tilt=tilt)

    def act(typed):
        for name, value in typed.items():
            setattr(tilt, name, value)
        return actions.keep_tilt(by=actor(request, P.REVIEW_CARE), tilt=tilt)

    return form_page(
        request, form, act, title="更正规则" if pk else "新增评聘、评优", trail=[TILT], back=tilt.get_absolute_url() if pk else url("tilts"), done="已保存。",
    )  # fmt: skip


@needs(P.KEEP_CARE, P.VIEW_TEACHERS)
@require_http_methods(["GET", "HEAD", "POST"])
def tilt(request, pk):
    """Show a round: the rule, the candidates by points, the rural share; close it with those who were chosen."""
    found = get_object_or_404(TiltList.objects.visible_to(request.user), pk=pk)
    may_keep = request.user.can(P.REVIEW_CARE)
    if request.method == "POST":
        if not may_keep:
            return HttpResponse(status=403)
        chosen = [
            int(key)
            for key in request.POST.getlist("chosen")
            if key.isascii() and key.isdigit() and len(key) < 19
        ]
        try:
            actions.choose(by=actor(request, P.REVIEW_CARE), tilt=found, chosen=chosen)
            messages.success(request, "已定榜。")
        except StepRefused as refusal:
            messages.error(request, str(refusal))
        return redirect(found)
    context = {
        "crumbs": crumbs(TILT, (str(found), None)), "it": found, "share": queries.rural_shares([found])[found.pk],
        "entries": _ranked(request, found),
        "may_keep": may_keep and not found.closed_on,
    }  # fmt: skip
    return render(request, "teachers/care/tilt.html", context)


@needs(P.KEEP_CARE, P.VIEW_TEACHERS)
@require_GET
def tilt_export(request, pk):
    """Hand over the candidates that the reader sees, in their order."""
    found = get_object_or_404(TiltList.objects.visible_to(request.user), pk=pk)
    return handed_over(tilt_workbook(found, _ranked(request, found), by=request.user.name), found.name)


def _ranked(request, found: TiltList) -> list[TiltEntry]:
    """Return the candidates that the reader sees, most points first, then most months."""
    entries = TiltEntry.objects.visible_to(request.user).filter(tilt=found).select_related("teacher__person")
    return sorted(entries, key=lambda entry: (-entry.points, -entry.rural_months, entry.pk))


@needs(P.REVIEW_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def candidate_new(request, pk):
    """Put a candidate up."""
    found = get_object_or_404(TiltList.objects.visible_to(request.user, P.REVIEW_CARE), pk=pk)
    form = forms.CandidateForm(posted(request)[0], user=request.user)
    by = actor(request, P.REVIEW_CARE)
    return form_page(
        request, form, lambda typed: actions.put_up(by=by, tilt=found, **typed), title="添加人选", trail=[TILT, (str(found), found.get_absolute_url())],
        back=found.get_absolute_url(), done="已列入名单，乡村任教时间按历任岗位计算。", to=found,
    )  # fmt: skip


@needs(P.VIEW_TEACHER_PAY)
@require_GET
def pay(request):
    """Show a year's average pay of teachers beside civil servants'; each opening is logged."""
    years = queries.years_of_pay()
    asked = request.GET.get("year", "")
    year = int(asked) if asked.isascii() and asked.isdigit() and len(asked) == 4 else (years or [None])[0]
    rows = (
        queries.comparisons(TeacherPay.objects.visible_to(request.user, P.VIEW_TEACHER_PAY), year)
        if year
        else []
    )
    if rows:
        by = actor(request, P.VIEW_TEACHER_PAY)
        record_access(
            by,
            kind="reveal",
            subject=request.user,
            fields=f"{year} 年教师平均工资收入",
            reason="查看工资比较",
        )
    context = {
        "crumbs": crumbs(("工资比较", None)), "year": year, "rows": rows if any(r.teachers or r.civil_fen for r in rows) else [],
        "tabs": [{"text": f"{each} 年", "active": each == year, "url": f"?year={each}"} for each in years],
        "figures": CivilPay.objects.visible_to(request.user, P.VIEW_TEACHER_PAY).filter(year=year) if year else [],
        "may_enter": request.user.can(P.REVIEW_CARE),
    }  # fmt: skip
    response = render(request, "teachers/care/pay.html", context)
    add_never_cache_headers(response)
    return response


@needs(P.VIEW_TEACHER_PAY)
@require_http_methods(["GET", "HEAD", "POST"])
def civil_edit(request, pk=None):
    """Enter what civil servants were paid, with its source."""
    rows = CivilPay.objects.visible_to(request.user, P.VIEW_TEACHER_PAY)
    figure = get_object_or_404(rows, pk=pk) if pk else CivilPay()
    form = forms.CivilForm(posted(request)[0], figure=figure)

    def act(typed):
        for name, value in typed.items():
            setattr(figure, name, value)
        return pays.keep_civil(by=actor(request, P.VIEW_TEACHER_PAY), figure=figure)

    return form_page(
        request, form, act, title="公务员平均工资收入", trail=[PAY], back=url("pay"), done="已保存。", to=url("pay"),
    )  # fmt: skip


@needs(P.VIEW_TEACHER_PAY)
@require_http_methods(["GET", "HEAD", "POST"])
def teacher_pay_new(request):
    """Enter what one teacher was paid in a year; many come by import."""
    form = forms.PayOfTeacherForm(posted(request)[0], user=request.user, permission=P.VIEW_TEACHER_PAY)
    by = actor(request, P.VIEW_TEACHER_PAY)

    def act(typed):
        made = TeacherPay(
            teacher=typed["teacher"],
            title=typed["teacher"].title,
            year=typed["year"],
            total_fen=typed["total_fen"],
        )
        return pays.keep_pays(by=by, pays=[made])

    return form_page(
        request, form, act, title="登记教师全年工资收入", trail=[PAY], back=url("pay"), done="已登记；同一年度的以最后登记的为准。", to=url("pay"),
    )  # fmt: skip
