"""What needs another person: transfers between sources, changes of contract, excess over budget or contract."""

import datetime as dt
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.timezone import localdate

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import EntryKind, MilestoneKind, PlanField, ProjectState, RequestKind
from projects.models import (
    Contract,
    ContractPart,
    FundLine,
    FundRequest,
    Milestone,
    PlanChange,
    Project,
    RequestDecision,
)
from projects.states import REQUEST_FLOW

from .funds import book

NOT_APPROVED = "没有批准；请办理“不批准”，由申请人按现在的数重新申请。"


@transaction.atomic
def ask(
    *, by: Actor, project: Project, kind: str, reason: str, amount_fen: int = 0, days: int = 0, line: FundLine | None = None,
    to_project: Project | None = None, to_source: str = "", part: ContractPart | None = None,
) -> FundRequest:  # fmt: skip
    """Ask another person for what money may not do by itself; nothing is booked before it is approved."""
    if not reason.strip():
        raise StepRefused("申请必须填写理由。")
    if by.id is None:
        raise StepRefused("申请要由本人办理。")
    line = _locked([part.line_id if part else line.pk])[0]
    part = part and ContractPart.objects.select_related("contract").get(pk=part.pk)
    target = None
    if kind == RequestKind.TRANSFER:
        to_project = to_project or project
        if to_project.state == ProjectState.CANCELLED:
            raise StepRefused("调入的项目已取消。")
        target, _ = FundLine.objects.get_or_create(project=to_project, source=to_source)
    request = FundRequest(
        project=project, kind=kind, line=line, to_line=target, part=part, amount_fen=amount_fen,
        days=days, reason=reason.strip()[:500], asked_by_id=by.id, asked_by=by.name,
    )  # fmt: skip
    if target and target.pk == request.line_id:
        raise StepRefused("调出和调入是同一笔资金，请重新选择。")
    LIMITS[RequestKind(kind)](request, line)
    _refuse_twice(request)
    request.save()
    RequestDecision.append(
        request, step=REQUEST_FLOW["ask"], old="", by=by, reason=request.reason, at=timezone.now()
    )
    record(
        by, action="project_request.ask", subject=project, changes={kind: [None, amount_fen]}, reason=reason
    )
    _tell(
        P.APPROVE_PROJECTS,
        request,
        f"待审批：{project.name}，{request.get_kind_display()} {yuan(amount_fen)} 元",
        "warn",
    )
    return request


def _refuse_twice(request: FundRequest) -> None:
    if same := FundRequest.objects.to_decide().like(request).first():
        raise StepRefused(
            f"同样的申请（{same.get_kind_display()} {yuan(same.amount_fen)} 元，{same.asked_by} {localdate(same.asked_at)} 提出）还在待审批，"
            "没有重复申请；要改的，请先撤回。"
        )


@transaction.atomic
def approve(*, by: Actor, request: FundRequest, reason: str = "") -> FundRequest:
    """Approve as another person than who asked, and book what follows; refused when the money is no longer there."""
    locked = FundRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if by.id is None or locked.asked_by_id == by.id:
        raise StepRefused("审批人不能是申请人，请由另一人审批。")
    advance(locked, REQUEST_FLOW, "approve", by=by, reason=reason, decided_by_id=by.id)
    lines = {line.pk: line for line in _locked([locked.line_id, locked.to_line_id])}
    try:
        LIMITS[RequestKind(locked.kind)](locked, lines[locked.line_id])
    except StepRefused as refusal:
        raise StepRefused(f"{refusal}{NOT_APPROVED}") from refusal
    try:
        with transaction.atomic():
            CARRIED_OUT[RequestKind(locked.kind)](locked, lines, by)
    except IntegrityError as short:
        raise StepRefused(f"资金已不够或合同已有变动。{NOT_APPROVED}") from short
    _tell_asker(locked, f"已批准：{locked.project.name}，{locked.get_kind_display()}", "ok")
    return locked


@transaction.atomic
def refuse(*, by: Actor, request: FundRequest, reason: str) -> FundRequest:
    """Refuse, for a reason; nothing is booked."""
    advance(request, REQUEST_FLOW, "refuse", by=by, reason=reason, decided_by_id=by.id)
    _tell_asker(request, f"未批准：{request.project.name}，{request.get_kind_display()}。{reason}", "warn")
    return request


@transaction.atomic
def withdraw(*, by: Actor, request: FundRequest, reason: str = "") -> FundRequest:
    """Take back one's own request before it is decided."""
    if request.asked_by_id != by.id:
        raise StepRefused("只有申请人本人可以撤回。")
    advance(request, REQUEST_FLOW, "withdraw", by=by, reason=reason)
    return request


def _locked(keys: Iterable[int | None]) -> list[FundLine]:
    rows = FundLine.objects.select_for_update(no_key=True, of=("self",)).select_related("project")
    return list(rows.filter(pk__in=[key for key in keys if key]).order_by("pk"))


def _refuse_unmovable(request: FundRequest, line: FundLine) -> None:
    if request.amount_fen > line.movable_fen:
        raise StepRefused(
            f"{line.project.name}的{line.get_source_display()}没有签约、没有支付的只有 {yuan(line.movable_fen)} 元，不够调出 {yuan(request.amount_fen)} 元。"
        )


