"""The steps of a notice (通报): proposed by the machine, issued by a person, answered by the place, settled or rectified."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition

from .enums import NoticeState as S

NOTICE_FLOW = Flow(
    "indicator_notice",
    (
        Transition("propose", (), S.PROPOSED, P.MANAGE_INDICATORS, "拟通报"),
        Transition("issue", (S.PROPOSED,), S.ISSUED, P.MANAGE_INDICATORS, "发出通报"),
        Transition("drop", (S.PROPOSED,), S.DROPPED, P.MANAGE_INDICATORS, "不通报", needs_reason=True),
        Transition("answer", (S.ISSUED,), S.ANSWERED, P.ANSWER_FINDINGS, "答复通报", needs_reason=True),
        Transition("return", (S.ANSWERED,), S.ISSUED, P.MANAGE_INDICATORS, "退回重新答复", needs_reason=True),
        Transition("settle", (S.ANSWERED,), S.SETTLED, P.MANAGE_INDICATORS, "答复属实，办结", needs_reason=True),
        Transition("rectify", (S.ISSUED, S.ANSWERED), S.RECTIFYING, P.MANAGE_INDICATORS, "转整改", needs_reason=True),
    ),
)  # fmt: skip
