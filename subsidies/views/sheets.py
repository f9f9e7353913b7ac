"""A school's sheet and the queue of lines: who looks at whom, and what may be done to single rows."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import batches as actions
from subsidies.actions import lines as line_actions
from subsidies.actions import publicising
from subsidies.enums import OWN, BatchStage, BatchState, LineState
from subsidies.forms.batches import LineFilterForm, ReasonForm
from subsidies.models import Batch, Line, SchoolSheet
from subsidies.queries import batches as queries
from subsidies.queries.pages import whole
from subsidies.states import SHEET_FLOW

from .batches import CRUMB, HOME, flow_of, strip_of

REASONS = ["学籍信息与名单不符", "缺少佐证材料", "银行卡户名不符", "已转学或休学"]
# verb of a sheet -> (action, what it does, button)
STEPS = {
    "submit": (
        actions.submit_sheet,
        "报送后由中心学校审核，本校不能再改；金额以报送时的应享为准。",
        "报送中心学校",
    ),
    "submit_to_office": (
        actions.submit_sheet,
        "报送后由资助中心审核，本校不能再改；金额以报送时的应享为准。",
        "报送资助中心",
    ),
    "review": (actions.review_sheet, "审核同意后转资助中心。", "审核同意"),
    "return_by_centre": (actions.return_sheet, "退回后由学校修改，再重新报送。", "退回学校"),
    "return_by_office": (actions.return_sheet, "退回后由学校修改，再重新报送。", "退回学校"),
}


def _sheet(request, pk, permission=P.VIEW_SUBSIDIES) -> SchoolSheet:
    seen = SchoolSheet.objects.visible_to(request.user, permission)
    return get_object_or_404(seen.select_related("school", "batch__term"), pk=pk)


def _steps(user, sheet: SchoolSheet):
    """Return the steps ``user`` may take with this very sheet now."""
    if sheet.batch.state != BatchState.OPEN:
        return []
    other = "submit_to_office" if sheet.school.centre_id else "submit"
    return [
        step
        for step in SHEET_FLOW.open_to(sheet.state, user.can)
        if step.verb in STEPS
        and step.verb != other
        and SchoolSheet.objects.visible_to(user, step.permission).filter(pk=sheet.pk).exists()
    ]


@needs(P.VIEW_SUBSIDIES)
@require_http_methods(["GET", "POST"])
def sheet(request, pk):
    """Show one school's children in a batch: the queue of its clerk and of the centre school; a POST is its filter."""
    found = _sheet(request, pk)
    if request.method == "POST":
        return redirect(f"{request.path}?{LineFilterForm.address_of(request.POST)}")
    lines = found.lines.visible_to(request.user, P.VIEW_SUBSIDIES)
    may_hold = found.batch.state == BatchState.OPEN and (
        request.user.can(P.APPROVE_OFFICE) or (request.user.can(P.SUBMIT_SHEET) and found.state in OWN)
    )
    context = {
        "crumbs": [HOME, CRUMB, (found.batch.number, reverse("subsidies:batch", args=[found.batch_id])), (found.school.name, None)],
        "sheet": found,
        "title": found.school.name,
        "steps": _steps(request.user, found),
        "decisions": found.decisions.all(),
        "may_hold": may_hold,
        "one_school": True,
    }  # fmt: skip
    return _queue(request, found.batch, lines, context)


@needs(P.VIEW_SUBSIDIES)
@require_http_methods(["GET", "POST"])
def batch_lines(request, pk):
    """Show the children of a batch across schools: the queue of the aid office and the approver; a POST is its filter."""
    found = get_object_or_404(
        Batch.objects.visible_to(request.user, P.VIEW_SUBSIDIES).select_related("term"), pk=pk
    )
    if request.method == "POST":
        return redirect(f"{request.path}?{LineFilterForm.address_of(request.POST)}")
    lines = found.lines.visible_to(request.user, P.VIEW_SUBSIDIES)
    context = {
        "crumbs": [HOME, CRUMB, (found.number, reverse("subsidies:batch", args=[pk])), ("学生名单", None)],
        "title": "发放审批" if request.user.can(P.APPROVE_OFFICE) or request.user.can(P.APPROVE_FINAL) else "学生名单",
        "may_hold": request.user.can(P.APPROVE_OFFICE) and found.state != BatchState.ARCHIVED,
        "may_approve": (found.state == BatchState.OPEN and request.user.can(P.APPROVE_OFFICE) and "approve_office")
        or (found.state == BatchState.OFFICE_APPROVED and request.user.can(P.APPROVE_FINAL) and "approve_final"),
        "may_return": found.state == BatchState.OFFICE_APPROVED and request.user.can(P.APPROVE_FINAL),
        "one_school": False,
    }  # fmt: skip
    return _queue(request, found, lines, context)


