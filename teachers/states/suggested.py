"""The steps of a suggested plan (建议方案)."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition
from teachers.enums.suggested import RunState as S

SUGGESTED_FLOW = Flow(
    "suggested_plan",
    (
        Transition("order", (), S.WAITING, P.PLAN_DEPLOYMENT, "求解"),
        Transition("solve", (S.WAITING,), S.SOLVED, P.PLAN_DEPLOYMENT, "得出方案"),
        Transition("find_none", (S.WAITING,), S.INFEASIBLE, P.PLAN_DEPLOYMENT, "没有可行方案"),
        Transition("replace", (S.WAITING, S.SOLVED, S.INFEASIBLE), S.REPLACED, P.PLAN_DEPLOYMENT, "重新求解"),
        Transition("adopt", (S.SOLVED,), S.ADOPTED, P.PLAN_DEPLOYMENT, "采纳方案"),
        Transition("drop", (S.WAITING, S.SOLVED, S.INFEASIBLE), S.DROPPED, P.PLAN_DEPLOYMENT, "放弃方案"),
    ),
)