def _refuse_unchangeable(request: FundRequest, line: FundLine) -> None:
    if request.amount_fen > line.free_fen:
        raise StepRefused(
            f"{line.get_source_display()}还能签约 {yuan(line.free_fen)} 元，不够增加 {yuan(request.amount_fen)} 元；请先调剂资金或申请超预算签约。"
        )
    part, less = request.part, -request.amount_fen
    most = min(part.contracted_fen, part.left_fen)
    if less > most:
        raise StepRefused(
            f"合同 {part.contract.number} 由{line.get_source_display()}承担 {yuan(part.contracted_fen)} 元，已支付 {yuan(part.paid_fen)} 元，"
            f"最多减少 {yuan(most)} 元，这里要减少 {yuan(less)} 元。"
        )


def _refuse_used(request: FundRequest, line: FundLine) -> None:
    """An excess is taken back as far as it was not used."""
    of_contract = request.kind == RequestKind.OVER_CONTRACT
    approved, left = (
        (line.over_contract_fen, line.free_fen)
        if of_contract
        else (request.part.over_pay_fen, request.part.left_fen)
    )
    unused, less = min(approved, left), -request.amount_fen
    if less > unused:
        raise StepRefused(
            f"批准的超额 {yuan(approved)} 元，没有用的 {yuan(unused)} 元，不能减少 {yuan(less)} 元。"
        )


def _transfer(request: FundRequest, lines: dict, by: Actor) -> None:
    """Move budget, and of what came in as much as the source can no longer hold; what is spent stays with its source."""
    out, into = lines[request.line_id], lines[request.to_line_id]
    more = {"by": by, "on": today(), "document": f"调剂申请 {request.pk}", "request": request}
    moved = max(0, out.arrived_fen - (out.budget_fen - request.amount_fen))
    book(line=into, kind=EntryKind.BUDGET, amount_fen=request.amount_fen, **more)
    if moved:
        book(line=out, kind=EntryKind.ARRIVAL, amount_fen=-moved, **more)
        book(line=into, kind=EntryKind.ARRIVAL, amount_fen=moved, **more)
    book(line=out, kind=EntryKind.BUDGET, amount_fen=-request.amount_fen, **more)


def _change(request: FundRequest, lines: dict, by: Actor) -> None:
    """Change a contract's amount within its source, and its time."""
    line = lines[request.line_id]
    if request.amount_fen:
        book(
            by=by, line=line, part=request.part, kind=EntryKind.CONTRACT, amount_fen=request.amount_fen, on=today(),
            document=f"变更申请 {request.pk}", request=request,
        )  # fmt: skip
    if request.days:
        _postpone(request, by)


def _postpone(request: FundRequest, by: Actor) -> None:
    contract, days = request.part.contract, dt.timedelta(days=request.days)
    if contract.due_on:
        Contract.objects.filter(pk=contract.pk).update(due_on=contract.due_on + days)
    project = request.project
    if project.due_on:
        due_on = project.due_on + days
        Project.objects.filter(pk=project.pk).update(due_on=due_on)
        finish = Milestone.objects.filter(project=project, kind=MilestoneKind.FINISH, actual_on=None)
        if finish.update(planned_on=due_on):
            why = f"合同变更：{request.reason}"
            PlanChange.note(
                project.pk, PlanField.DAY, MilestoneKind.FINISH, project.due_on, due_on, by=by, reason=why
            )


def _over_contract(request: FundRequest, lines: dict, by: Actor) -> None:
    """Let more be contracted than the budget, or take back of it what was not used."""
    book(
        by=by, line=lines[request.line_id], kind=EntryKind.OVER_CONTRACT, amount_fen=request.amount_fen, on=today(),
        document=f"申请 {request.pk}", request=request,
    )  # fmt: skip


def _over_pay(request: FundRequest, lines: dict, by: Actor) -> None:
    """Let more be paid than the contract, or take back of it what was not used."""
    book(
        by=by, line=lines[request.line_id], part=request.part, kind=EntryKind.OVER_PAY, amount_fen=request.amount_fen,
        on=today(), document=f"申请 {request.pk}", request=request,
    )  # fmt: skip


# What the money has to allow, looked at when it is asked and again when it is approved.
LIMITS = {
    RequestKind.TRANSFER: _refuse_unmovable, RequestKind.CHANGE: _refuse_unchangeable, RequestKind.OVER_CONTRACT: _refuse_used,
    RequestKind.OVER_PAY: _refuse_used,
}  # fmt: skip
CARRIED_OUT = {
    RequestKind.TRANSFER: _transfer, RequestKind.CHANGE: _change, RequestKind.OVER_CONTRACT: _over_contract,
    RequestKind.OVER_PAY: _over_pay,
}  # fmt: skip


def _tell(permission: str, request: FundRequest, words: str, tone: str) -> None:
    for user in User.objects.who_may_at(permission, area=request.project.area_id):
        if user.pk != request.asked_by_id:
            tell(user, words, url=request.get_absolute_url(), tone=tone)


def _tell_asker(request: FundRequest, words: str, tone: str) -> None:
    tell(
        User.objects.filter(pk=request.asked_by_id).first(), words, url=request.get_absolute_url(), tone=tone
    )
