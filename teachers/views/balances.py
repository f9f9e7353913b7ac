"""Allowances that are not settled, and what teachers gave back of them."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from povertyedu.accounts.access import actor, needs
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.ui.numerals import yuan
from teachers.actions import repayments as actions
from teachers.forms.allowances import RepayForm
from teachers.forms.care import WhyForm
from teachers.models import AllowanceRepayment
from teachers.queries.allowance_balances import open_balances

from .care import CARE, crumbs, form_page, log_amounts, posted, readable, url

TRAIL = [("教师补助", "/teachers/allowances/"), ("没有结清的补助", "/teachers/allowances/open/")]


def _schools(user, permissions) -> set[int]:
    return {
        pk
        for permission in permissions
        if user.can(permission)
        for pk in School.objects.visible_to(user, permission).values_list("pk", flat=True)
    }


@needs(*CARE)
@require_GET
def balances(request):
    """Show what is not settled of the last twelve months, what no roll can keep back any more, and what came back; each opening is logged."""
    rows = open_balances(_schools(request.user, CARE))
    repaid = readable(AllowanceRepayment, request.user).select_related("teacher__person", "school")
    repaid = list(repaid.select_related("reversed_by")[:200])
    if rows or repaid:
        log_amounts(request, request.user, "查看没有结清的补助")
    context = {
        "crumbs": crumbs(TRAIL[0], (TRAIL[1][0], None)), "rows": rows, "repaid": repaid, "as_of": f"数据截至 {today()}",
        "may_repay": request.user.can(P.PAY_CARE),
        "sums": {
            "owed": sum(row.owed_fen for row in rows), "overpaid": sum(row.overpaid_fen for row in rows),
            "stuck": sum(row.stuck_fen for row in rows),
        },
    }  # fmt: skip
    return render(request, "teachers/care/balances.html", context)


@needs(P.PAY_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def repay(request, teacher, kind):
    """Register what a teacher gave back whom no roll pays any more."""
    rows = open_balances(_schools(request.user, [P.PAY_CARE]))
    balance = next((row for row in rows if row.key == (teacher, kind) and row.is_stuck), None)
    if balance is None:
        raise Http404
    log_amounts(request, balance.teacher, "登记补助退回")
    by = actor(request, P.PAY_CARE)
    facts = [
        ("教师", f"{balance.teacher}，{balance.school}"), ("补助", balance.label),
        ("多发的月份", "；".join(f"{month:%Y-%m} {yuan(-fen)} 元" for month, fen in balance.months if fen < 0)),
        ("要退回", f"{yuan(balance.stuck_fen)} 元"),
    ]  # fmt: skip
    return form_page(
        request, RepayForm(posted(request)[0], initial={"amount_fen": yuan(balance.stuck_fen).replace(",", ""), "on": today()}),
        lambda typed: actions.repay(by=by, balance=balance, **typed), title=f"登记退回：{balance.teacher.name}", trail=TRAIL,
        back=url("allowance_balances"), to=url("allowance_balances"), done="已登记退回。", button="登记退回", facts=facts,
    )  # fmt: skip


@needs(P.PAY_CARE)
@require_http_methods(["GET", "HEAD", "POST"])
def repay_reverse(request, pk):
    """Take back a repayment that was registered wrongly."""
    found = get_object_or_404(readable(AllowanceRepayment, request.user, [P.PAY_CARE]), pk=pk)
    by = actor(request, P.PAY_CARE)
    return form_page(
        request, WhyForm(posted(request)[0]), lambda typed: actions.reverse(by=by, repayment=found, **typed), title="冲销退回登记", trail=TRAIL,
        back=url("allowance_balances"), to=url("allowance_balances"), done="已冲销，原来的登记保留。", button="冲销",
        facts=[("教师", str(found.teacher)), ("月份", f"{found.for_month:%Y-%m}"), ("金额", f"{yuan(found.amount_fen)} 元"), ("凭证号", found.voucher)],
    )  # fmt: skip
