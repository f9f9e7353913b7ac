"""Verbs of money that a teacher gives back of an allowance no roll pays them any more."""

import datetime as dt
from collections.abc import Iterator

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.models import AllowanceRepayment, Teacher
from teachers.queries.allowance_balances import Balance, open_balances


@transaction.atomic
def repay(
    *, by: Actor, balance: Balance, amount_fen: int, on: dt.date, voucher: str
) -> list[AllowanceRepayment]:
    """Register ``amount_fen`` that came back, oldest month first; at most what no roll can keep back.

    What is open is asked anew under a lock of the teacher, so that two who register at once do not do it twice.
    """
    Teacher.objects.select_for_update(no_key=True).get(pk=balance.teacher.pk)
    now = next((b for b in open_balances({balance.school.pk}) if b.key == balance.key), None)
    left = now.stuck_fen if now else 0
    if not left:
        raise StepRefused("这位教师已经没有要退回的补助，请刷新后再看。")
    if not 0 < amount_fen <= left:
        raise StepRefused(f"要退回的是 {yuan(left)} 元，登记的金额要大于 0，不能超过它。")
    if on > today():
        raise StepRefused("到账日期不能晚于今天。")
    made = [
        AllowanceRepayment.objects.create(
            kind=now.kind, teacher=now.teacher, school=now.school, for_month=month, amount_fen=part, repaid_on=on, voucher=voucher,
            kept_by=by.name,
        )
        for month, part in _oldest_first(now, amount_fen)
    ]  # fmt: skip
    record(by, action="allowance.repay", subject=now.teacher, reason=voucher)
    return made


def _oldest_first(balance: Balance, fen: int) -> Iterator[tuple[dt.date, int]]:
    """Yield the part of ``fen`` that each month which was paid too much takes."""
    for month, open_fen in balance.months:
        part = min(max(-open_fen, 0), fen)
        if part:
            fen -= part
            yield month, part


@transaction.atomic
def reverse(*, by: Actor, repayment: AllowanceRepayment, reason: str) -> AllowanceRepayment:
    """Take a repayment back that was registered wrongly; both rows stay."""
    AllowanceRepayment.objects.select_for_update().get(pk=repayment.pk)
    if repayment.reverses_id or AllowanceRepayment.objects.filter(reverses=repayment).exists():
        raise StepRefused("这笔退回已经冲销，请刷新后再看。")
    made = AllowanceRepayment.objects.create(
        kind=repayment.kind, teacher=repayment.teacher, school=repayment.school, for_month=repayment.for_month,
        amount_fen=-repayment.amount_fen, repaid_on=today(), voucher=repayment.voucher, reason=reason, kept_by=by.name, reverses=repayment,
    )  # fmt: skip
    record(by, action="allowance.take_back_repayment", subject=repayment.teacher, reason=reason)
    return made
