"""Terms, and the working calendar that publicity and deadlines count by."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.tasks import start
from povertyedu.office import queries
from povertyedu.office.actions import calendar as actions
from povertyedu.office.actions.records import remove, store
from povertyedu.office.forms.settings import DayForm, NewTermForm, ReopenForm, TermForm
from povertyedu.orgs.calendar import today
from povertyedu.workflow.attempt import attempt


@needs(P.MANAGE_ORGS)
def terms(request):
    form = NewTermForm(request.POST or None, initial={"year": today().year})
    if request.method == "POST" and form.is_valid():
        term = attempt(form, actions.open_term, code=form.code, by=actor(request, P.MANAGE_ORGS))
        if term:
            messages.success(request, f"已新增“{term}”，请核对起止日期和供餐天数。")
            return redirect("office:term_edit", term.pk)
    context = {"form": form, "terms": queries.terms(), "crumbs": [("系统管理", None), ("学期校历", None)]}
    return render(request, "office/terms.html", context)


@needs(P.MANAGE_ORGS)
def term_edit(request, code):
    term = get_object_or_404(queries.terms(), pk=code)
    form = TermForm(request.POST or None, instance=term)
    if request.method == "POST" and form.is_valid():
        saved = attempt(form, actions.save_term, term=form.instance, by=actor(request, P.MANAGE_ORGS))
        if saved:
            messages.success(request, f"已保存“{term}”。")
            return redirect("office:terms")
    back = reverse("office:terms")
    crumbs = [("学期校历", back), (str(term), None)]
    context = {"form": form, "title": str(term), "back_url": back, "crumbs": crumbs}
    return render(request, "office/form.html", context)


@needs(P.MANAGE_ORGS)
@require_POST
def term_close(request, code):
    term = get_object_or_404(queries.terms(), pk=code)
    try:
        actions.close_term(term=term, by=actor(request, P.MANAGE_ORGS))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        start(
            "subsidies.freeze_ledger",
            label=f"{term} 关账台账",
            by=request.user,
            url=reverse("office:terms"),
            arguments={"term": term.pk},
        )
        messages.success(request, f"“{term}”已关闭，学籍不再改动。")
    return redirect("office:terms")


@needs(P.MANAGE_ORGS)
def term_reopen(request, code):
    """Ask why, then open a closed term again."""
    term = get_object_or_404(queries.terms(), pk=code)
    form = ReopenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        by = actor(request, P.MANAGE_ORGS)
        if attempt(form, actions.reopen_term, term=term, by=by, reason=form.cleaned_data["reason"]):
            messages.success(request, f"“{term}”已重新打开；办完请及时关闭。")
            return redirect("office:terms")
    context = {
        "form": form, "title": f"重新打开{term}", "note": "打开后学校可以改动这个学期的学籍", "button": "重新打开",
        "back_url": reverse("office:terms"), "crumbs": [("学期校历", reverse("office:terms")), ("重新打开", None)],
    }  # fmt: skip
    return render(request, "office/form.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_ORGS)
def calendar(request):
    """The days of one year that are not what their weekday says, with a form for one more."""
    year = _year(request)
    form = DayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        day = attempt(form, store, row=form.instance, by=actor(request, P.MANAGE_ORGS))
        if day:
            messages.success(request, f"已登记 {day.date:%Y-%m-%d}。")
            return redirect(f"{reverse('office:calendar')}?year={day.date.year}")
    context = {
        "form": form,
        "days": queries.days_of(year),
        "year": year,
        "known": year in actions.years_known(),
        "crumbs": [("学期校历", reverse("office:terms")), (f"{year} 年校历", None)],
    }
    return render(request, "office/calendar.html", context)


@needs(P.MANAGE_ORGS)
@require_POST
def calendar_load(request):
    year = _year(request)
    try:
        count = actions.load_public_holidays(year=year, by=actor(request, P.MANAGE_ORGS))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, f"已载入 {year} 年国家节假日 {count} 天；本县已登记的日子没有改动。")
    return redirect(f"{reverse('office:calendar')}?year={year}")


@needs(P.MANAGE_ORGS)
@require_POST
def day_delete(request, date):
    day = get_object_or_404(queries.days_of(date.year), pk=date)
    remove(day, by=actor(request, P.MANAGE_ORGS))
    messages.success(request, f"已删除 {date:%Y-%m-%d} 的安排，这一天按星期几算。")
    return redirect(f"{reverse('office:calendar')}?year={date.year}")


def _year(request) -> int:
    """Return the year the address or the form asks for; this year when it asks for none that can be."""
    text = request.POST.get("year") or request.GET.get("year") or ""
    usual = text.isascii() and text.isdigit() and len(text) == 4 and text >= "2000"
    return int(text) if usual else today().year
