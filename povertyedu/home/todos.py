"""What waits for a person, by what they may do; each line leads to the queue where it is done."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, DateTimeField, Min, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils import timezone

from dropout.enums import CaseState, ClockStep, Outcome, ReportState, TaskState
from dropout.models import Case, CaseProposal, Denial, DutyTask, Report, ReturnOrder, ScreeningRow
from dropout.models import Duty as CaseDuty
from dropout.queries.attendance import due_today, unasked
from dropout.queries.cases import OWES_A_MOVE
from dropout.queries.runs import open_runs
from dropout.queries.school_days import term_under_way
from povertyedu.accounts.models import GrantProposal
from povertyedu.accounts.permissions import Permission as P
from povertyedu.findings.models import Finding
from povertyedu.imports.models import ImportBatch
from povertyedu.indicators.enums import NoticeState
from povertyedu.indicators.models import IndicatorNotice
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.publicity.models import Objection, ObjectionState
from students.models import (
    Correction,
    DuplicatePair,
    Enrolment,
    HardshipProof,
    Move,
    PendingChange,
    ProposedEnd,
    StudentDraft,
)
from subsidies.actions import nightly
from subsidies.actions.awaited import awaited
from subsidies.actions.positions import idle_receipts, short_of_money
from subsidies.enums import AllocationState, BatchState, LineState, RecoveryMethod, RecoveryState, SheetState
from subsidies.models import Allocation, Batch, ExchangeLine, Line, Recovery, SchoolSheet
from subsidies.queries import FactUnread, marks_of

from .duty import Duty
from .project_duties import PROJECT_DUTIES
from .teacher_duties import TEACHER_DUTIES

OVERDUE_DAYS = 5


@dataclass(frozen=True)
class Todo:
    """``count`` things of one kind; ``since`` is when the oldest began to wait."""

    text: str
    count: int
    url: str
    since: object = None

    @property
    def day(self) -> dt.date | None:
        return timezone.localdate(self.since) if isinstance(self.since, dt.datetime) else self.since

    @property
    def days(self) -> int | None:
        """Whole days the oldest has waited."""
        return (today() - self.day).days if self.day else None

    @property
    def age(self) -> str:
        return f"最早 {self.day}（已等 {self.days} 天）" if self.day else ""

    @property
    def s(self) -> str:
        return "warn"

    @property
    def t(self) -> str:
        return "超过 5 天" if self.days is not None and self.days > OVERDUE_DAYS else ""


def _sheets(permission: str, *states: str) -> Callable:
    return lambda user: SchoolSheet.objects.visible_to(user, permission).filter(
        state__in=states, batch__state=BatchState.OPEN
    )


def _batches(permission: str, *states: str, **more) -> Callable:
    return lambda user: Batch.objects.visible_to(user, permission).filter(state__in=states, **more)


def _stuck(state: str) -> Callable:
    """Children whose money does not move: the aid office sees to the account, the objection, the fallen amount."""
    return lambda user: Line.objects.visible_to(user, P.OPEN_BATCH).stuck().filter(state=state).order_by()


def _unasked(user):
    """The absences of the term that no contact stands for."""
    return unasked(term_under_way(), user=user, permission=P.ENTER_ATTENDANCE, wanted={})


def _away(user):
    """The children whose clock has come to the head or the bureau; from then on a case is followed."""
    rows = open_runs(term_under_way(), user=user, permission=P.VERIFY_CASES, wanted={})
    return rows.filter(step__in=[ClockStep.HEAD, ClockStep.BUREAU])


def _owing_a_move(user):
    """The cases whose end the roster does not tell yet, for who keeps both."""
    seen = Case.objects.visible_to(user, P.VIEW_CASES).visible_to(user, P.MOVE_STUDENTS)
    return seen.filter(OWES_A_MOVE)


DUTIES = (
    Duty(P.SUBMIT_SHEET, "待报送的资助名单", _sheets(P.SUBMIT_SHEET, SheetState.DRAFT), "batch__opened_at", "subsidies:batches", "sheet=draft"),
    Duty(P.SUBMIT_SHEET, "被退回、待修改重报的名单", _sheets(P.SUBMIT_SHEET, SheetState.RETURNED), "submitted_at", "subsidies:batches", "sheet=returned"),
    Duty(P.REVIEW_SHEET, "待审核的学校名单", _sheets(P.REVIEW_SHEET, SheetState.SUBMITTED), "submitted_at", "subsidies:batches", "sheet=submitted"),
    Duty(
        P.APPROVE_OFFICE, "学校已报齐、待资助中心审核的名单", _sheets(P.APPROVE_OFFICE, SheetState.REVIEWED), "submitted_at", "subsidies:batches", "sheet=reviewed"
    ),
    Duty(P.APPROVE_FINAL, "待审批的批次", _batches(P.APPROVE_FINAL, BatchState.OFFICE_APPROVED), "opened_at", "subsidies:batches", "state=office_approved"),
    Duty(P.PUBLISH, "已审批、待公示的批次", _batches(P.PUBLISH, BatchState.APPROVED), "opened_at", "subsidies:batches", "state=approved"),
    Duty(
        P.PUBLISH, "公示期满、待确认的批次",
        lambda user: Batch.objects.visible_to(user, P.PUBLISH).filter(state=BatchState.IN_PUBLICITY, publicity_until__lt=today()),
        "opened_at", "subsidies:batches", "state=in_publicity",
    ),
    Duty(
        P.HANDLE_OBJECTION, "待处理的公示异议",
        lambda user: Objection.objects.visible_to(user, P.HANDLE_OBJECTION).filter(state=ObjectionState.OPEN),
        "received_at", "publicity:notices",
    ),
    Duty(P.OPEN_BATCH, "银行退回、待处理的发放明细", _stuck(LineState.FAILED), "settled_at", "subsidies:batches", "line=failed"),
    Duty(P.OPEN_BATCH, "暂缓、待处理的发放明细", _stuck(LineState.HELD), "batch__opened_at", "subsidies:batches", "line=held"),
    Duty(
        P.APPROVE_FINAL, "待审批的多发追回",
        lambda user: Recovery.objects.visible_to(user, P.APPROVE_FINAL).filter(state=RecoveryState.PROPOSED),
        "proposed_at", "subsidies:recoveries", "state=proposed",
    ),
    Duty(
        P.PAY, "已批准、待登记退款的多发",
        lambda user: Recovery.objects.visible_to(user, P.PAY)
        .filter(state=RecoveryState.APPROVED, method=RecoveryMethod.RETURNED),
        "proposed_at", "subsidies:recoveries", "state=approved",
    ),
    Duty(
        P.APPROVE_ALLOCATION, "待审批的资金分配",
        lambda user: Allocation.objects.visible_to(user, P.APPROVE_ALLOCATION).filter(state=AllocationState.SUBMITTED),
        "drawn_up_at", "subsidies:allocations",
    ),
    Duty(
        P.MANAGE_FUNDS, "已审批、待下达的资金分配",
        lambda user: Allocation.objects.visible_to(user, P.MANAGE_FUNDS).filter(state=AllocationState.APPROVED)
        .exclude(seats__user_id=user.pk),
        "drawn_up_at", "subsidies:allocations",
    ),
    Duty(P.PAY, "公示无误、待发放的批次", _batches(P.PAY, BatchState.CLEARED), "opened_at", "subsidies:payouts"),
    Duty(P.PAY, "已送银行、待回盘的批次", _batches(P.PAY, BatchState.SENT), "opened_at", "subsidies:payouts"),
    Duty(
        P.IMPORT_ROSTER, "待核对列、待确认的导入文件",
        lambda user: ImportBatch.objects.visible_to(user).waiting_for_a_person(), "created_at", "imports:list",
    ),
    Duty(
        P.MANAGE_FUNDS, "待核对列、待确认的到账文件",
        lambda user: ImportBatch.objects.visible_to(user).waiting_for_a_person(), "created_at", "imports:list",
    ),
    Duty(
        P.MANAGE_CHAINS, "待核对列、待确认的责任人名册",
        lambda user: ImportBatch.objects.visible_to(user).waiting_for_a_person(), "created_at", "imports:list",
    ),
    Duty(
        P.MANAGE_GRANTS, "待确认的授权", lambda user: GrantProposal.objects.visible_to(user, P.MANAGE_GRANTS), "proposed_at",
        "office:proposals",
    ),
    Duty(
        P.MOVE_STUDENTS, "待本校答复的转学", lambda user: Move.objects.to_answer_by(user, P.MOVE_STUDENTS),
        "requested_at", "students:moves",
    ),
    Duty(
        P.RESOLVE_DUPLICATES, "待判定的重复学生",
        lambda user: DuplicatePair.objects.visible_to(user, P.RESOLVE_DUPLICATES).undecided(),
        "found_at", "students:duplicates",
    ),
    Duty(
        P.RESOLVE_DUPLICATES, "待您复核的合并或撤销",
        lambda user: DuplicatePair.objects.visible_to(user, P.RESOLVE_DUPLICATES).asked_of(user),
        "found_at", "students:duplicates",
    ),
    Duty(
        P.IDENTIFY, "待您复核的困难佐证",
        lambda user: HardshipProof.objects.visible_to(user, P.IDENTIFY).waiting().exclude(proposed_by_id=user.pk),
        "proposed_at", "students:identification",
    ),
    Duty(
        P.OPEN_BATCH, "转学学生没有结清的资助，待跟进", lambda user: Move.objects.visible_to(user, P.OPEN_BATCH).with_money_left(),
        "settled_at", "students:moves",
    ),
    Duty(
        P.APPROVE_CORRECTION, "待审批的更正申请",
        lambda user: Correction.objects.visible_to(user, P.APPROVE_CORRECTION).to_answer().exclude(requested_by_id=user.pk),
        "requested_at", "students:corrections",
    ),
    Duty(
        P.ASK_COUNTIES, "去函超期、就读地还没有答复的学生",
        lambda user: ExchangeLine.objects.visible_to(user, P.ASK_COUNTIES).overdue(), "exchange__due_on", "subsidies:exchanges",
        query="tab=overdue",
    ),
    Duty(
        P.IDENTIFY, "完整名单里没有了、待您确认是否终止的困难认定",
        lambda user: ProposedEnd.objects.visible_to(user, P.IDENTIFY).waiting().exclude(proposed_by_id=user.pk),
        "proposed_at", "students:ends",
    ),
    Duty(
        P.CHECK_CHANGES, "待您复核的导入（改动已有账户、困难认定）", lambda user: ImportBatch.objects.waiting_for(user),
        "created_at", "imports:seconds",
    ),
    Duty(
        P.CHECK_CHANGES, "待您复核的证件号、银行账户变更",
        lambda user: PendingChange.objects.visible_to(user, P.CHECK_CHANGES).waiting().exclude(proposed_by_id=user.pk),
        "proposed_at", "students:changes",
    ),
    Duty(
        P.WORK_CASES, "排查发现不在校、待建案或说明的学生",
        lambda user: ScreeningRow.objects.visible_to(user, P.WORK_CASES).open().newest(), "screening__on", "dropout:ledgers", "follow_up=open",
    ),
    Duty(
        P.MANAGE_INDICATORS, "没有达标、待决定是否通报的单位",
        lambda user: IndicatorNotice.objects.visible_to(user, P.MANAGE_INDICATORS).filter(state=NoticeState.PROPOSED),
        "proposed_on", "indicators:notices", "tab=proposed",
    ),
    Duty(
        P.MANAGE_INDICATORS, "已答复、待核的指标通报",
        lambda user: IndicatorNotice.objects.visible_to(user, P.MANAGE_INDICATORS).filter(state=NoticeState.ANSWERED),
        "answered_on", "indicators:notices", "tab=answered",
    ),
    Duty(
        P.ANSWER_FINDINGS, "待答复的指标通报",
        lambda user: IndicatorNotice.objects.visible_to(user, P.ANSWER_FINDINGS).filter(state=NoticeState.ISSUED),
        "issued_on", "indicators:notices", "tab=issued",
    ),
    Duty(
        P.ANSWER_FINDINGS, "待整改的问题",
        lambda user: Finding.objects.visible_to(user, P.ANSWER_FINDINGS).with_the_place(), "found_on", "findings:list",
    ),
    Duty(
        P.MANAGE_FINDINGS, "待复核、销号的整改",
        lambda user: Finding.objects.visible_to(user, P.MANAGE_FINDINGS).to_check().exclude(state="done", done_by_id=user.pk),
        "done_on", "findings:list", "tab=check",
    ),
    Duty(
        P.VIEW_CASES, "轮到您办的控辍个案任务",
        lambda user: CaseDuty.objects.visible_to(user, P.VIEW_CASES).open().filter(person=user.person_id or 0),
        "opened_on", "dropout:case_duties", "tab=mine",
    ),
    Duty(
        P.CLOSE_CASES, "各级逾期未办、由县教育局直接督办的个案任务",
        lambda user: CaseDuty.objects.visible_to(user, P.CLOSE_CASES).at_bureau(), "first_due_on", "dropout:case_duties", "tab=bureau",
    ),
    Duty(
        P.CLOSE_CASES, "待您复核的控辍个案销号、重开",
        lambda user: CaseProposal.objects.visible_to(user, P.CLOSE_CASES).waiting().exclude(proposed_by_id=user.pk),
        "proposed_at", "dropout:cases", "tab=to_confirm",
    ),
    Duty(
        P.ISSUE_ORDERS, "待您批准的缓学、休学",
        lambda user: CaseProposal.objects.visible_to(user, P.ISSUE_ORDERS).waiting().filter(outcome=Outcome.DELAYED)
        .exclude(proposed_by_id=user.pk),
        "proposed_at", "dropout:cases", "tab=to_confirm",
    ),
    Duty(
        P.VERIFY_CASES, "待核实的控辍个案", lambda user: Case.objects.visible_to(user, P.VERIFY_CASES).filter(state=CaseState.SUSPECTED),
        "opened_on", "dropout:cases", "tab=to_verify",
    ),
    Duty(
        P.MOVE_STUDENTS, "个案已定转学、休学、出国、死亡，学籍还没有办的学生", _owing_a_move, "state_since", "dropout:cases", "tab=roster"
    ),
    Duty(
        P.ISSUE_ORDERS, "限期复学通知书到期、学生没有返校",
        lambda user: ReturnOrder.objects.visible_to(user, P.ISSUE_ORDERS).overdue(), "due_on", "dropout:papers", "tab=overdue",
    ),
    Duty(
        P.ISSUE_ORDERS, "待您批准的四不办理",
        lambda user: Denial.objects.visible_to(user, P.ISSUE_ORDERS).to_approve().exclude(proposed_by_id=user.pk),
        "proposed_at", "dropout:papers", "tab=denied",
    ),
    Duty(P.ENTER_ATTENDANCE, "今天还没有登记考勤的班级", due_today, "waiting", "dropout:attendance"),
    Duty(P.ENTER_ATTENDANCE, "缺勤未跟进的学生", _unasked, "date", "dropout:follow_ups"),
    Duty(P.VERIFY_CASES, "连续缺勤、待学校和县局介入的学生", _away, "first_on", "dropout:runs"),
    Duty(
        P.KEEP_CALENDAR, "逾期未办的控辍事项",
        lambda user: DutyTask.objects.visible_to(user, P.KEEP_CALENDAR).in_state(TaskState.LATE),
        "due_on", "dropout:tasks", "state=late",
    ),
    Duty(
        P.REVIEW_REPORTS, "待审核的控辍月报",
        lambda user: Report.objects.visible_to(user, P.REVIEW_REPORTS).filter(state=ReportState.SUBMITTED),
        "submitted_at", "dropout:reports", "tab=in",
    ),
    *PROJECT_DUTIES,
    *TEACHER_DUTIES,
    Duty(P.EDIT_STUDENTS, "没有填完的学生表单", lambda user: StudentDraft.objects.filter(user=user), "saved_at", "students:list"),
)  # fmt: skip


def money_alerts(user) -> list[Todo]:
    """Return money that lies too long and money that is not there, for whoever keeps the funds.

    Not among the counted to-dos: those are counted on every page, and this adds up a term's entitlements.
    """
    if not user.can(P.MANAGE_FUNDS):
        return []
    found = []
    if idle := idle_receipts():
        came = min(lying.received_on for lying in idle)
        since = timezone.make_aware(dt.datetime.combine(came, dt.time()))
        found.append(Todo("到账后迟迟没有用完的资金（滞留）", len(idle), reverse("subsidies:funds"), since))
    term = user.current_term or Term.objects.first()
    if short := short_of_money(term) if term else 0:
        found.append(Todo("资金有缺口的来源和项目", short, reverse("subsidies:funds_balance")))
    return found


def waiting_for_facts(user) -> list[Todo]:
    """Return the children of the term whose aid waits for a fact that ``user`` may fill in. Not counted on every page, either."""
    term = user.current_term or Term.objects.first()
    if term is None or term.is_closed or not user.can(P.EDIT_STUDENTS):
        return []
    try:
        found = awaited(term, Enrolment.objects.visible_to(user, P.EDIT_STUDENTS).of(term))
    except FactUnread:
        return []
    return (
        [Todo("待定档学生（困难等级等没有登记）", len(found), reverse("subsidies:awaited"))] if found else []
    )


def todos_of(user) -> list[Todo]:
    """Return what waits for ``user``, only kinds with something in them, oldest wait told."""
    waiting = []
    for duty, count, since in _counted([duty for duty in DUTIES if user.can(duty.permission)], user):
        address = reverse(duty.url_name) + (f"?{duty.query}" if duty.query else "")
        waiting.append(Todo(duty.text, count, address, since))
    if user.can(P.RECALCULATE):
        changed = marks_of().aggregate(count=Count("student_id", distinct=True), since=Min("marked_at"))
        if changed["count"]:
            page = reverse("subsidies:calculation")
            waiting.append(Todo("资料有变动、待重算的学生", changed["count"], page, changed["since"]))
        failed = list(nightly.unfinished())
        if failed:
            first = failed[-1]
            page = f"{reverse('subsidies:calculation')}?term={first.pk}"
            waiting.append(Todo("夜间自动重算失败、待重算的学期", len(failed), page, first.failed_at))
    return waiting


def _counted(duties: list[Duty], user) -> list[tuple[Duty, int, dt.datetime | None]]:
    """Return the duties with something in them, how many and since when; one query for all, for every page asks it.

    A day becomes its first moment in UTC, which is the same day in the county.
    """
    counts = [
        duty.rows(user)
        .order_by()
        .annotate(_kind=Value(number))
        .values("_kind")
        .annotate(_count=Count("pk"), _since=Cast(Min(duty.since), DateTimeField()))
        .values_list("_kind", "_count", "_since")
        for number, duty in enumerate(duties)
    ]
    if not counts:
        return []
    first, *others = counts
    rows = sorted(first.union(*others, all=True) if others else first)
    return [(duties[number], count, since) for number, count, since in rows if count]
