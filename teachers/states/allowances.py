"""The steps of a monthly roll of allowances and of each school's sheet on it."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.allowances import CareStage
from teachers.enums.allowances import RollState as R
from teachers.enums.allowances import SheetState as S

ROLL_FLOW = Flow(
    "allowance_roll",
    (
        Transition("draw_up", (), R.OPEN, P.REVIEW_CARE, "生成名单"),
        Transition("review", (R.OPEN,), R.REVIEWED, P.REVIEW_CARE, "审核同意，提交审批"),
        Transition("send_back", (R.REVIEWED,), R.OPEN, P.APPROVE_CARE, "退回县局", needs_reason=True),
        Transition("approve", (R.REVIEWED,), R.APPROVED, P.APPROVE_CARE, "审批同意"),
        Transition("pay", (R.APPROVED,), R.PAID, P.PAY_CARE, "登记发放"),
    ),
)
SHEET_FLOW = Flow(
    "allowance_sheet",
    (
        Transition("confirm", (S.DRAFT, S.RETURNED), S.CONFIRMED, P.KEEP_CARE, "确认名单"),
        Transition("return", (S.CONFIRMED,), S.RETURNED, P.REVIEW_CARE, "退回学校", needs_reason=True),
    ),
)
# Step -> the stage that whoever takes it holds in the roll.
STAGE_OF = {
    "confirm": CareStage.SCHOOL, "review": CareStage.REVIEW, "return": CareStage.REVIEW, "send_back": CareStage.APPROVE,
    "approve": CareStage.APPROVE, "pay": CareStage.PAY,
}  # fmt: skip
