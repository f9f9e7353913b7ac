"""The steps of a move, of a proof of hardship, of a pair that may be one child, and of what else in the registry goes from hand to hand.

A transfer within the county is asked for by one school's clerk and answered by the other's; every
other kind of move is settled at once by the school that has the child.
"""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from students.enums import ChangeState, EndState, PairState, ProofState
from students.enums import CorrectionState as C
from students.enums import MoveState as M
from students.enums import PromotionState as S

MOVE_FLOW = Flow(
    "move",
    (
        Transition("request", (), M.REQUESTED, P.MOVE_STUDENTS, "提出转学"),
        Transition("accept", (M.REQUESTED,), M.DONE, P.MOVE_STUDENTS, "同意转学"),
        Transition("refuse", (M.REQUESTED,), M.REFUSED, P.MOVE_STUDENTS, "不同意转学", needs_reason=True),
        Transition("withdraw", (M.REQUESTED,), M.WITHDRAWN, P.MOVE_STUDENTS, "撤回"),
        Transition("settle", (), M.DONE, P.MOVE_STUDENTS, "办理异动"),
    ),
)

PROOF_FLOW = Flow(
    "proof",
    (
        Transition("confirm", (ProofState.WAITING,), ProofState.CONFIRMED, P.IDENTIFY, "复核通过"),
        Transition("refuse", (ProofState.WAITING,), ProofState.REFUSED, P.IDENTIFY, "不予认定", needs_reason=True),
    ),
)  # fmt: skip

PAIR_FLOW = Flow(
    "pair",
    (
        Transition("tell_apart", (PairState.OPEN,), PairState.DIFFERENT, P.RESOLVE_DUPLICATES, "不是同一人"),
        Transition("propose", (PairState.OPEN,), PairState.PROPOSED, P.RESOLVE_DUPLICATES, "是同一人，提请合并"),
        Transition("refuse", (PairState.PROPOSED,), PairState.OPEN, P.RESOLVE_DUPLICATES, "退回重新判定", needs_reason=True),
        Transition("confirm", (PairState.PROPOSED,), PairState.MERGED, P.RESOLVE_DUPLICATES, "复核并合并"),
        Transition("ask_undo", (PairState.MERGED,), PairState.UNDOING, P.RESOLVE_DUPLICATES, "提请撤销合并", needs_reason=True),
        Transition("undo", (PairState.UNDOING,), PairState.OPEN, P.RESOLVE_DUPLICATES, "复核并撤销合并"),
        Transition("keep_merged", (PairState.UNDOING,), PairState.MERGED, P.RESOLVE_DUPLICATES, "不撤销，仍为一份档案", needs_reason=True),
        Transition("ask_again", (PairState.DIFFERENT,), PairState.OPEN, P.RESOLVE_DUPLICATES, "重新判定", needs_reason=True),
    ),
)  # fmt: skip


PROMOTION_FLOW = Flow(
    "promotion",
    (
        Transition("open", (), S.DRAFT, P.MOVE_STUDENTS, "生成升级名单"),
        Transition("apply", (S.DRAFT,), S.APPLIED, P.MOVE_STUDENTS, "确认生效"),
        Transition("drop", (S.DRAFT,), S.DROPPED, P.MOVE_STUDENTS, "放弃"),
        Transition("undo", (S.APPLIED,), S.UNDONE, P.MOVE_STUDENTS, "撤销", needs_reason=True),
    ),
)

CORRECTION_FLOW = Flow(
    "correction",
    (
        Transition("request", (), C.REQUESTED, P.EDIT_STUDENTS, "申请更正"),
        Transition("approve", (C.REQUESTED,), C.APPROVED, P.APPROVE_CORRECTION, "批准更正"),
        Transition("refuse", (C.REQUESTED,), C.REFUSED, P.APPROVE_CORRECTION, "不同意", needs_reason=True),
        Transition("withdraw", (C.REQUESTED, C.APPROVED), C.WITHDRAWN, P.EDIT_STUDENTS, "撤回"),
        Transition("use", (C.APPROVED,), C.USED, P.EDIT_STUDENTS, "更正"),
    ),
)

CHANGE_FLOW = Flow(
    "change",
    (
        Transition("propose", (), ChangeState.WAITING, P.EDIT_STUDENTS, "提出变更"),
        Transition("confirm", (ChangeState.WAITING,), ChangeState.CONFIRMED, P.CHECK_CHANGES, "复核通过"),
        Transition("refuse", (ChangeState.WAITING,), ChangeState.REFUSED, P.CHECK_CHANGES, "不同意", needs_reason=True),
        Transition("withdraw", (ChangeState.WAITING,), ChangeState.WITHDRAWN, P.EDIT_STUDENTS, "撤回"),
        Transition("supersede", (ChangeState.WAITING,), ChangeState.SUPERSEDED, P.EDIT_STUDENTS, "改提新的变更"),
    ),
)  # fmt: skip

END_FLOW = Flow(
    "end",
    (
        Transition("confirm", (EndState.WAITING,), EndState.CONFIRMED, P.IDENTIFY, "确认终止"),
        Transition("refuse", (EndState.WAITING,), EndState.REFUSED, P.IDENTIFY, "不终止", needs_reason=True),
        Transition("lapse", (EndState.WAITING,), EndState.LAPSED, P.IDENTIFY, "不再需要"),
    ),
)  # fmt: skip
