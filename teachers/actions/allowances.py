"""Verbs of allowances: rates, the monthly roll, and its way from the schools to the payout."""

import datetime as dt

from django.db import transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell
from povertyedu.jobs.models import LIVE_STATES, Job
from povertyedu.jobs.tasks import start
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused, advance
from teachers.enums.allowances import (
    LIVE_LINES,
    OPEN_SHEETS,
    AllowanceKind,
    CareStage,
    LineState,
    RollState,
    SheetState,
)
from teachers.models import (
    AllowanceLine,
    AllowanceRate,
    AllowanceRoll,
    AllowanceSheet,
    RollDecision,
    RollSeat,
    Teacher,
)
from teachers.queries.allowances import differences, month_before, owed_on
from teachers.states.allowances import ROLL_FLOW, SHEET_FLOW, STAGE_OF

JOB = "teachers.allowances"


@transaction.atomic
def keep_rate(*, by: Actor, rate: AllowanceRate, upload=None, account=None) -> AllowanceRate:
    """Store a rate, new or corrected, with the document it cites; months already paid are settled by the next roll."""
    old = AllowanceRate.objects.filter(pk=rate.pk).values_list("monthly_fen", flat=True).first()
    if upload:
        rate.scan = StoredFile.keep(
            upload.chunks(), name=upload.name[:200], purpose="allowance_rate", personal=False, owner=account
        )
    rate.validate_constraints()
    rate.save()
    record(by, action="allowance.rate", subject=rate, changes={"monthly_fen": [old, rate.monthly_fen]})
    return rate


@transaction.atomic
def draw_up(*, by: Actor, kind: str, month: dt.date) -> AllowanceRoll:
    """Work out a month's roll, again as often as wanted: what schools have confirmed stays as they confirmed it.

    All rolls of the kind are locked, so that two that are drawn up at once do not both settle the same month.
    """
    month = month.replace(day=1)
    if month > today():
        raise StepRefused("这个月还没有到，不能生成名单。")
    if not AllowanceRate.objects.filter(kind=kind, since__lte=month).exists():
        raise StepRefused(f"没有{month:%Y年%m月}执行的{AllowanceKind(kind).label}标准，请先登记标准。")
    roll, made = AllowanceRoll.objects.get_or_create(kind=kind, month=month, defaults={"drawn_by": by.name})
    list(AllowanceRoll.objects.select_for_update(no_key=True).filter(kind=kind).values_list("pk", flat=True))
    roll.refresh_from_db()
    if roll.state != RollState.OPEN:
        raise StepRefused(
            f"{roll}已经{roll.get_state_display()}，不能重新测算；后来的变动在以后的月份补发或扣回。"
        )
    if made:
        RollDecision.append(roll, step=ROLL_FLOW["draw_up"], old="", by=by, reason="", at=timezone.now())
    _write_lines(roll)
    roll.drawn_at, roll.drawn_by = timezone.now(), by.name
    roll.save(update_fields=["drawn_at", "drawn_by"])
    record(by, action="allowance_roll.draw_up", subject=roll, changes={"lines": [None, roll.lines.count()]})
    return roll


def _write_lines(roll: AllowanceRoll) -> None:
    held = _held(roll)
    confirmed = set(roll.sheets.exclude(state__in=OPEN_SHEETS).values_list("school", flat=True))
    fixed = set(roll.lines.filter(sheet__school__in=confirmed).values_list("teacher", flat=True))
    roll.lines.exclude(sheet__school__in=confirmed).delete()
    owed = [
        line for line in owed_on(roll.kind, roll.month)
        if line.school not in confirmed and line.teacher not in fixed
    ]  # fmt: skip
    AllowanceSheet.objects.bulk_create(
        [AllowanceSheet(roll=roll, school_id=school) for school in sorted({line.school for line in owed})],
        ignore_conflicts=True,
    )
    sheets = {sheet.school_id: sheet for sheet in roll.sheets.all()}
    AllowanceLine.objects.bulk_create(
        AllowanceLine(
            roll=roll, sheet=sheets[line.school], teacher_id=line.teacher, kind=roll.kind, month=roll.month, for_month=line.for_month,
            nature=line.nature, amount_fen=line.amount_fen, due_fen=line.due.fen, days=line.due.days, parts=list(line.due.parts),
            state=LineState.HELD if line.teacher in held else LineState.LISTED, reason=held.get(line.teacher, ""),
        )
        for line in owed
    )  # fmt: skip
    roll.sheets.filter(state=SheetState.DRAFT, lines=None, decisions=None).delete()