def _queue(request, batch: Batch, lines, context: dict):
    """Render a queue of ``lines``: figures, filter, one page of rows (all when printed), sticky bar."""
    form = LineFilterForm(request.GET, lines=lines, one_school=context["one_school"])
    everything = "print" in request.GET
    matching = form.narrow(lines)
    rows, next_key = queries.line_page(matching, after=request.GET.get("after", ""), everything=everything)
    query = request.GET.copy()
    query.pop("after", None)
    kept = query.urlencode()
    query["after"] = next_key
    figures = queries.figures_of(lines)
    pickable = matching.listed().totals()
    context |= {
        "batch": batch,
        "figures": strip_of(figures),
        "totals": queries.figures_of(matching) if everything else figures,  # the foot of what is printed
        "flow": flow_of(batch),
        "filter_form": form,
        "applied": form.applied,
        "rows": rows,
        "everything": everything,
        "total_text": f"共 {figures['lines']:,} 条",
        "next_url": f"?{query.urlencode()}" if next_key else "",
        "print_url": f"?{kept}{'&' if kept else ''}print=1",
        "hold_url": f"{reverse('subsidies:lines_hold', args=[batch.pk])}?{_with_sheet(kept, context)}",
        "pickable": pickable,
        "pickable_text": f"全部 {pickable['count']} 条核验一致的记录",
        "tabs": _tabs(request, figures),
    }
    return render(request, "subsidies/batch_lines.html", context)


def _with_sheet(query: str, context: dict) -> str:
    """Return the filter's query, tied to the sheet when the queue is one school's."""
    return f"{query}&sheet={context['sheet'].pk}" if context["one_school"] else query


def _tabs(request, figures: dict) -> list[dict]:
    """Return the views of the queue: everyone, in order, to be looked at."""
    check = request.GET.get("check", "")
    tabs = [("", "全部", figures["students"], False), ("listed", "核验一致", figures["good"], False), ("held", "需关注", figures["attention"], True)]  # fmt: skip
    return [
        {"text": text, "url": f"?check={key}" if key else "?", "active": check == key, "count": f"{count:,}", "bad": bad and count}
        for key, text, count, bad in tabs
    ]  # fmt: skip


@needs(P.SUBMIT_SHEET, P.REVIEW_SHEET, P.APPROVE_OFFICE)
@require_http_methods(["GET", "POST"])
def sheet_step(request, pk, verb):
    """Ask before a step of a sheet; a POST takes it."""
    if verb not in STEPS:
        raise Http404
    transition = SHEET_FLOW[verb]
    found = _sheet(request, pk)
    if not request.user.can(transition.permission):
        raise PermissionDenied
    _sheet(request, pk, transition.permission)
    act, text, button = STEPS[verb]
    form = ReasonForm(request.POST or None) if transition.needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            reason = {"reason": form.cleaned_data["reason"]} if form else {}
            act(by=actor(request, transition.permission), sheet=found, **reason)
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{found.school}：“{transition.label}”已办理。")
        return redirect("subsidies:sheet", pk=found.pk)
    context = {
        "crumbs": [HOME, CRUMB, (found.batch.number, reverse("subsidies:batch", args=[found.batch_id])), (found.school.name, reverse("subsidies:sheet", args=[pk])), (transition.label, None)],
        "sheet": found,
        "title": transition.label,
        "text": text,
        "button": button,
        "danger": transition.needs_reason,
        "listed": found.lines.listed().totals(),
        "held": found.lines.held().totals(),
        "form": form,
        "reasons": REASONS,
    }  # fmt: skip
    return render(request, "subsidies/sheet_step.html", context, status=422 if form and form.errors else 200)


@needs(P.PUBLISH)
@require_http_methods(["GET", "POST"])
def republish(request, pk):
    """Ask why, then show a school's changed list again for the whole period."""
    found = _sheet(request, pk, P.PUBLISH)
    form = ReasonForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            publicising.republish(
                by=actor(request, P.PUBLISH), batch=found.batch, school=found.school, reason=form.cleaned_data["reason"]
            )  # fmt: skip
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{found.school} 的名单已重新公示，公示期重新计算。")
        return redirect("subsidies:batch", pk=found.batch_id)
    context = {
        "crumbs": [HOME, CRUMB, (found.batch.number, reverse("subsidies:batch", args=[found.batch_id])), ("重新公示", None)],
        "sheet": found,
        "title": "变更名单重新公示",
        "text": "原公示立即撤下，按现在的名单重新公示，公示期从头计算；期满前整批不能发放。",
        "button": "重新公示",
        "listed": found.lines.listed().totals(),
        "held": found.lines.held().totals(),
        "form": form,
        "reasons": ["更正姓名、班级", "异议处理后名单变更"],
    }  # fmt: skip
    return render(request, "subsidies/sheet_step.html", context, status=422 if form.errors else 200)


def _may_change(request, batch: Batch):
    """Return (permission, stage, lines) of whoever changes single lines: the aid office any, a clerk those of an own open sheet."""
    if request.user.can(P.APPROVE_OFFICE):
        return P.APPROVE_OFFICE, BatchStage.OFFICE, batch.lines.visible_to(request.user, P.APPROVE_OFFICE)
    lines = batch.lines.visible_to(request.user, P.SUBMIT_SHEET)
    return P.SUBMIT_SHEET, BatchStage.CLERK, lines.filter(sheet__state__in=OWN)


