"""Verbs of a batch: opened from what is outstanding, reported, reviewed, approved.

Each verb locks the batch's row first, so that approval and a late report cannot pass each other.
"""

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.models import BankAccount, Student
from subsidies import engine
from subsidies.enums import (
    ACCOUNT_HOLDS,
    BatchStage,
    BatchState,
    HoldReason,
    Kind,
    LineState,
    SheetState,
)
from subsidies.models import (
    Batch,
    BatchDecision,
    BatchSeat,
    Line,
    Programme,
    SchoolSheet,
    SheetDecision,
    due_fen,
)
from subsidies.queries import once_rules
from subsidies.queries.opening import Opening
from subsidies.states import BATCH_FLOW, SHEET_FLOW, STAGE_OF

from .commitments import commit, withdraw_commitments
from .policies import pack_of, policies_for
from .recovery import offset


def take_seat(batch: Batch, by: Actor, stage: str) -> None:
    """Let ``by`` act on ``batch`` in ``stage``, unless they already act in another; the database has the last word."""
    if by.id is None:
        return  # the system itself: takes down, clears
    seat, _ = BatchSeat.objects.get_or_create(subject=batch, user_id=by.id, defaults={"stage": stage})
    if seat.stage != stage:
        taken = BatchStage(seat.stage).label
        raise StepRefused(f"您在本批次已办理“{taken}”环节。同一批次中一人只能办理一个环节，请由其他人办理。")


def locked(batch: Batch) -> Batch:
    """Return the batch as it is now, its row locked until the transaction ends."""
    return Batch.objects.select_for_update(no_key=True).get(pk=batch.pk)


def step(batch: Batch, verb: str, *, by: Actor, reason: str = "", **changes) -> BatchDecision:
    """Take the seat of the step's stage and move the batch."""
    take_seat(batch, by, STAGE_OF[BATCH_FLOW[verb].permission])
    return advance(batch, BATCH_FLOW, verb, by=by, reason=reason, **changes)


@transaction.atomic
def open_batch(
    *, by: Actor, term: Term, programmes, title: str, with_past: bool = False, follows: Batch | None = None
) -> Batch:
    """Open a batch of what is outstanding for ``programmes`` (codes or rows) in ``term``; ``with_past`` adds back-pay.

    Lines carry the child's facts, the account and their own term as they are now; a child without an
    account, or with somebody else's, is listed but held; one whose facts changed since the last recalculation waits for
    the next. StepRefused when nothing is left to list.
    """
    chosen = list(Programme.objects.filter(pk__in=[getattr(p, "pk", p) for p in programmes]))
    if not chosen or any(programme.kind != Kind.CASH for programme in chosen):
        raise StepRefused("请选择至少一个现金发放的项目；减免和供餐不通过批次发放。")
    batch = _new_batch(by=by, term=term, title=title, programmes=chosen, follows=follows)
    offset(by=by)
    opening = opening_of(term, with_past=with_past)
    if not opening.list_in(batch, [p.pk for p in chosen]):
        raise StepRefused(
            "所选项目目前没有待发资金可以列入：可能刚被另一批次列入，或学生待重算，请刷新后再看。"
        )
    _hold_objected(batch)
    hold_blocked(batch, batch.lines.all(), by=by)
    total_up(batch.sheets.all())
    return batch


def opening_of(term: Term, *, with_past: bool = False) -> Opening:
    """Return what a batch of ``term`` could take now; ``with_past`` of every earlier term too (back-pay, 补发)."""
    earlier = Term.objects.filter(starts_on__lt=term.starts_on) if with_past else Term.objects.none()
    terms = [*earlier.order_by("starts_on"), term]
    policies = policies_for(terms)
    once = {code: once_rules(pack_of(policy), engine.Term.parse(code)) for code, policy in policies.items()}
    return Opening([each.pk for each in terms], once)


