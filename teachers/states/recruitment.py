"""The steps of a recruitment plan, of who applies, and of a list of who is to be hired."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.recruitment import CandidateState as C
from teachers.enums.recruitment import HireListState as H
from teachers.enums.recruitment import PlanState as S

PLAN_FLOW = Flow(
    "recruitment_plan",
    (
        Transition("draw_up", (), S.DRAFT, P.PLAN_RECRUITMENT, "拟订计划"),
        Transition("submit", (S.DRAFT,), S.SUBMITTED, P.PLAN_RECRUITMENT, "提交审批"),
        Transition("approve", (S.SUBMITTED,), S.APPROVED, P.APPROVE_RECRUITMENT, "批准计划"),
        Transition("return", (S.SUBMITTED,), S.DRAFT, P.APPROVE_RECRUITMENT, "退回修改", needs_reason=True),
        Transition("close", (S.APPROVED,), S.CLOSED, P.PLAN_RECRUITMENT, "结束计划", needs_reason=True),
        Transition("cancel", (S.DRAFT,), S.CANCELLED, P.PLAN_RECRUITMENT, "作废", needs_reason=True),
    ),
)
CANDIDATE_FLOW = Flow(
    "candidate",
    (
        Transition("register", (), C.REGISTERED, P.PLAN_RECRUITMENT, "报名登记"),
        Transition("select", (C.REGISTERED,), C.CHECKING, P.PLAN_RECRUITMENT, "列入体检考察"),
        Transition("clear", (C.CHECKING,), C.CLEARED, P.PLAN_RECRUITMENT, "体检考察合格"),
        Transition("list", (C.CLEARED,), C.LISTED, P.PLAN_RECRUITMENT, "列入公示"),
        Transition("unlist", (C.LISTED,), C.CLEARED, P.PLAN_RECRUITMENT, "撤出公示", needs_reason=True),
        Transition("hire", (C.LISTED,), C.HIRED, P.APPROVE_RECRUITMENT, "批准聘用"),
        Transition("post", (C.HIRED,), C.POSTED, P.PLAN_RECRUITMENT, "到岗"),
        Transition(
            "reject", (C.REGISTERED, C.CHECKING, C.CLEARED, C.LISTED), C.OUT, P.PLAN_RECRUITMENT, "不予录用", needs_reason=True
        ),
        Transition(
            "withdraw", (C.REGISTERED, C.CHECKING, C.CLEARED, C.LISTED, C.HIRED), C.WITHDRAWN, P.PLAN_RECRUITMENT, "本人放弃",
            needs_reason=True,
        ),
    ),
)  # fmt: skip
HIRE_LIST_FLOW = Flow(
    "hire_list",
    (
        Transition("open", (), H.PUBLIC, P.PLAN_RECRUITMENT, "开始公示"),
        Transition("approve", (H.PUBLIC,), H.APPROVED, P.APPROVE_RECRUITMENT, "批准聘用"),
        Transition("withdraw", (H.PUBLIC,), H.WITHDRAWN, P.PLAN_RECRUITMENT, "撤回名单", needs_reason=True),
    ),
)
