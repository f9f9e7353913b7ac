"""The steps of an application for serious-illness aid."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.allowances import CareStage
from teachers.enums.care import AidState as S

AID_FLOW = Flow(
    "illness_aid",
    (
        Transition("apply", (), S.APPLIED, P.KEEP_CARE, "申请救助"),
        Transition("apply_again", (S.RETURNED,), S.APPLIED, P.KEEP_CARE, "重新申请"),
        Transition(
            "return", (S.APPLIED, S.REVIEWED), S.RETURNED, P.REVIEW_CARE, "退回补充", needs_reason=True
        ),
        Transition("review", (S.APPLIED,), S.REVIEWED, P.REVIEW_CARE, "审核同意", needs_reason=True),
        Transition(
            "refuse", (S.APPLIED, S.REVIEWED), S.REFUSED, P.APPROVE_CARE, "不予救助", needs_reason=True
        ),
        Transition("approve", (S.REVIEWED,), S.APPROVED, P.APPROVE_CARE, "审批同意"),
        Transition("pay", (S.APPROVED,), S.PAID, P.PAY_CARE, "登记发放"),
    ),
)
AID_STAGE_OF = {
    "apply": CareStage.SCHOOL, "apply_again": CareStage.SCHOOL, "return": CareStage.REVIEW, "review": CareStage.REVIEW,
    "refuse": CareStage.APPROVE, "approve": CareStage.APPROVE, "pay": CareStage.PAY,
}  # fmt: skip