def _new_batch(*, by: Actor, term: Term, title: str, programmes, follows: Batch | None) -> Batch:
    """Create the row with the term's next number; the term's row is locked so that no number is given twice."""
    term = Term.objects.select_for_update(no_key=True).get(pk=term.pk)
    prefix = f"{term.year}{'秋' if term.season == Season.AUTUMN else '春'}"
    last = Batch.objects.filter(term=term).order_by("-pk").values_list("number", flat=True).first()
    number = int(last.rpartition("-")[2]) + 1 if last else 1
    batch = Batch.objects.create(
        number=f"{prefix}-{number:03d}",
        title=title.strip() or f"{term} 资助发放",
        term=term,
        opened_by=by.name,
        follows=follows,
    )
    batch.programmes.set(programmes)
    take_seat(batch, by, BatchStage.OFFICE)
    BatchDecision.append(batch, step=BATCH_FLOW["open"], old="", by=by, reason="", at=timezone.now())
    record(by, action="batch.open", subject=batch, changes={"programmes": [None, [p.pk for p in programmes]]})
    return batch


def _hold_objected(batch: Batch) -> None:
    """Hold money that an upheld objection took off an earlier list: the rules still award it, a person must look."""
    same = {name: OuterRef(name) for name in ("student", "term", "programme")}
    objected = Line.objects.filter(**same, state=LineState.REMOVED, hold=HoldReason.OBJECTION)
    batch.lines.listed().filter(Exists(objected)).update(
        state=LineState.HELD,
        hold=HoldReason.BY_HAND,
        note="以前批次公示异议成立；请更正资料后移出，或核实后放行",
    )


def total_up(sheets) -> None:
    """Write what each of ``sheets`` holds now: students and fen of the lines not removed."""
    held = Line.objects.in_list().filter(sheet=OuterRef("pk")).order_by().values("sheet")
    sheets.update(
        students=Subquery(held.annotate(n=Count("student", distinct=True)).values("n")),
        amount_fen=Subquery(held.annotate(n=Sum("amount_fen")).values("n")),
    )


def _open_sheet(sheet: SchoolSheet) -> SchoolSheet:
    """Return the sheet with its batch locked; refuse when approval has gone past it."""
    batch = locked(sheet.batch)
    if batch.state != BatchState.OPEN:
        raise StepRefused(f"批次 {batch} 已到“{batch.get_state_display()}”，学校报送表不能再变动。")
    return SchoolSheet.objects.select_related("school", "batch").get(pk=sheet.pk)


@transaction.atomic
def submit_sheet(*, by: Actor, sheet: SchoolSheet) -> SchoolSheet:
    """Report a school's sheet: amounts and accounts as they are now are frozen, then it goes to the centre school."""
    sheet = _open_sheet(sheet)
    take_seat(sheet.batch, by, BatchStage.CLERK)
    verb = "submit" if sheet.school.centre_id else "submit_to_office"
    advance(sheet, SHEET_FLOW, verb, by=by, submitted_at=timezone.now())
    _bring_up_to_date(sheet, by=by)
    if not sheet.lines.open().exists():
        raise StepRefused("本表已没有可报送的学生：应享金额都已变为零或已另行发放。请联系资助中心。")
    total_up(SchoolSheet.objects.filter(pk=sheet.pk))
    sheet.refresh_from_db()
    return sheet


def _bring_up_to_date(sheet: SchoolSheet, *, by: Actor) -> None:
    """Set amounts and accounts to what they are now; what is no longer due leaves the list."""
    lines = Line.objects.filter(sheet=sheet).open()
    gone = list(lines.annotate(due=due_fen()).filter(due__lte=0).values_list("pk", flat=True))
    if gone:
        Line.objects.filter(pk__in=gone).update(
            state=LineState.REMOVED, note="报送时应享已变为零或已发放", settled_at=timezone.now()
        )
        record(by, action="sheet.drop_lines", subject=sheet, changes={"lines": [None, gone[:200]]})
    lines.update(amount_fen=due_fen())
    fell = lines.held().filter(hold=HoldReason.ENTITLEMENT_FELL)
    fell.filter(account_hash="").update(hold=HoldReason.NO_ACCOUNT, note="")
    fell.update(state=LineState.LISTED, hold="", note="")
    for line in lines.with_another_account():
        take_account(line)


