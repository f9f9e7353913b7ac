"""Reads of deployments: tabs and filters of the list, the steps open to a reader, what comes next."""

import datetime as dt

from django.db.models import Q, QuerySet

from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import Period
from povertyedu.orgs.calendar import today
from teachers.enums.deployment import NOT_TO_BE, OVER, DeploymentState
from teachers.models import Deployment

S = DeploymentState
TABS = {
    "open": "办理中", "draft": "草稿", "asked": "待人事股审批", "schools": "待学校确认", "under_way": "进行中", "overdue": "逾期未返回", "over": "已结束",
    "not_to_be": "未批准、已撤回", "all": "全部",
}  # fmt: skip


def conditions() -> dict[str, tuple[str, Q]]:
    """Return tab -> (word, condition), as of today."""
    states = {
        "open": [S.ASKED, S.APPROVED, S.HALF_AGREED, S.AGREED], "draft": [S.DRAFT], "asked": [S.ASKED], "schools": [S.APPROVED, S.HALF_AGREED],
        "under_way": [S.UNDER_WAY], "over": OVER, "not_to_be": NOT_TO_BE,
    }  # fmt: skip
    known = {name: Q(state__in=held) for name, held in states.items()}
    known |= {"overdue": Deployment.objects.is_overdue(), "all": Q()}
    return {name: (word, known[name]) for name, word in TABS.items()}


def narrowed(rows: QuerySet[Deployment], wanted: dict) -> QuerySet[Deployment]:
    """Narrow by township, school (either), kind, school year, words."""
    if township := wanted.get("township"):
        rows = rows.filter(
            township.scope.area_q("sending__area_id") | township.scope.area_q("receiving__area_id")
        )
    if school := wanted.get("school"):
        rows = rows.filter(Q(sending=school) | Q(receiving=school))
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    if year := wanted.get("year"):
        period = Period(int(year), dt.date(int(year) + 1, 8, 31))
        rows = rows.filter(since__lte=period.ends_on, until__gte=period.starts_on)
    if text := wanted.get("q"):
        rows = rows.filter(
            Q(teacher__person__name__contains=text)
            | Q(teacher__code=text)
            | Q(document__contains=text)
            | Q(office__contains=text)
        )
    return rows


def steps_open(found: Deployment, user, schools: list[int]) -> list[tuple[str, str]]:
    """Return (verb, label) of the steps open to ``user``, who answers for those of ``schools``; the one to take first, first."""
    is_own = user.pk in (found.asked_by_id, found.drafted_by_id)
    may_ask, may_approve = user.can(P.ASK_DEPLOYMENT), user.can(P.APPROVE_DEPLOYMENT) and not is_own
    agrees = found.sending_id in schools and found.sending_agreed_by_id is None
    agrees |= found.receiving_id in schools and found.receiving_agreed_by_id is None
    waits = found.state in (S.APPROVED, S.HALF_AGREED)
    running = found.state == S.UNDER_WAY
    asks = may_ask and (bool(schools) or bool(user.scope(P.ASK_DEPLOYMENT).areas))
    every = (
        ("ask", "提出申请", found.state == S.DRAFT and may_ask),
        ("edit", "修改草稿", found.state == S.DRAFT and may_ask),
        ("approve", "批准", found.state == S.ASKED and may_approve),
        ("refuse", "不批准", found.state == S.ASKED and may_approve),
        ("agree", "同意", waits and agrees),
        ("decline", "不同意", waits and agrees),
        (
            "start",
            "确认到岗",
            found.state == S.AGREED
            and (found.receiving_id or found.sending_id) in schools
            and found.since <= today(),
        ),
        ("return", "登记返回", running and bool(schools) and found.until <= today()),
        ("extension", "申请延期", running and asks),
        ("end_early", "提前结束", running and user.can(P.APPROVE_DEPLOYMENT) and found.until > today()),
        (
            "withdraw",
            "撤回",
            is_own and found.state in (S.DRAFT, S.ASKED, S.APPROVED, S.HALF_AGREED, S.AGREED),
        ),
    )
    return [(verb, text) for verb, text, is_open in every if is_open]


def next_words(found: Deployment) -> str:
    """Return who does what next, in words."""
    waiting = [
        school.name for school, agreed in ((found.sending, found.sending_agreed_by_id), (found.receiving, found.receiving_agreed_by_id))
        if school and agreed is None
    ]  # fmt: skip
    return {
        S.DRAFT: "草稿还没有报人事股，请核对后提出申请。",
        S.ASKED: "等人事股（或审批领导）批准；批准的人不能是申请的人。",
        S.APPROVED: f"等{'、'.join(waiting)}同意。",
        S.HALF_AGREED: f"等{'、'.join(waiting)}同意。",
        S.AGREED: f"{found.since} 起，由{(found.receiving or found.sending).name}确认到岗。",
        S.UNDER_WAY: "已过最后一天，请登记返回或申请延期。" if found.is_overdue else f"还有 {found.days_left} 天；到期由学校登记返回，需要延期的提前申请。",
    }.get(DeploymentState(found.state), "")  # fmt: skip


CHAIN = (
    (S.DRAFT, "起草"),
    (S.ASKED, "人事股审批"),
    (S.APPROVED, "两校同意"),
    (S.AGREED, "到岗"),
    (S.UNDER_WAY, "进行中"),
    (S.RETURNED, "结束"),
)
_PLACE = {state: number for number, (state, _) in enumerate(CHAIN)} | {
    S.HALF_AGREED: 2,
    S.EXTENDED: 5,
    S.ENDED_EARLY: 5,
}


def flow_of(found: Deployment) -> list[dict]:
    """Return the steps of the chain as ``components/flow_steps.html`` shows them."""
    if found.state in NOT_TO_BE:
        return [{"text": found.get_state_display(), "state": "bad"}]
    at = _PLACE[DeploymentState(found.state)]
    over = found.state in OVER
    return [
        {"text": found.get_state_display() if over and number == at else _said_of(found, text), "state": "done" if number < at or over else "doing" if number == at else "todo"}
        for number, (_, text) in enumerate(CHAIN)
    ]  # fmt: skip


def _said_of(found: Deployment, text: str) -> str:
    return "学校同意" if found.is_to_an_office and text == "两校同意" else text


def paper_name(found: Deployment) -> str:
    return "调令" if found.kind == "secondment" else "派遣函"
