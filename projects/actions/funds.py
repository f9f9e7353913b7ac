"""The fund book of projects: granted, arrived, contracted, paid; taken back by reversal only.

Each verb locks the lines it touches and says in words what the constraints of the database hold anyway.
"""

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workflow.flow import Actor, StepRefused
from projects.enums import EntryKind, FundSource, ProjectState
from projects.models import Contract, ContractPart, FundEntry, FundLine, Project

from .files import kept


@transaction.atomic
def grant(
    *, by: Actor, project: Project, source: str, amount_fen: int, on: dt.date, document: str
) -> FundEntry:
    """Grant money of a source to the project (下达预算) under a document."""
    if not document.strip():
        raise StepRefused("下达预算要写明文号。")
    _refuse_to_come("下达日期", on)
    _open(project)
    line, _ = FundLine.objects.get_or_create(project=project, source=source)
    return book(
        by=by, line=_locked(line), kind=EntryKind.BUDGET, amount_fen=amount_fen, on=on, document=document
    )


@transaction.atomic
def arrive(*, by: Actor, line: FundLine, amount_fen: int, on: dt.date, document: str) -> FundEntry:
    """Note that money of a source came in (资金到位)."""
    _refuse_to_come("到位日期", on)
    line = _locked(line)
    if line.arrived_fen + amount_fen > line.budget_fen:
        raise StepRefused(
            f"{line.get_source_display()}预算 {yuan(line.budget_fen)} 元，已到位 {yuan(line.arrived_fen)} 元，再到位 {yuan(amount_fen)} 元就超过预算；"
            "请先登记下达的预算。"
        )
    return book(by=by, line=line, kind=EntryKind.ARRIVAL, amount_fen=amount_fen, on=on, document=document)


def sign(
    *, by: Actor, project: Project, number: str, contractor: str, signed_on: dt.date, due_on: dt.date | None,
    parts: Mapping[str, int], upload=None, account=None,
) -> Contract:  # fmt: skip
    """Sign a contract that sources bear in ``parts`` (source -> fen); none bears more than it has left."""
    with (
        kept(upload, project=project, about=f"合同 {number}", by=by, account=account) as file,
        transaction.atomic(),
    ):
        _open(project)
        _refuse_to_come("签订日期", signed_on)
        parts = {source: fen for source, fen in parts.items() if fen}
        if not parts:
            raise StepRefused("请填写至少一个来源承担的合同金额。")
        contract = Contract(
            project=project,
            number=number.strip(),
            contractor=contractor.strip(),
            signed_on=signed_on,
            due_on=due_on,
        )
        contract.validate_constraints()
        contract.save()
        lines = {line.source: line for line in _locked_lines(project.fund_lines.filter(source__in=parts))}
        for source, fen in parts.items():
            line = lines.get(source)
            _refuse_over_budget(line, source, fen)
            part = ContractPart.objects.create(contract=contract, line=line)
            book(
                by=by,
                line=line,
                part=part,
                kind=EntryKind.CONTRACT,
                amount_fen=fen,
                on=signed_on,
                document=number,
            )
        if file:
            file.save()
    return contract


def _refuse_over_budget(line: FundLine | None, source: str, fen: int) -> None:
    free = line.free_fen if line else 0
    if fen > free:
        raise StepRefused(
            f"{FundSource(source).label}还能签约 {yuan(free)} 元，这里要 {yuan(fen)} 元，超出 {yuan(fen - free)} 元；"
            "请改用别的来源，或先申请资金调剂、超预算签约。"
        )


@transaction.atomic
def pay(*, by: Actor, part: ContractPart, amount_fen: int, on: dt.date, document: str) -> FundEntry:
    """Pay on a contract from one of its sources, under a voucher; never more than is contracted of it."""
    if not document.strip():
        raise StepRefused("支付要写明凭证号。")
    _refuse_to_come("支付日期", on)
    line = _locked(FundLine.objects.get(pk=part.line_id))
    part = ContractPart.objects.select_for_update(no_key=True).select_related("contract").get(pk=part.pk)
    if amount_fen > part.left_fen:
        raise StepRefused(
            f"合同 {part.contract.number} 由{line.get_source_display()}承担的还剩 {yuan(part.left_fen)} 元，这里要支付 {yuan(amount_fen)} 元，"
            f"超出 {yuan(amount_fen - part.left_fen)} 元，没有登记；确需支付的，先申请合同变更或超合同支付。"
        )
    _refuse_too_early(part, line, amount_fen, on)
    return book(
        by=by, line=line, part=part, kind=EntryKind.PAYMENT, amount_fen=amount_fen, on=on, document=document
    )


