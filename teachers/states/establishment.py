"""The steps of a request to go over the establishment."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.establishment import ExcessState as S

EXCESS_FLOW = Flow(
    "excess_request",
    (
        Transition("ask", (), S.ASKED, P.MANAGE_ESTABLISHMENT, "申请超编", needs_reason=True),
        Transition("approve", (S.ASKED,), S.APPROVED, P.APPROVE_EXCESS, "批准"),
        Transition("refuse", (S.ASKED,), S.REFUSED, P.APPROVE_EXCESS, "不批准", needs_reason=True),
        Transition("withdraw", (S.ASKED,), S.WITHDRAWN, P.MANAGE_ESTABLISHMENT, "撤回申请"),
        Transition("end", (S.APPROVED,), S.ENDED, P.MANAGE_ESTABLISHMENT, "收回超编名额", needs_reason=True),
    ),
)
