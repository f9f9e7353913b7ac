"""The steps of a move and of what else in the registry goes from hand to hand.

A transfer within the county is asked for by one school's clerk and answered by the other's; every
other kind of move is settled at once by the school that has the child.
"""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from students.enums import MoveState as M

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
