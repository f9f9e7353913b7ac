"""The steps of a finding. Whoever reported it done does not re-check it (:mod:`povertyedu.findings.actions`)."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition

from .enums import FindingState as S

FINDING_FLOW = Flow(
    "finding",
    (
        Transition("find", (), S.FOUND, P.MANAGE_FINDINGS, "登记问题"),
        Transition("plan", (S.FOUND, S.PLANNED), S.PLANNED, P.ANSWER_FINDINGS, "填报整改措施", needs_reason=True),
        Transition("finish", (S.PLANNED,), S.DONE, P.ANSWER_FINDINGS, "报告整改完成", needs_reason=True),
        Transition("recheck", (S.DONE,), S.RECHECKED, P.MANAGE_FINDINGS, "复核通过", needs_reason=True),
        Transition("send_back", (S.DONE, S.RECHECKED), S.PLANNED, P.MANAGE_FINDINGS, "退回继续整改", needs_reason=True),
        Transition("close", (S.RECHECKED,), S.CLOSED, P.MANAGE_FINDINGS, "销号"),
        Transition("reopen", (S.CLOSED,), S.FOUND, P.MANAGE_FINDINGS, "重新整改", needs_reason=True),
    ),
)  # fmt: skip
