"""资金分配: drawn up, worked out, approved, handed down; on the page, on A4 and as a workbook."""

from io import BytesIO

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs, working_term
from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import option
from povertyedu.ui.numerals import yuan
from povertyedu.workbooks.ledger import LedgerColumn, LedgerSheet, Row, write_ledger
from povertyedu.workflow.flow import StepRefused
from subsidies.actions import allocating as actions
from subsidies.engine import STAGES
from subsidies.enums import AllocationState, Kind
from subsidies.factors import Factor
from subsidies.forms.allocations import AllocationForm, WeightsForm
from subsidies.forms.batches import ReasonForm
from subsidies.models import Allocation, AllocationShare, FundReceipt
from subsidies.queries.allocation import allocation_page
from subsidies.states import ALLOCATION_FLOW

from .funds import CRUMB, CRUMBS, tabs_of
from .payouts import XLSX

# What each step does, said before it is taken, and the words of its button.
STEPS = {
    "submit": ("提交后不能再改，由审批领导审批。", "提交审批"),
    "cancel": ("作废后不能恢复。", "作废"),
    "return": ("退回后由拟订人修改，再重新提交。", "退回修改"),
    "approve": ("审批同意后由另一人下达各校；到账的钱不够的，不能同意。", "审批同意"),
    "allocate": ("下达后各校的金额不再变动。", "下达各校"),
    "revoke": ("收回后这笔钱可以重新分配；已经给到学校的，另行追回。", "收回分配"),
}
BEFORE_APPROVAL = (AllocationState.DRAFT, AllocationState.SUBMITTED)
HERE = ("资金分配", "/subsidies/allocations/")


@needs(P.VIEW_FUNDS)
@require_GET
def allocations(request):
    """List the allocations, newest first."""
    seen = Allocation.objects.visible_to(request.user, P.VIEW_FUNDS)
    page, next_key = allocation_page(seen, after=request.GET.get("after", ""))
    context = {
        "crumbs": [*CRUMBS, CRUMB, ("资金分配", None)],
        "tabs": tabs_of("subsidies:allocations"),
        "allocations": page,
        "next_url": f"?after={next_key}" if next_key else "",
        "may_manage": request.user.can(P.MANAGE_FUNDS),
    }
    return render(request, "subsidies/allocations/list.html", context)


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def allocation_new(request):
    """Draw up an allocation of a source's money."""
    return _draw_up(request, None)


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def allocation_of(request, pk):
    """Draw up an allocation of one receipt."""
    receipts = FundReceipt.objects.visible_to(request.user, P.MANAGE_FUNDS)
    return _draw_up(request, get_object_or_404(receipts.select_related("term", "reversal"), pk=pk))


def _draw_up(request, receipt: FundReceipt | None):
    term = (receipt and receipt.term) or working_term(request)
    initial = {"term": term}
    if receipt:
        left = receipt.amount_fen - sum(each.amount_fen for each in receipt.allocations.live())
        initial |= {"amount": f"{left // 100}.{left % 100:02d}"} if left > 0 else {}
        named = list(receipt.programmes.all())
        if len(named) == 1 or all(programme.kind == Kind.CASH for programme in named):
            initial["programmes"] = [programme.pk for programme in named]
    form = AllocationForm(request.POST or None, receipt=receipt, initial=initial)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            made = actions.draw_up(
                by=actor(request, P.MANAGE_FUNDS), term=data["term"], source=receipt.source if receipt else data["source"],
                programmes=form.chosen, amount_fen=data["amount"], weights=form.weights, receipt=receipt, note=data["note"],
            )  # fmt: skip
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, f"已拟订 {made}，请核对各校金额后提交审批。")
            return redirect("subsidies:allocation", pk=made.pk)
    context = {
        "crumbs": [*CRUMBS, CRUMB, HERE, ("新的分配", None)],
        "form": form,
        "receipt": receipt,
        "back_url": reverse("subsidies:receipt", args=[receipt.pk]) if receipt else HERE[1],
    }
    return render(request, "subsidies/allocations/new.html", context, status=422 if form.errors else 200)


def _allocation(request, pk, permission=P.VIEW_FUNDS) -> Allocation:
    seen = Allocation.objects.visible_to(request.user, permission)
    return get_object_or_404(seen.select_related("term", "receipt", "policy"), pk=pk)


@needs(P.VIEW_FUNDS)
@require_GET
def allocation(request, pk):
    """Show an allocation with the arithmetic of every school."""
    found = _allocation(request, pk)
    shares = list(found.shares.select_related("school__area").order_by("school__area_id", "school__code"))
    names = _names(found)
    context = {
        "crumbs": [*CRUMBS, CRUMB, HERE, (found.number, None)],
        "allocation": found,
        "programmes": found.programmes.all(),
        "standards": [{**row, "of": _of(row, names)} for row in found.standards],
        "pools": _pools(found),
        "rows": [{"share": share, "poor": _poor(share, names), "factors": _factors(found, share)} for share in shares],
        "poor_children": sum(row["children"] for share in shares for row in share.poor),
        "counted_in": "人次" if names else "人",  # who is owed two of the programmes is counted under each
        "beyond": actions.beyond_receipts(found) if found.state in BEFORE_APPROVAL else "",
        "decisions": found.decisions.all(),
        "steps": ALLOCATION_FLOW.open_to(found.state, request.user.can),
        "may_edit": found.state == AllocationState.DRAFT and request.user.can(P.MANAGE_FUNDS),
    }  # fmt: skip
    return render(request, "subsidies/allocations/allocation.html", context)