def is_of_family(holder: str, student: Student) -> bool:
    """Return whether an account of ``holder`` is the child's own or its guardian's."""
    guardian = getattr(student, "guardian", None)
    return holder in {student.name, guardian.name if guardian else student.name}


def take_account(line: Line) -> bool:
    """Copy the child's present account into a line; return whether it is the child's own or its guardian's.

    A line that lacked a good account is listed with one; any line with somebody else's is held, until
    a person has looked at it.
    """
    account = BankAccount.objects.filter(student=line.student_id).select_related("student__guardian").first()
    if account is None:
        return False
    good = is_of_family(account.holder, account.student)
    line.account_holder, line.account_bank = account.holder, account.bank
    line.account_number, line.account_hash = account.number, account.number_hash
    if good and line.hold in ACCOUNT_HOLDS:
        line.state, line.hold = LineState.LISTED, ""
    elif not good and line.hold in ("", *ACCOUNT_HOLDS):
        line.state, line.hold = LineState.HELD, HoldReason.HOLDER_DIFFERS
    line.save(
        update_fields=["account_holder", "account_bank", "account_number", "account_hash", "state", "hold"]
    )
    return good


@transaction.atomic
def review_sheet(*, by: Actor, sheet: SchoolSheet) -> SchoolSheet:
    """Let the centre school pass a reported sheet on to the aid office."""
    sheet = _open_sheet(sheet)
    take_seat(sheet.batch, by, BatchStage.REVIEWER)
    advance(sheet, SHEET_FLOW, "review", by=by)
    return sheet


@transaction.atomic
def return_sheet(*, by: Actor, sheet: SchoolSheet, reason: str) -> SchoolSheet:
    """Send a sheet back to its school with a reason: by the centre school before its review, by the aid office after."""
    sheet = _open_sheet(sheet)
    by_centre = sheet.state == SheetState.SUBMITTED
    take_seat(sheet.batch, by, BatchStage.REVIEWER if by_centre else BatchStage.OFFICE)
    advance(sheet, SHEET_FLOW, "return_by_centre" if by_centre else "return_by_office", by=by, reason=reason)
    return sheet


def approve_office(*, by: Actor, batch: Batch) -> Batch:
    """Take the reviewed sheets to the approver; sheets not yet reviewed move to a follow-up batch.

    Who bears each line is frozen, and the batch takes that money; StepRefused where a source lacks it.
    Entitlements are compared again first: a line that lists more than is due now is held, and stays
    held even when nobody is left to approve.
    """
    with transaction.atomic():
        if locked(batch).state == BatchState.OPEN:
            hold_fallen(batch, batch.lines.filter(sheet__state=SheetState.REVIEWED), by=by)
            hold_blocked(batch, batch.lines.filter(sheet__state=SheetState.REVIEWED), by=by)
    with transaction.atomic():
        return _approve_reviewed(by=by, batch=locked(batch))


def _approve_reviewed(*, by: Actor, batch: Batch) -> Batch:
    step(batch, "approve_office", by=by)
    reviewed = batch.sheets.filter(state=SheetState.REVIEWED)
    hold_fallen(batch, batch.lines.filter(sheet__in=reviewed), by=by)
    hold_blocked(batch, batch.lines.filter(sheet__in=reviewed), by=by)
    if not batch.lines.listed().filter(sheet__in=reviewed).exists():
        raise StepRefused("没有可以提交审批的学生：各校报送表都还没有审核，或学生都在暂缓中。")
    late = batch.sheets.exclude(state=SheetState.REVIEWED)
    if late.exists():
        _move_to_follow_up(batch, late, by=by)
    commit(batch, by=by)
    return batch


def _move_to_follow_up(batch: Batch, late, *, by: Actor) -> Batch:
    """Give late sheets a batch of their own; who has acted keeps the stage there."""
    follow_up = _new_batch(
        by=by, term=batch.term, title=f"{batch.title}（后续）"[:120], programmes=batch.programmes.all(), follows=batch
    )  # fmt: skip
    BatchSeat.objects.bulk_create(
        [
            BatchSeat(subject=follow_up, user_id=seat.user_id, stage=seat.stage)
            for seat in batch.seats.exclude(user_id=by.id)
        ]
    )
    sheets = list(late.values_list("pk", flat=True))
    Line.objects.filter(sheet__in=sheets).update(batch=follow_up)
    SchoolSheet.objects.filter(pk__in=sheets).update(batch=follow_up)
    return follow_up