def _held(roll: AllowanceRoll) -> dict[int, str]:
    """Return whose lines are held and why: on this roll, or on the last one they stood on."""
    found: dict[int, str] = {}
    lines = AllowanceLine.objects.filter(kind=roll.kind, month__lte=roll.month).order_by("month", "pk")
    for teacher, state, reason in lines.values_list("teacher", "state", "reason"):
        found.pop(teacher, None)
        if state == LineState.HELD:
            found[teacher] = reason
    return found


def open_due() -> list[Job]:
    """Start the rolls of last month that are not there yet; called every hour by beat, from the county's day on."""
    day, month = today(), month_before(today())
    if day.day < option("allowance_roll_day"):
        return []
    there = set(AllowanceRoll.objects.filter(month=month).values_list("kind", flat=True))
    rated = set(AllowanceRate.objects.filter(since__lte=month).values_list("kind", flat=True))
    jobs = []
    for kind in AllowanceKind:
        lock = f"teachers.allowances {kind}"
        waiting = Job.objects.filter(kind=JOB, lock=lock, state__in=LIVE_STATES)
        tried = Job.objects.filter(kind=JOB, arguments__month=str(month), lock=lock, created_at__date=day)
        if kind in rated - there and not waiting.exists() and not tried.exists():
            label = f"生成{month:%Y年%m月}{kind.label}名单"
            jobs.append(
                start(JOB, label=label, arguments={"kind": kind, "month": str(month)}, by=None, lock=lock)
            )
    return jobs


def draw_up_and_tell(*, kind: str, month: dt.date) -> AllowanceRoll:
    """Draw up a roll as beat asked, unless it is there, and tell the schools and the bureau that it waits."""
    there = AllowanceRoll.objects.filter(kind=kind, month=month).first()
    if there:
        return there
    roll = draw_up(by=SYSTEM, kind=kind, month=month)
    for sheet in roll.sheets.select_related("school"):
        for user in User.objects.who_may_at(P.KEEP_CARE, school=sheet.school):
            tell(user, f"请核对、确认{sheet}。", url=sheet.get_absolute_url(), tone="warn")
    return roll


# --- the way of a roll ----------------------------------------------------------------------------


def take_seat(roll: AllowanceRoll, by: Actor, stage: str) -> None:
    """Let ``by`` act on ``roll`` in ``stage``, unless they already act in another."""
    if by.id is None:
        raise StepRefused("这一步要由本人办理。")
    seat, _ = RollSeat.objects.get_or_create(subject=roll, user_id=by.id, defaults={"stage": stage})
    if seat.stage != stage:
        taken = CareStage(seat.stage).label
        raise StepRefused(
            f"您在这份名单已办理“{taken}”环节。同一份名单中一人只能办理一个环节，请由其他人办理。"
        )


def _locked(roll: AllowanceRoll, state: str) -> AllowanceRoll:
    found = AllowanceRoll.objects.select_for_update(no_key=True).get(pk=roll.pk)
    if found.state != state:
        raise StepRefused(f"{found}现在是“{found.get_state_display()}”，不能办理这一步，请刷新后再看。")
    return found


@transaction.atomic
def confirm(*, by: Actor, sheet: AllowanceSheet) -> AllowanceSheet:
    """Confirm a school's sheet; from then on its amounts are fixed."""
    roll = _locked(sheet.roll, RollState.OPEN)
    take_seat(roll, by, STAGE_OF["confirm"])
    if differences(sheet):
        raise StepRefused("任职、标准有了变动，名单上的金额不是最新的；请先点“重新测算”，再核对确认。")
    advance(sheet, SHEET_FLOW, "confirm", by=by)
    return sheet


@transaction.atomic
def return_sheet(*, by: Actor, sheet: AllowanceSheet, reason: str) -> AllowanceSheet:
    """Return a confirmed sheet to its school, with the reason."""
    roll = _locked(sheet.roll, RollState.OPEN)
    take_seat(roll, by, STAGE_OF["return"])
    advance(sheet, SHEET_FLOW, "return", by=by, reason=reason)
    for user in User.objects.who_may_at(P.KEEP_CARE, school=sheet.school):
        tell(user, f"{sheet}被退回：{reason}"[:200], url=sheet.get_absolute_url(), tone="bad")
    return sheet