def _chosen(request, lines):
    """Return the listed ones of ``lines`` that were ticked, or all that match the filter in the address."""
    if request.POST.get("all_matching") != "1":
        picked = [key for value in request.POST.getlist("line") if (key := whole(value)) is not None]
        return lines.filter(pk__in=picked).listed()
    sheet = whole(request.GET.get("sheet", ""))
    if sheet is not None:
        lines = lines.filter(sheet=sheet)
    return LineFilterForm(request.GET, lines=lines, one_school=sheet is not None).narrow(lines).listed()


@needs(P.APPROVE_OFFICE, P.SUBMIT_SHEET)
@require_POST
def lines_hold(request, pk):
    """Hold the ticked rows, or all that match the filter: first asks for the reason, then does it."""
    found = get_object_or_404(Batch.objects.visible_to(request.user, P.VIEW_SUBSIDIES), pk=pk)
    permission, stage, lines = _may_change(request, found)
    chosen = _chosen(request, lines)
    sheet = whole(request.GET.get("sheet", ""))
    back = (
        reverse("subsidies:batch_lines", args=[pk])
        if sheet is None
        else reverse("subsidies:sheet", args=[sheet])
    )
    totals = chosen.totals()
    if not totals["count"]:
        messages.error(request, "没有选中可暂缓的学生，请先在名单上勾选。")
        return redirect(back)
    form = ReasonForm(request.POST if "reason" in request.POST else None)
    if form.is_bound and form.is_valid():
        try:
            held = line_actions.hold_lines(
                by=actor(request, permission), batch=found, lines=chosen, reason=form.cleaned_data["reason"], stage=stage
            )  # fmt: skip
            messages.success(request, f"已暂缓 {held} 条，名单上其他人照常办理。")
        except StepRefused as refused:
            messages.error(request, str(refused))
        return redirect(back)
    context = {
        "crumbs": [HOME, CRUMB, (found.number, reverse("subsidies:batch", args=[pk])), ("暂缓", None)],
        "totals": totals,
        "form": form,
        "reasons": REASONS,
        "picked": request.POST.getlist("line"),
        "everyone": request.POST.get("all_matching") == "1",
        "back": back,
        "action": request.get_full_path(),
    }
    return render(request, "subsidies/lines_hold.html", context, status=422 if form.errors else 200)


@needs(P.VIEW_SUBSIDIES)
@require_GET
def line(request, pk):
    """Show one line: the child, the money, the account, why it waits, and what may be done."""
    return _line_page(request, _line(request, pk))


def _line(request, pk) -> Line:
    seen = Line.objects.visible_to(request.user, P.VIEW_SUBSIDIES)
    return get_object_or_404(
        seen.select_related("batch__term", "student", "programme", "sheet", "term"), pk=pk
    )


def _line_page(request, found: Line, form=None):
    changes = request.user.can(P.APPROVE_OFFICE) or request.user.can(P.SUBMIT_SHEET)
    may = changes and _may_change(request, found.batch)[2].filter(pk=found.pk).exists()
    context = {
        "crumbs": [HOME, CRUMB, (found.batch.number, reverse("subsidies:batch", args=[found.batch_id])), (found.student_name, None)],
        "line": found,
        "form": form or ReasonForm(),
        "may_release": may and found.state == LineState.HELD,
        "may_remove": may and request.user.can(P.APPROVE_OFFICE) and found.state in (LineState.HELD, LineState.LISTED),
        "reasons": ["已核对无误", "已补录银行账户", "不再符合条件", "转下一批发放"],
        "account_tail": found.account_number[-4:],
        "holder_relation": queries.holder_relation(found),
    }  # fmt: skip
    return render(request, "subsidies/line.html", context, status=422 if form else 200)


@needs(P.APPROVE_OFFICE, P.SUBMIT_SHEET)
@require_POST
def line_decide(request, pk):
    """Release or remove one line, for a reason; flagged rows are dealt with one by one."""
    found = _line(request, pk)
    permission, stage, lines = _may_change(request, found.batch)
    get_object_or_404(lines, pk=pk)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _line_page(request, found, form)
    by, reason = actor(request, permission), form.cleaned_data["reason"]
    remove = request.POST.get("decision") == "remove"
    if remove and not request.user.can(P.APPROVE_OFFICE):
        raise PermissionDenied
    try:
        if remove:
            line_actions.remove_line(by=by, line=found, reason=reason)
            messages.success(request, f"{found.student_name} 已移出本批，资金恢复为待发。")
        else:
            line_actions.release_line(by=by, line=found, reason=reason, stage=stage)
            messages.success(request, f"{found.student_name} 已放行。")
    except StepRefused as refused:
        messages.error(request, str(refused))
    return redirect("subsidies:line", pk=pk)
