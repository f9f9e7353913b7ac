"""The steps of a policy, of a batch, of a school's sheet and of an allocation: who may take which, from where to where.

Order of work (facts.md 3.6): report, review, approval, publicity (公示), payout. A person takes one
stage per batch (:class:`~subsidies.models.BatchSeat`); the stage of each step is in :data:`STAGE_OF`.
"""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from subsidies.enums import AllocationStage, BatchStage, PolicyState
from subsidies.enums import AllocationState as A
from subsidies.enums import BatchState as B
from subsidies.enums import ExchangeState as X
from subsidies.enums import RecoveryState as R
from subsidies.enums import SheetState as S

POLICY_FLOW = Flow(
    "policy",
    (
        Transition("draft", (), PolicyState.DRAFT, P.LOAD_POLICY, "起草"),
        Transition("publish", (PolicyState.DRAFT,), PolicyState.PUBLISHED, P.LOAD_POLICY, "发布"),
        Transition("drop", (PolicyState.DRAFT,), PolicyState.DROPPED, P.LOAD_POLICY, "放弃草稿"),
    ),
)

BATCH_FLOW = Flow(
    "batch",
    (
        Transition("open", (), B.OPEN, P.OPEN_BATCH, "开立批次"),
        Transition("cancel", (B.OPEN,), B.CANCELLED, P.OPEN_BATCH, "撤销批次", needs_reason=True),
        Transition("approve_office", (B.OPEN,), B.OFFICE_APPROVED, P.APPROVE_OFFICE, "同意并提交审批"),
        Transition("return_office", (B.OFFICE_APPROVED,), B.OPEN, P.APPROVE_FINAL, "退回资助中心", needs_reason=True),
        Transition("approve_final", (B.OFFICE_APPROVED,), B.APPROVED, P.APPROVE_FINAL, "审批同意"),
        Transition("publish", (B.APPROVED,), B.IN_PUBLICITY, P.PUBLISH, "开始公示"),
        Transition("republish", (B.IN_PUBLICITY, B.CLEARED), B.IN_PUBLICITY, P.PUBLISH, "变更名单重新公示", needs_reason=True),
        Transition("clear", (B.IN_PUBLICITY,), B.CLEARED, P.PUBLISH, "公示期满，转发放"),
        Transition("send", (B.CLEARED, B.SENT, B.PAID, B.PARTLY_FAILED), B.SENT, P.PAY, "导出银行文件"),
        Transition("mark_paid", (B.SENT,), B.PAID, P.PAY, "回盘：全部到账"),
        Transition("mark_partly_failed", (B.SENT,), B.PARTLY_FAILED, P.PAY, "回盘：部分失败"),
        # a cleared batch of which nobody is left to pay may be closed too
        Transition("archive", (B.CLEARED, B.PAID, B.PARTLY_FAILED), B.ARCHIVED, P.OPEN_BATCH, "归档"),
    ),
)  # fmt: skip

SHEET_FLOW = Flow(
    "sheet",
    (
        Transition("submit", (S.DRAFT, S.RETURNED), S.SUBMITTED, P.SUBMIT_SHEET, "报送中心学校"),
        # a school without a centre school above it reports straight to the aid office
        Transition("submit_to_office", (S.DRAFT, S.RETURNED), S.REVIEWED, P.SUBMIT_SHEET, "报送资助中心"),
        Transition("review", (S.SUBMITTED,), S.REVIEWED, P.REVIEW_SHEET, "审核同意"),
        Transition("return_by_centre", (S.SUBMITTED,), S.RETURNED, P.REVIEW_SHEET, "退回学校", needs_reason=True),
        Transition("return_by_office", (S.REVIEWED,), S.RETURNED, P.APPROVE_OFFICE, "退回学校", needs_reason=True),
        Transition("approve", (S.REVIEWED,), S.APPROVED, P.APPROVE_FINAL, "随批次审批"),
    ),
)  # fmt: skip