def hold_fallen(batch: Batch, lines, *, by: Actor) -> int:
    """Hold those of ``lines`` (within ``batch``) that list more than entitled less paid; return how many."""
    fallen = list(lines.fallen().values_list("pk", flat=True))
    if not fallen:
        return 0
    Line.objects.filter(pk__in=fallen).update(
        state=LineState.HELD,
        hold=HoldReason.ENTITLEMENT_FELL,
        note="应享金额在报送后降低，请核对后移出本批",
    )
    record(by, action="batch.hold_fallen", subject=batch, changes={"lines": [None, fallen[:200]]})
    return len(fallen)


def hold_blocked(batch: Batch, lines, *, by: Actor) -> int:
    """Hold the listed ones of ``lines`` whose enrolment is double or false or whose record is merged; return how many.

    Asked when a batch is opened, before approval, and again before money leaves.
    """
    blocked = list(lines.listed().blocked().values_list("pk", "block"))
    for reason in {reason for _, reason in blocked}:
        Line.objects.filter(pk__in=[pk for pk, why in blocked if why == reason]).update(
            state=LineState.HELD,
            hold=reason,
            note=f"{HoldReason(reason).label}，请在学生档案中核实后再放行或移出本批",
        )
    if blocked:
        keys = [pk for pk, _ in blocked]
        record(by, action="batch.hold_blocked", subject=batch, changes={"lines": [None, keys[:200]]})
    return len(blocked)


@transaction.atomic
def return_to_office(*, by: Actor, batch: Batch, reason: str) -> Batch:
    """Send a batch back from the approver to the aid office."""
    batch = locked(batch)
    step(batch, "return_office", by=by, reason=reason)
    withdraw_commitments(batch)
    return batch


@transaction.atomic
def approve_final(*, by: Actor, batch: Batch) -> Batch:
    """Approve a batch and with it its sheets."""
    batch = locked(batch)
    decision = step(batch, "approve_final", by=by)
    _approve_sheets(batch, decision)
    return batch


def _approve_sheets(batch: Batch, decision: BatchDecision) -> None:
    """Write the approval into every sheet: the same chained decision rows as one by one, in three statements."""
    approve = SHEET_FLOW["approve"]
    sheets = list(batch.sheets.filter(state__in=approve.sources))
    last = dict(
        SheetDecision.objects.filter(subject__in=sheets).order_by("pk").values_list("subject_id", "chain")
    )
    rows = []
    for sheet in sheets:
        row = SheetDecision(
            subject=sheet, verb=approve.verb, label=approve.label, old_state=sheet.state, new_state=str(approve.target),
            by_id=decision.by_id, by_name=decision.by_name, by_role=decision.by_role, at=decision.at, reason=str(batch),
        )  # fmt: skip
        row.chain = row.chained_to(last.get(sheet.pk, ""))
        rows.append(row)
    SheetDecision.objects.bulk_create(rows)
    batch.sheets.filter(pk__in=[sheet.pk for sheet in sheets]).update(state=approve.target)


@transaction.atomic
def cancel(*, by: Actor, batch: Batch, reason: str) -> Batch:
    """Give up a batch that is still with the schools: all its money is outstanding again."""
    batch = locked(batch)
    step(batch, "cancel", by=by, reason=reason)
    withdraw_commitments(batch)
    batch.lines.open().update(state=LineState.REMOVED, hold="", note="批次已撤销", settled_at=timezone.now())
    return batch


@transaction.atomic
def archive(*, by: Actor, batch: Batch) -> Batch:
    """Close a settled batch for good; whoever is still held must have been released or removed."""
    batch = locked(batch)
    waiting = batch.lines.filter(Q(state=LineState.HELD) | Q(state=LineState.LISTED)).count()
    if waiting:
        raise StepRefused(f"还有 {waiting} 笔暂缓或未发放，请先放行发放或移出本批，再归档。")
    step(batch, "archive", by=by)
    return batch