def _pools(found: Allocation) -> list[dict]:
    return [{**pool, "label": Factor(pool["factor"]).label} for pool in found.pools]


def _names(found: Allocation) -> dict[str, str]:
    """Return the names of the programmes by code where there are several to tell apart."""
    names = {programme.pk: str(programme) for programme in found.programmes.all()}
    return names if len(names) > 1 else {}


def _of(row: dict, names: dict[str, str]) -> str:
    """Say what a row is of: 寄宿生生活补助小学. What was worked out over all programmes together names none."""
    return names.get(row.get("programme", ""), "") + STAGES.get(row["stage"], row["stage"])


def _poor(share: AllocationShare, names: dict[str, str]) -> str:
    """Write the first part as it was reckoned: 小学 12 人 × 500.00."""
    return "；".join(f"{_of(row, names)} {row['children']} 人 × {yuan(row['fen'])}" for row in share.poor)


def _factors(found: Allocation, share: AllocationShare) -> list[dict]:
    return [share.by_factor.get(pool["factor"], {"count": 0, "fen": 0}) for pool in found.pools]


@needs(P.MANAGE_FUNDS)
@require_http_methods(["GET", "POST"])
def allocation_edit(request, pk):
    """Change amount and weights of a draft and work it out again."""
    found = _allocation(request, pk, P.MANAGE_FUNDS)
    form = WeightsForm(request.POST or None, initial=WeightsForm.initial_of(found))
    if form.is_bound and form.is_valid():
        try:
            actions.work_out_again(
                by=actor(request, P.MANAGE_FUNDS), allocation=found, amount_fen=form.cleaned_data["amount"], weights=form.weights,
                note=form.cleaned_data["note"],
            )  # fmt: skip
        except StepRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, "已重新测算。")
            return redirect("subsidies:allocation", pk=found.pk)
    context = {
        "crumbs": [*CRUMBS, CRUMB, HERE, (found.number, reverse("subsidies:allocation", args=[pk])), ("修改", None)],
        "allocation": found,
        "form": form,
        "back_url": reverse("subsidies:allocation", args=[pk]),
    }  # fmt: skip
    return render(request, "subsidies/allocations/edit.html", context, status=422 if form.errors else 200)


@needs(P.MANAGE_FUNDS, P.APPROVE_ALLOCATION)
@require_http_methods(["GET", "POST"])
def allocation_step(request, pk, verb):
    """Ask before a step, with the amount in figures and capitals; a POST takes it."""
    if verb not in STEPS:
        raise Http404
    step = ALLOCATION_FLOW[verb]
    found = _allocation(request, pk)
    if not request.user.can(step.permission):
        raise PermissionDenied
    form = ReasonForm(request.POST or None) if step.needs_reason else None
    if request.method == "POST" and (form is None or form.is_valid()):
        reason = {"reason": form.cleaned_data["reason"]} if form else {}
        try:
            actions.take_step(by=actor(request, step.permission), allocation=found, verb=verb, **reason)
        except StepRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"{found}：“{step.label}”已办理。")
        return redirect("subsidies:allocation", pk=found.pk)
    text, button = STEPS[verb]
    context = {
        "crumbs": [*CRUMBS, CRUMB, HERE, (found.number, reverse("subsidies:allocation", args=[pk])), (step.label, None)],
        "allocation": found,
        "title": step.label,
        "text": text,
        "button": button,
        "danger": step.needs_reason,
        "form": form,
        "reasons": ["金额有误，请核对", "因素和权重需要调整", "人数与学校核对不符"],
    }  # fmt: skip
    return render(request, "subsidies/allocations/step.html", context, status=422 if form and form.errors else 200)  # fmt: skip


@needs(P.VIEW_FUNDS)
@require_GET
def allocation_export(request, pk):
    """Send an allocation as a workbook, ready to print."""
    found = _allocation(request, pk)
    out = BytesIO()
    pools = _pools(found)
    columns = [
        LedgerColumn("学校", width=26), LedgerColumn("乡镇", width=12), LedgerColumn("建档立卡人数 × 最高标准", width=36),
        LedgerColumn("首先分配", "money", width=15),
        *(
            column
            for pool in pools
            for column in (
                LedgerColumn(f"{pool['label']}（权重 {pool['weight']}）", "int", width=13, summed=True),
                LedgerColumn(f"{pool['label']}分配", "money", width=15),
            )
        ),
        LedgerColumn("因素法小计", "money", width=15), LedgerColumn("合计", "money", width=16),
    ]  # fmt: skip
    names = "、".join(str(programme) for programme in found.programmes.all())
    sheet = LedgerSheet(
        name="资金分配表", title=f"{found.get_source_display()}资金分配表（{found}，{found.get_state_display()}）", columns=columns,
        rows=_export_rows(found), unit_line=f"填报单位：{option('bureau_name')}　　学期：{found.term}　　项目：{names}",
        right_line="单位：元",
    )  # fmt: skip
    write_ledger(out, sheet)
    response = HttpResponse(out.getvalue(), content_type=XLSX)
    response.headers["Content-Disposition"] = content_disposition_header(True, f"资金分配-{found}.xlsx")
    return response


def _export_rows(found: Allocation):
    names = _names(found)
    shares = found.shares.select_related("school__area").order_by("school__area_id", "school__code")
    for share in shares:
        parts = [value for part in _factors(found, share) for value in (part["count"], part["fen"])]
        yield Row(
            [share.school.name, share.school.area.name, _poor(share, names), share.first_fen, *parts, share.rest_fen, share.amount_fen]
        )  # fmt: skip