def _refuse_too_early(part: ContractPart, line: FundLine, fen: int, on: dt.date) -> None:
    """Refuse what the contract, as it stood on that day, could not bear."""
    contract = part.contract
    if on < contract.signed_on:
        raise StepRefused(
            f"合同 {contract.number} 在 {contract.signed_on} 签订，支付日期不能在那以前；请核对。"
        )
    left = part.left_on(on)
    if fen > left:
        raise StepRefused(
            f"合同 {contract.number} 由{line.get_source_display()}承担的，到 {on} 只能再付 {yuan(left)} 元，这里要支付 {yuan(fen)} 元；"
            "批准的变更、超额从批准的那天起才能付，冲销以后重新登记的，日期不能在冲销以前。"
        )


def _refuse_to_come(what: str, day: dt.date) -> None:
    if day > today():
        raise StepRefused(f"{what}不能晚于今天。")


@transaction.atomic
def take_back(*, by: Actor, entry: FundEntry, reason: str) -> FundEntry:
    """Take back an entry by its reversal, for a reason."""
    if not reason.strip():
        raise StepRefused("冲销必须填写理由。")
    line = _locked(FundLine.objects.get(pk=entry.line_id))
    if entry.reverses_id:
        raise StepRefused("这一笔本身就是冲销；请重新登记正确的。")
    if FundEntry.objects.filter(reverses=entry).exists():
        raise StepRefused("这一笔已经冲销过。")
    if entry.request_id:
        what = entry.request.get_kind_display()
        raise StepRefused(f"这一笔是批准的{what}，不能冲销；要改回的，请申请反方向的{what}，由另一人批准。")
    try:
        with transaction.atomic():
            return book(
                by=by, line=line, part=entry.part, kind=entry.kind, amount_fen=-entry.amount_fen, on=today(),
                document=entry.document, reverses=entry, reason=reason.strip()[:200],
            )  # fmt: skip
    except IntegrityError as held:
        raise StepRefused(_why_not_back(entry.kind)) from held


def _why_not_back(kind: str) -> str:
    return {
        EntryKind.BUDGET: "这笔预算已有到位资金或合同，不能直接冲销；请先冲销到位和合同，或申请资金调剂。",
        EntryKind.CONTRACT: "这份合同已有支付或批准的变更，不能冲销；请先冲销支付，或申请合同变更。",
    }.get(EntryKind(kind), "冲销后账目不平，没有登记；请刷新后核对。")  # fmt: skip


def book(
    *, by: Actor, line: FundLine, kind: str, amount_fen: int, on: dt.date, document: str = "", **more
) -> FundEntry:
    """Write one entry; the database adds it up onto line and part."""
    entry = FundEntry(
        line=line,
        kind=kind,
        amount_fen=amount_fen,
        on=on,
        document=document.strip()[:80],
        by_id=by.id,
        by_name=by.name,
        **more,
    )
    if not entry.reverses_id and not entry.request_id:
        _refuse_twice(entry)
    entry.save()
    verb = "project_fund.reverse" if more.get("reverses") else f"project_fund.{kind}"
    record(
        by,
        action=verb,
        subject=line.project,
        changes={line.source: [None, amount_fen]},
        reason=more.get("reason", ""),
    )
    return entry


def _refuse_twice(entry: FundEntry) -> None:
    if same := FundEntry.objects.like(entry).first():
        raise StepRefused(
            f"{entry.line.get_source_display()}同一天、同一金额、同一文号（凭证号）的{entry.get_kind_display()}已由{same.by_name}登记过，没有重复登记；"
            "确是另一笔的，请写明不同的文号（凭证号）。"
        )


def _open(project: Project) -> None:
    state = Project.objects.filter(pk=project.pk).values_list("state", flat=True).get()
    if state == ProjectState.CANCELLED:
        raise StepRefused("项目已取消，不能登记资金。")


def _locked(line: FundLine) -> FundLine:
    locked = FundLine.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("project").get(pk=line.pk)


def _locked_lines(lines):
    return lines.select_for_update(no_key=True, of=("self",)).select_related("project").order_by("pk")
