"""The steps of a project and of a request for approval."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition

from .enums import (
    AcceptanceState,
    BaseTableState,
    DisclosureState,
    GapState,
    MilestoneKind,
    PurchaseState,
    RequestState,
)
from .enums import ProjectState as S

PROJECT_FLOW = Flow(
    "project",
    (
        Transition("register", (), S.PRELIMINARY, P.MANAGE_PROJECTS, "登记项目"),
        Transition("start", (S.PRELIMINARY,), S.UNDER_WAY, P.MANAGE_PROJECTS, "开工"),
        Transition("finish", (S.UNDER_WAY,), S.FINISHED, P.MANAGE_PROJECTS, "竣工"),
        Transition("accept", (S.FINISHED,), S.ACCEPTED, P.MANAGE_PROJECTS, "验收"),
        Transition("hand_over", (S.ACCEPTED,), S.HANDED_OVER, P.MANAGE_PROJECTS, "资产移交"),
        Transition("halt", (S.UNDER_WAY,), S.HALTED, P.MANAGE_PROJECTS, "停工", needs_reason=True),
        Transition("resume", (S.HALTED,), S.UNDER_WAY, P.MANAGE_PROJECTS, "复工", needs_reason=True),
        Transition("cancel", (S.PRELIMINARY,), S.CANCELLED, P.MANAGE_PROJECTS, "取消项目", needs_reason=True),
    ),
)
# The milestones that move a project along when they are reached.
MOVED_BY = {
    MilestoneKind.START: "start", MilestoneKind.FINISH: "finish", MilestoneKind.ACCEPTANCE: "accept",
    MilestoneKind.HANDOVER: "hand_over",
}  # fmt: skip

R = RequestState
REQUEST_FLOW = Flow(
    "project_request",
    (
        Transition("ask", (), R.ASKED, P.KEEP_PROJECT_FUNDS, "申请", needs_reason=True),
        Transition("approve", (R.ASKED,), R.APPROVED, P.APPROVE_PROJECTS, "批准"),
        Transition("refuse", (R.ASKED,), R.REFUSED, P.APPROVE_PROJECTS, "不批准", needs_reason=True),
        Transition("withdraw", (R.ASKED,), R.WITHDRAWN, P.KEEP_PROJECT_FUNDS, "撤回申请"),
    ),
)

G = GapState
GAP_FLOW = Flow(
    "gap",
    (
        Transition("report", (), G.OPEN, P.REPORT_NEEDS, "填报缺口"),
        Transition("plan", (G.OPEN, G.PLANNED), G.PLANNED, P.MANAGE_PROJECTS, "列入项目"),
        Transition("fill", (G.OPEN, G.PLANNED), G.FILLED, P.REPORT_NEEDS, "报告补齐", needs_reason=True),
        Transition("confirm", (G.FILLED,), G.CLOSED, P.MANAGE_PROJECTS, "核实销号", needs_reason=True),
        Transition("send_back", (G.FILLED,), G.OPEN, P.MANAGE_PROJECTS, "退回", needs_reason=True),
        Transition(
            "release", (G.PLANNED,), G.OPEN, P.MANAGE_PROJECTS, "项目取消，回到清单", needs_reason=True
        ),
        Transition("drop", (G.OPEN, G.PLANNED), G.DROPPED, P.MANAGE_PROJECTS, "不成立", needs_reason=True),
        Transition("reopen", (G.CLOSED, G.DROPPED), G.OPEN, P.MANAGE_PROJECTS, "重新打开", needs_reason=True),
    ),
)
# What an accepted delivery adds to a gap that it does not fill: no step of a person, but part of its history.
GAP_PARTLY_FILLED = {
    state: Transition("receive", (state,), state, P.CONFIRM_EQUIPMENT, "到货一部分")
    for state in (G.OPEN, G.PLANNED)
}

U = PurchaseState
PURCHASE_FLOW = Flow(
    "purchase",
    (
        Transition("draw_up", (), U.DRAFT, P.MANAGE_PROJECTS, "拟订采购清单"),
        Transition("submit", (U.DRAFT,), U.SUBMITTED, P.MANAGE_PROJECTS, "提交审批"),
        Transition("approve", (U.SUBMITTED,), U.APPROVED, P.APPROVE_PROJECTS, "审批同意"),
        Transition("return", (U.SUBMITTED,), U.DRAFT, P.APPROVE_PROJECTS, "退回修改", needs_reason=True),
        Transition("order", (U.APPROVED,), U.ORDERED, P.MANAGE_PROJECTS, "下单采购"),
        Transition("deliver", (U.ORDERED,), U.DELIVERED, P.CONFIRM_EQUIPMENT, "全部到齐"),
        Transition("settle", (U.ORDERED,), U.SETTLED, P.MANAGE_PROJECTS, "按实收办结", needs_reason=True),
        Transition("cancel", (U.DRAFT, U.SUBMITTED, U.APPROVED), U.CANCELLED, P.MANAGE_PROJECTS, "作废", needs_reason=True),
    ),
)  # fmt: skip

A = AcceptanceState
ACCEPTANCE_FLOW = Flow(
    "acceptance",
    (
        Transition("report", (), A.REPORTED, P.ACCEPT_EQUIPMENT, "登记验收"),
        Transition("confirm", (A.REPORTED,), A.CONFIRMED, P.CONFIRM_EQUIPMENT, "复核确认"),
        Transition("reject", (A.REPORTED,), A.REJECTED, P.CONFIRM_EQUIPMENT, "退回重验", needs_reason=True),
    ),
)

B = BaseTableState
BASE_TABLE_FLOW = Flow(
    "base_table",
    (
        Transition("submit", (B.DRAFT, B.RETURNED), B.SUBMITTED, P.MANAGE_PROJECTS, "报送"),
        Transition("accept", (B.SUBMITTED,), B.ACCEPTED, P.APPROVE_PROJECTS, "审定"),
        Transition("return", (B.SUBMITTED,), B.RETURNED, P.APPROVE_PROJECTS, "退回", needs_reason=True),
    ),
)

D = DisclosureState
DISCLOSURE_FLOW = Flow(
    "disclosure",
    (
        Transition("draw_up", (), D.DRAFT, P.MANAGE_PROJECTS, "拟稿"),
        Transition("submit", (D.DRAFT, D.RETURNED), D.SUBMITTED, P.MANAGE_PROJECTS, "提交审批"),
        Transition("drop", (D.DRAFT, D.RETURNED), D.DROPPED, P.MANAGE_PROJECTS, "放弃"),
        Transition("publish", (D.SUBMITTED,), D.PUBLISHED, P.APPROVE_PROJECTS, "批准并公开"),
        Transition("return", (D.SUBMITTED,), D.RETURNED, P.APPROVE_PROJECTS, "退回", needs_reason=True),
        Transition("withdraw", (D.PUBLISHED,), D.WITHDRAWN, P.APPROVE_PROJECTS, "撤下", needs_reason=True),
        Transition("replace", (D.PUBLISHED,), D.REPLACED, P.APPROVE_PROJECTS, "由新版替换"),  # with the new version's approval
    ),
)  # fmt: skip
