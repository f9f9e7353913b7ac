"""The steps of a case: from a child found away to 销号, every end proposed by one person and confirmed by another.

Order of work (facts.md 5): suspected, verified, persuading, returned, monitored, closed; side exits from any step.
"""

from dropout.enums import CaseState as S
from dropout.enums import ReportState as R
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workflow.flow import Flow, Transition

# From where an end may be proposed, and so where a refusal leads back to.
MAY_END = (S.SUSPECTED, S.VERIFIED, S.PERSUADING, S.RETURNED, S.MONITORED, S.HOME_TAUGHT, S.DELAYED)

CASE_FLOW = Flow(
    "case",
    (
        Transition("open", (), S.SUSPECTED, P.SCREEN, "建立个案"),
        Transition("raise", (S.SUSPECTED,), S.SUSPECTED, P.SCREEN, "转为辍学"),  # stays where it is, whatever the step
        Transition("verify", (S.SUSPECTED,), S.VERIFIED, P.VERIFY_CASES, "核实属实"),
        Transition("persuade", (S.VERIFIED,), S.PERSUADING, P.WORK_CASES, "制定方案，开始劝返"),
        Transition("return", (S.SUSPECTED, S.VERIFIED, S.PERSUADING, S.HOME_TAUGHT, S.DELAYED), S.RETURNED, P.WORK_CASES, "登记返校"),
        Transition("monitor", (S.RETURNED,), S.MONITORED, P.VERIFY_CASES, "核实返校，开始监测"),
        Transition("relapse", (S.RETURNED, S.MONITORED), S.PERSUADING, P.WORK_CASES, "再次离校", needs_reason=True),
        Transition("propose", MAY_END, S.PROPOSED_CLOSED, P.WORK_CASES, "提出销号", needs_reason=True),
        *(
            Transition(f"refuse_{state}", (S.PROPOSED_CLOSED,), state, P.CLOSE_CASES, "退回", needs_reason=True)
            for state in MAY_END
        ),
        Transition("close", (S.PROPOSED_CLOSED,), S.CLOSED, P.CLOSE_CASES, "复核销号"),
        # 义务教育法 art. 11: the township government or the education department approves
        Transition("delay", (S.PROPOSED_CLOSED,), S.DELAYED, P.ISSUE_ORDERS, "批准缓学、休学"),
        Transition("teach_at_home", (S.PROPOSED_CLOSED,), S.HOME_TAUGHT, P.CLOSE_CASES, "批准送教上门"),
        Transition("lapse", (S.DELAYED,), S.PERSUADING, P.WORK_CASES, "缓学、休学到期"),
        Transition("ask_reopen", (S.CLOSED,), S.PROPOSED_REOPEN, P.WORK_CASES, "提出重开", needs_reason=True),
        Transition("reopen", (S.PROPOSED_REOPEN,), S.PERSUADING, P.CLOSE_CASES, "复核重开"),
        Transition("keep_closed", (S.PROPOSED_REOPEN,), S.CLOSED, P.CLOSE_CASES, "不重开", needs_reason=True),
    ),
)  # fmt: skip

# A school's month goes by the centre school (or the township) to the county; the county's quarter needs a second person.
REPORT_FLOW = Flow(
    "report",
    (
        Transition("submit", (R.DRAFT, R.RETURNED), R.SUBMITTED, P.KEEP_CALENDAR, "报送"),
        Transition("review", (R.SUBMITTED,), R.REVIEWED, P.REVIEW_REPORTS, "审核通过"),
        Transition("accept", (R.SUBMITTED, R.REVIEWED), R.ACCEPTED, P.REVIEW_REPORTS, "审定"),
        Transition("return", (R.SUBMITTED, R.REVIEWED), R.RETURNED, P.REVIEW_REPORTS, "退回", needs_reason=True),
    ),
)  # fmt: skip
