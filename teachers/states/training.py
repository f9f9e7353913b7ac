"""The steps of one teacher in one course."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.training import TraineeState as S

TRAINEE_FLOW = Flow(
    "trainee",
    (
        Transition("enrol", (), S.ENROLLED, P.REPORT_TRAINING, "报名"),
        Transition("report", (S.ENROLLED,), S.REPORTED, P.REPORT_TRAINING, "上报完成"),
        Transition("confirm", (S.REPORTED,), S.COMPLETED, P.PLAN_TRAINING, "认定学时"),
        Transition("send_back", (S.REPORTED,), S.ENROLLED, P.PLAN_TRAINING, "退回", needs_reason=True),
        Transition("miss", (S.ENROLLED,), S.MISSED, P.REPORT_TRAINING, "没有参加", needs_reason=True),
    ),
)