# Whoever proposed a recovery does not answer it (subsidies.actions.recovery).
RECOVERY_FLOW = Flow(
    "recovery",
    (
        Transition("propose", (), R.PROPOSED, P.OPEN_BATCH, "提出追回"),
        Transition("approve", (R.PROPOSED,), R.APPROVED, P.APPROVE_FINAL, "批准追回"),
        Transition("refuse", (R.PROPOSED,), R.REFUSED, P.APPROVE_FINAL, "不同意追回", needs_reason=True),
        Transition("withdraw", (R.PROPOSED,), R.WITHDRAWN, P.OPEN_BATCH, "撤回", needs_reason=True),
        Transition("settle", (R.APPROVED,), R.SETTLED, P.PAY, "全部追回"),
        Transition("end", (R.APPROVED,), R.ENDED, P.APPROVE_FINAL, "终止追回", needs_reason=True),
    ),
)
ALLOCATION_FLOW = Flow(
    "allocation",
    (
        Transition("draw_up", (), A.DRAFT, P.MANAGE_FUNDS, "拟订分配"),
        Transition("submit", (A.DRAFT,), A.SUBMITTED, P.MANAGE_FUNDS, "提交审批"),
        Transition("cancel", (A.DRAFT,), A.CANCELLED, P.MANAGE_FUNDS, "作废", needs_reason=True),
        Transition("return", (A.SUBMITTED,), A.DRAFT, P.APPROVE_ALLOCATION, "退回修改", needs_reason=True),
        Transition("approve", (A.SUBMITTED,), A.APPROVED, P.APPROVE_ALLOCATION, "审批同意"),
        Transition("allocate", (A.APPROVED,), A.ALLOCATED, P.MANAGE_FUNDS, "下达各校"),
        Transition("revoke", (A.APPROVED, A.ALLOCATED), A.REVOKED, P.APPROVE_ALLOCATION, "收回分配", needs_reason=True),
    ),
)  # fmt: skip
ALLOCATION_STAGE_OF = {
    "draw_up": AllocationStage.DRAFTER, "submit": AllocationStage.DRAFTER, "cancel": AllocationStage.DRAFTER,
    "return": AllocationStage.APPROVER, "approve": AllocationStage.APPROVER, "revoke": AllocationStage.APPROVER,
    "allocate": AllocationStage.PAYER,
}  # fmt: skip

STAGE_OF = {
    P.SUBMIT_SHEET: BatchStage.CLERK,
    P.REVIEW_SHEET: BatchStage.REVIEWER,
    P.OPEN_BATCH: BatchStage.OFFICE,
    P.APPROVE_OFFICE: BatchStage.OFFICE,
    P.PUBLISH: BatchStage.OFFICE,
    P.HANDLE_OBJECTION: BatchStage.OFFICE,
    P.APPROVE_FINAL: BatchStage.APPROVER,
    P.PAY: BatchStage.FINANCE,
}
# The steps as a reader of a batch sees them after the schools' reports: their words, and the states they go on in.
BATCH_STEPS = (
    ("资助中心审核", (B.OPEN,)),
    ("局领导审批", (B.OFFICE_APPROVED,)),
    ("公示", (B.APPROVED, B.IN_PUBLICITY)),
    ("发放", (B.CLEARED, B.SENT)),
    ("归档", (B.PAID, B.PARTLY_FAILED)),
)

# The question to the county of study (异地就读资助核实); a reply may come in parts.
EXCHANGE_FLOW = Flow(
    "exchange",
    (
        Transition("open", (), X.DRAFT, P.ASK_COUNTIES, "拟定名单"),
        Transition("drop", (X.DRAFT,), X.DROPPED, P.ASK_COUNTIES, "撤销"),
        Transition("send", (X.DRAFT,), X.SENT, P.ASK_COUNTIES, "发函"),
        Transition("withdraw", (X.SENT,), X.DROPPED, P.ASK_COUNTIES, "撤回函件", needs_reason=True),
        Transition("answer", (X.SENT, X.ANSWERED), X.ANSWERED, P.ASK_COUNTIES, "读入答复"),
        Transition("close", (X.SENT, X.ANSWERED), X.CLOSED, P.ASK_COUNTIES, "办结", needs_reason=True),
    ),
)