@transaction.atomic
def hold(*, by: Actor, sheet: AllowanceSheet, teacher: Teacher, reason: str) -> AllowanceSheet:
    """Hold all lines of a teacher on a sheet that is not confirmed; they wait until somebody releases them."""
    _open_sheet(sheet)
    if not reason.strip():
        raise StepRefused("暂缓必须填写理由。")
    lines = sheet.lines.filter(teacher=teacher, state=LineState.LISTED)
    if not lines.update(state=LineState.HELD, reason=reason.strip()[:200]):
        raise StepRefused("这位教师在名单上没有可以暂缓的明细，请刷新后再看。")
    record(
        by, action="allowance.hold", subject=sheet, changes={teacher.code: ["listed", "held"]}, reason=reason
    )
    return sheet


@transaction.atomic
def release(*, by: Actor, sheet: AllowanceSheet, teacher: Teacher, reason: str) -> AllowanceSheet:
    """Put held lines back on a sheet that is not confirmed."""
    _open_sheet(sheet)
    lines = sheet.lines.filter(teacher=teacher, state=LineState.HELD)
    if not lines.update(state=LineState.LISTED, reason=""):
        raise StepRefused("这位教师没有暂缓的明细，请刷新后再看。")
    record(
        by,
        action="allowance.release",
        subject=sheet,
        changes={teacher.code: ["held", "listed"]},
        reason=reason,
    )
    return sheet


def _open_sheet(sheet: AllowanceSheet) -> None:
    _locked(sheet.roll, RollState.OPEN)
    sheet.refresh_from_db()
    if sheet.state not in OPEN_SHEETS:
        raise StepRefused("学校已确认，不能再改；要改请县局先退回。")


@transaction.atomic
def review(*, by: Actor, roll: AllowanceRoll, reason: str = "") -> AllowanceRoll:
    """Pass a roll on to the approver when every school has confirmed."""
    roll = _locked(roll, RollState.OPEN)
    take_seat(roll, by, STAGE_OF["review"])
    waiting = roll.sheets.filter(state__in=OPEN_SHEETS).select_related("school")
    if names := "、".join(sheet.school.name for sheet in waiting[:5]):
        raise StepRefused(f"还有学校没有确认：{names}{'等' if len(waiting) > 5 else ''}。")
    if not roll.lines.filter(state__in=LIVE_LINES).exists():
        raise StepRefused("名单上没有要发放的明细。")
    advance(roll, ROLL_FLOW, "review", by=by, reason=reason)
    return roll


@transaction.atomic
def approve(*, by: Actor, roll: AllowanceRoll, reason: str = "") -> AllowanceRoll:
    """Approve a reviewed roll as a third person."""
    roll = _locked(roll, RollState.REVIEWED)
    take_seat(roll, by, STAGE_OF["approve"])
    advance(roll, ROLL_FLOW, "approve", by=by, reason=reason)
    return roll


@transaction.atomic
def send_back(*, by: Actor, roll: AllowanceRoll, reason: str) -> AllowanceRoll:
    """Send a reviewed roll back to the bureau, which returns to the schools what is wrong."""
    roll = _locked(roll, RollState.REVIEWED)
    take_seat(roll, by, STAGE_OF["send_back"])
    advance(roll, ROLL_FLOW, "send_back", by=by, reason=reason)
    return roll


@transaction.atomic
def pay(*, by: Actor, roll: AllowanceRoll, on: dt.date, voucher: str) -> AllowanceRoll:
    """Register that an approved roll was paid, as a fourth person: each of its lines, once."""
    roll = _locked(roll, RollState.APPROVED)
    take_seat(roll, by, STAGE_OF["pay"])
    if on > today():
        raise StepRefused("发放日期不能晚于今天。")
    if not voucher.strip():
        raise StepRefused("请填写凭证号。")
    advance(roll, ROLL_FLOW, "pay", by=by, paid_on=on, voucher=voucher.strip()[:60])
    roll.lines.filter(state=LineState.LISTED).update(state=LineState.PAID, settled_on=on)
    return roll


@transaction.atomic
def fail(*, by: Actor, roll: AllowanceRoll, teacher: Teacher, reason: str) -> AllowanceRoll:
    """Register that the bank returned a teacher's payment (退票): the next roll pays it as arrears."""
    roll = _locked(roll, RollState.PAID)
    if not reason.strip():
        raise StepRefused("退票必须填写原因。")
    lines = roll.lines.filter(teacher=teacher, state=LineState.PAID)
    if not lines.update(state=LineState.FAILED, reason=reason.strip()[:200]):
        raise StepRefused("这位教师在这份名单上没有已发放的明细，请刷新后再看。")
    record(
        by, action="allowance.fail", subject=roll, changes={teacher.code: ["paid", "failed"]}, reason=reason
    )
    return roll
