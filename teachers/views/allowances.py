"""乡镇工作补贴 and 乡村教师生活补助: rates, monthly rolls, a school's sheet, the steps to the payout."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.ui.listing import Listing, handed_over
from povertyedu.workflow.flow import StepRefused
from teachers.actions import allowances as actions
from teachers.enums.allowances import AllowanceKind, RollState, SheetState
from teachers.forms.allowances import MonthForm, PayForm, RateForm
from teachers.forms.care import MaybeWhyForm, WhyForm
from teachers.models import AllowanceLine, AllowanceRate, AllowanceRoll, AllowanceSheet
from teachers.queries import allowances as queries
from teachers.queries.allowance_export import roll_workbook
from teachers.states.allowances import ROLL_FLOW, SHEET_FLOW

from .care import CARE, crumbs, form_page, log_amounts, log_of, posted, readable, url

TRAIL = ("教师补助", "/teachers/allowances/")
ROLL_STEPS = {
    "review": (MaybeWhyForm, actions.review), "send_back": (WhyForm, actions.send_back), "approve": (MaybeWhyForm, actions.approve),
    "pay": (PayForm, actions.pay),
}  # fmt: skip
FLOW = (("open", "学校确认"), ("reviewed", "县局审核"), ("approved", "审批"), ("paid", "发放"))


@needs(*CARE)
@require_GET
def allowances(request):
    """List the monthly rolls, newest first, with how far each is and what it comes to."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in AllowanceKind.values else ""
    every = readable(AllowanceRoll, request.user)
    rows = every.filter(kind=kind) if kind else every
    shown = Listing(request, ("kind",)).shown(rows)
    found = queries.with_progress(shown["rows"], readable(AllowanceSheet, request.user))
    context = {
        "crumbs": crumbs(("教师补助", None)),
        **shown,
        "rows": found,
        "tabs": [
            {"text": text, "active": kind == value, "url": f"?kind={value}"}
            for value, text in (("", "全部"), *AllowanceKind.choices)
        ],
        "has_rates": readable(AllowanceRate, request.user).exists(),
        "may_draw": request.user.can(P.REVIEW_CARE),
    }
    return render(request, "teachers/care/allowances.html", context)


