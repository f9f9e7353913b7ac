"""The steps of a deployment: a school (or the personnel office) asks, another person of the bureau approves, both schools agree (to an office, the sending one alone)."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.deployment import DeploymentState as S

DEPLOYMENT_FLOW = Flow(
    "deployment",
    (
        Transition("draft", (), S.DRAFT, P.ASK_DEPLOYMENT, "起草"),
        Transition("record", (), S.RETURNED, P.ASK_DEPLOYMENT, "补录", needs_reason=True),
        Transition("ask", (S.DRAFT,), S.ASKED, P.ASK_DEPLOYMENT, "提出申请"),
        Transition("approve", (S.ASKED,), S.APPROVED, P.APPROVE_DEPLOYMENT, "批准"),
        Transition("refuse", (S.ASKED,), S.REFUSED, P.APPROVE_DEPLOYMENT, "不批准", needs_reason=True),
        Transition("agree", (S.APPROVED,), S.HALF_AGREED, P.ACCEPT_DEPLOYMENT, "学校同意"),
        Transition("agree_alone", (S.APPROVED,), S.AGREED, P.ACCEPT_DEPLOYMENT, "学校同意"),
        Transition("agree_too", (S.HALF_AGREED,), S.AGREED, P.ACCEPT_DEPLOYMENT, "另一校同意"),
        Transition(
            "decline", (S.APPROVED, S.HALF_AGREED), S.REFUSED, P.ACCEPT_DEPLOYMENT, "学校不同意", needs_reason=True
        ),
        Transition("start", (S.AGREED,), S.UNDER_WAY, P.ACCEPT_DEPLOYMENT, "确认到岗"),
        Transition("return", (S.UNDER_WAY,), S.RETURNED, P.ACCEPT_DEPLOYMENT, "登记返回"),
        Transition("extend", (S.UNDER_WAY,), S.EXTENDED, P.ACCEPT_DEPLOYMENT, "延期"),
        Transition("end_early", (S.UNDER_WAY,), S.ENDED_EARLY, P.APPROVE_DEPLOYMENT, "提前结束", needs_reason=True),
        Transition(
            "withdraw", (S.DRAFT, S.ASKED, S.APPROVED, S.HALF_AGREED, S.AGREED), S.WITHDRAWN, P.ASK_DEPLOYMENT, "撤回",
            needs_reason=True,
        ),
    ),
)  # fmt: skip