@needs(P.REVIEW_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def roll_new(request):
    """Draw up a month's roll by hand, or again."""
    form = MonthForm(posted(request)[0])
    return form_page(
        request, form, lambda typed: actions.draw_up(by=actor(request, P.REVIEW_CARE), **typed), title="生成月度名单", trail=[TRAIL],
        back=url("allowances"), done="已按任职和标准测算，请各学校核对、确认。", button="生成",
        note="每月由系统自动生成上个月的名单；这里可以提前或重新测算，学校已确认的不变",
    )  # fmt: skip


@needs(*CARE)
@require_GET
def roll(request, pk):
    """Show one roll: its schools, sums, where it stands, the steps open to the reader."""
    found = get_object_or_404(readable(AllowanceRoll, request.user), pk=pk)
    sheets = readable(AllowanceSheet, request.user).filter(roll=found).select_related("school__area")
    sheets = list(queries.with_sums(sheets))
    names = [state for state, _ in FLOW]
    reached = names.index(found.state)
    seat = found.seats.filter(user_id=request.user.pk).first()
    lines = readable(AllowanceLine, request.user).filter(roll=found)
    context = {
        "crumbs": crumbs(TRAIL, (str(found), None)),
        "it": found,
        "sheets": sheets,
        "sums": queries.totals(sheets),
        "flow": [
            {"text": text, "state": "done" if n < reached or found.state == RollState.PAID else "doing" if n == reached else "todo"}
            for n, (_, text) in enumerate(FLOW)
        ],
        "steps": [
            {"text": step.label, "url": url("allowance_step", pk, step.verb), "main": step.verb != "send_back"}
            for step in ROLL_FLOW.open_to(found.state, request.user.can)
        ],
        "seat": seat,
        "returned": lines.filter(state="failed").select_related("teacher__person"),
        "may_draw": request.user.can(P.REVIEW_CARE) and found.state == RollState.OPEN,
        "may_export": request.user.can(P.PAY_CARE) and found.state in (RollState.APPROVED, RollState.PAID),
        "log": log_of(found),
    }  # fmt: skip
    return render(request, "teachers/care/roll.html", context)


@needs(P.REVIEW_CARE, P.APPROVE_CARE, P.PAY_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def roll_step(request, pk, verb):
    """Take one step of a roll on a page of its own."""
    if verb not in ROLL_STEPS:
        raise Http404
    transition, (form_class, action) = ROLL_FLOW[verb], ROLL_STEPS[verb]
    found = get_object_or_404(readable(AllowanceRoll, request.user), pk=pk)
    if not request.user.can(transition.permission):
        raise PermissionDenied
    sums = queries.totals(queries.with_sums(readable(AllowanceSheet, request.user).filter(roll=found)))
    by = actor(request, transition.permission)
    return form_page(
        request, form_class(posted(request)[0]), lambda typed: action(by=by, roll=found, **typed), title=f"{transition.label}：{found}",
        trail=[TRAIL, (str(found), found.get_absolute_url())], back=found.get_absolute_url(), done=f"已办理：{transition.label}。",
        button=transition.label, to=found, sums=sums,
    )  # fmt: skip


@needs(P.PAY_CARE)
@require_GET
def roll_export(request, pk):
    """Hand the payout list of an approved roll over, one row a teacher; the download is logged."""
    found = get_object_or_404(readable(AllowanceRoll, request.user, [P.PAY_CARE]), pk=pk)
    if found.state not in (RollState.APPROVED, RollState.PAID):
        raise Http404
    by = actor(request, P.PAY_CARE)
    record_access(by, kind="download", subject=found, fields="教师姓名、补助金额", reason="导出发放清单")
    return handed_over(roll_workbook(found, by=request.user.name), str(found))


def _sheet(request, pk, permissions=CARE) -> AllowanceSheet:
    rows = readable(AllowanceSheet, request.user, permissions).select_related("roll", "school__area")
    return get_object_or_404(rows, pk=pk)


@needs(*CARE)
@require_GET
def sheet(request, pk):
    """Show a school's sheet: who, how many days where, how much; what changed since; the next step. Each opening is logged."""
    found = _sheet(request, pk)
    log_amounts(request, found, "查看补助名单")
    lines = list(found.lines.select_related("teacher__person"))
    may_keep = (
        request.user.can(P.KEEP_CARE)
        and found.state != SheetState.CONFIRMED
        and found.roll.state == RollState.OPEN
    )
    steps = SHEET_FLOW.open_to(found.state, request.user.can) if found.roll.state == RollState.OPEN else []
    context = {
        "crumbs": crumbs(TRAIL, (str(found.roll), found.roll.get_absolute_url()), (found.school.name, None)),
        "it": found,
        "lines": lines,
        "sums": queries.totals(queries.with_sums(readable(AllowanceSheet, request.user).filter(pk=pk))),
        "changes": queries.differences(found),
        "steps": [
            {"text": step.label, "url": url("allowance_sheet_step", pk, step.verb), "main": step.verb == "confirm"} for step in steps
        ],
        "may_keep": may_keep,
        "may_fail": request.user.can(P.PAY_CARE) and found.roll.state == RollState.PAID,
        "log": log_of(found),
    }  # fmt: skip
    return render(request, "teachers/care/sheet.html", context)


@needs(P.KEEP_CARE)
@require_POST
def sheet_anew(request, pk):
    """Work the roll out again, so that this sheet is by present facts."""
    found = _sheet(request, pk, [P.KEEP_CARE])
    try:
        actions.draw_up(by=actor(request, P.KEEP_CARE), kind=found.roll.kind, month=found.roll.month)
        messages.success(request, "已重新测算。")
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    still = readable(AllowanceSheet, request.user).filter(pk=pk).exists()
    return redirect(found if still else found.roll)


@needs(P.KEEP_CARE, P.REVIEW_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet_step(request, pk, verb):
    """Confirm a sheet, or return it to its school."""
    if verb not in ("confirm", "return"):
        raise Http404
    step = SHEET_FLOW[verb]
    found = _sheet(request, pk, [step.permission] if request.user.can(step.permission) else CARE)
    if not request.user.can(step.permission):
        raise PermissionDenied
    by, form_class = actor(request, step.permission), WhyForm if verb == "return" else MaybeWhyForm

    def act(typed):
        if verb == "confirm":
            return actions.confirm(by=by, sheet=found)
        return actions.return_sheet(by=by, sheet=found, reason=typed["reason"])

    return form_page(
        request, form_class(posted(request)[0]), act, title=f"{step.label}：{found.school}", trail=[TRAIL, (str(found), found.get_absolute_url())],
        back=found.get_absolute_url(), done=f"已办理：{step.label}。", button=step.label, to=found,
        sums=queries.totals(queries.with_sums(readable(AllowanceSheet, request.user).filter(pk=pk))),
        note="确认以后名单上的金额固定；以后的变动在以后的月份补发或扣回" if verb == "confirm" else "",
    )  # fmt: skip


LINE_STEPS = {
    "hold": (P.KEEP_CARE, "暂缓", actions.hold), "release": (P.KEEP_CARE, "恢复", actions.release), "fail": (P.PAY_CARE, "登记退票", None),
}  # fmt: skip


@needs(P.KEEP_CARE, P.PAY_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def line_step(request, pk, teacher, verb):
    """Hold or release a teacher's lines on a sheet; after the payout, register that the bank returned them."""
    if verb not in LINE_STEPS:
        raise Http404
    permission, label, action = LINE_STEPS[verb]
    found = _sheet(request, pk, [permission] if request.user.can(permission) else CARE)
    if not request.user.can(permission):
        raise PermissionDenied
    on_it = readable(AllowanceLine, request.user, [permission]).filter(sheet=found, teacher=teacher)
    person = get_object_or_404(on_it.select_related("teacher__person")[:1]).teacher
    by = actor(request, permission)

    def act(typed):
        if action is None:
            return actions.fail(by=by, roll=found.roll, teacher=person, reason=typed["reason"])
        return action(by=by, sheet=found, teacher=person, reason=typed["reason"])

    return form_page(
        request, WhyForm(posted(request)[0]), act, title=f"{label}：{person}", trail=[TRAIL, (str(found), found.get_absolute_url())],
        back=found.get_absolute_url(), done=f"已办理：{label}。", button=label, to=found,
    )  # fmt: skip


@needs(*CARE)
@require_GET
def rates(request):
    """List the rates by allowance and tier, newest first, each with its document."""
    rows = readable(AllowanceRate, request.user).select_related("scan")
    context = {
        "crumbs": crumbs(TRAIL, ("补助标准", None)), "rows": rows, "may_edit": request.user.can(P.REVIEW_CARE),
    }  # fmt: skip
    return render(request, "teachers/care/rates.html", context)


@needs(P.REVIEW_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def rate_edit(request, pk=None):
    """Add a rate from a month on, or correct one."""
    rate = (
        get_object_or_404(readable(AllowanceRate, request.user, [P.REVIEW_CARE]), pk=pk)
        if pk
        else AllowanceRate()
    )
    form = RateForm(*posted(request), rate=rate)

    def act(typed):
        upload = typed.pop("scan")
        for name, value in typed.items():
            setattr(rate, name, value)
        by = actor(request, P.REVIEW_CARE)
        return actions.keep_rate(by=by, rate=rate, upload=upload, account=request.user)

    return form_page(
        request, form, act, title="更正标准" if pk else "新增标准", trail=[TRAIL, ("补助标准", url("allowance_rates"))], back=url("allowance_rates"),
        done="已保存。已发放月份的差额在下一份名单补发或扣回。", to=url("allowance_rates"),
    )  # fmt: skip


@needs(*CARE)
@require_GET
def rate_scan(request, pk):
    """Send the document a rate cites."""
    rate = get_object_or_404(readable(AllowanceRate, request.user).select_related("scan"), pk=pk)
    if not rate.scan or not rate.scan.path.exists():
        raise Http404("没有这份文件。")
    response = StreamingHttpResponse(rate.scan.chunks(), content_type="application/octet-stream")
    response["Content-Length"] = rate.scan.size
    response["Content-Disposition"] = content_disposition_header(True, rate.scan.name)
    response["Cache-Control"] = "no-store"
    return response
