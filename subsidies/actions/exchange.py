"""The question to the county of study: a list frozen, sent under a key of its own, withdrawn or closed.

Who studies away is aided where it studies (流入地为主); only where that county answers that it does not pay does ours
(流出地兜底). ID numbers never leave the house: both sides compute the same digest of a number they know.
"""

import datetime as dt
import io

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_access
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel, Stage
from povertyedu.orgs.models import Area, Term
from povertyedu.sealing.handover import Handover, new_key
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.actions.terms import refuse_closed
from students.enums import EnrolmentStatus, Place
from students.models import Enrolment
from subsidies.models import Exchange, ExchangeDecision, ExchangeLine
from subsidies.queries.exchange import away_in, to_ask
from subsidies.states import EXCHANGE_FLOW

from .exchange_files import ListFile, ListRow, write_list

_DOUBLE_SURNAMES = frozenset(
    [
        "欧阳",
        "太史",
        "端木",
        "上官",
        "司马",
        "东方",
        "独孤",
        "南宫",
        "万俟",
        "闻人",
        "夏侯",
        "诸葛",
        "尉迟",
        "公羊",
        "赫连",
        "澹台",
        "皇甫",
        "宗政",
        "濮阳",
        "公冶",
        "太叔",
        "申屠",
        "公孙",
        "慕容",
        "仲孙",
        "钟离",
        "长孙",
        "宇文",
        "司徒",
        "鲜于",
        "司空",
        "令狐",
        "轩辕",
    ]
)


def shown_name(name: str) -> str:
    """Return a name as a letter shows it: the surname and a star, however long the rest is."""
    surname = name[:2] if name[:2] in _DOUBLE_SURNAMES and len(name) > 2 else name[:1]
    return f"{surname}*"


@transaction.atomic
def open_exchange(*, by: Actor, user, term: Term, regions: list[str], recipient: str) -> Exchange:
    """Freeze the children of ``regions`` whose answer is open into a list with a key of its own; return it.

    Raise StepRefused when the term is closed or nobody is left to ask about.
    """
    Term.objects.select_for_update().get(
        pk=term.pk
    )  # two people at once take turns: a child is asked about once
    refuse_closed(term)
    rows = to_ask(away_in(term, user=user)).filter(outside_region__in=regions)
    rows = list(rows.select_related("student").order_by("stage", "outside_school", "grade", "pk"))
    if not rows:
        raise StepRefused("所选就读地没有需要去函核实的学生：都已答复、已在别的核实函里，或没有身份证件号。")
    key = new_key()
    exchange = Exchange.objects.create(
        number=_next_number(term), term=term, recipient=recipient, regions=regions, key=key, made_by=by.name
    )
    digest = Handover(key).digest
    ExchangeLine.objects.bulk_create(
        ExchangeLine(
            exchange=exchange, number=number, enrolment=row, digest=digest(row.student.id_number), shown_name=shown_name(row.student.name),
            stage=row.stage, grade=row.grade, school=row.outside_school,
        )
        for number, row in enumerate(rows, start=1)
    )  # fmt: skip
    step = EXCHANGE_FLOW["open"]
    ExchangeDecision.append(exchange, step=step, old="", by=by, reason="", at=timezone.now())
    record(by, action="exchange.open", subject=exchange, changes={"rows": ["", str(len(rows))]})
    return exchange


def _next_number(term: Term) -> str:
    """Return the next letter's number: county, term, running number; the term's row is locked by the caller."""
    county = (
        Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").values_list("code", flat=True).first()
    )
    return f"{county or '000000'}-{term.pk}-{Exchange.objects.filter(term=term).count() + 1:03d}"


@transaction.atomic
def send(*, by: Actor, exchange: Exchange) -> Exchange:
    """Send a list: from now on it stays as it is, and the days for the answer run.

    StepRefused when a child on it is no longer one to ask about.
    """
    studying = Enrolment.objects.filter(status=EnrolmentStatus.STUDYING).exclude(place=Place.IN_COUNTY)
    if changed := exchange.lines.exclude(enrolment__in=studying).count():
        raise StepRefused(f"名单上有 {changed} 人的学籍已有变动，不再是县外就读；请撤销后重新拟定名单。")
    day = today()
    due = day + dt.timedelta(days=option("exchange_days"))
    advance(exchange, EXCHANGE_FLOW, "send", by=by, sent_on=day, due_on=due)
    exchange.lines.update(is_frozen=True)
    return exchange


@transaction.atomic
def drop(*, by: Actor, exchange: Exchange, reason: str = "") -> Exchange:
    """Give up a list that was not sent; its children may be asked about by another."""
    advance(exchange, EXCHANGE_FLOW, "drop", by=by, reason=reason, key="")
    exchange.lines.update(waits=False)
    return exchange


@transaction.atomic
def withdraw(*, by: Actor, exchange: Exchange, reason: str) -> Exchange:
    """Take a letter back, for a reason (the key came into wrong hands): another list gets another key."""
    advance(exchange, EXCHANGE_FLOW, "withdraw", by=by, reason=reason, key="")
    exchange.lines.update(waits=False)
    return exchange


@transaction.atomic
def close(*, by: Actor, exchange: Exchange, reason: str = "") -> Exchange:
    """Close a letter and forget its key. Children without an answer are again to be asked; that needs a reason."""
    still_open = exchange.lines.filter(waits=True).count()
    if still_open and not reason.strip():
        raise StepRefused(f"还有 {still_open} 人没有答复，办结须写明原因；这些人仍列为待核实。")
    advance(exchange, EXCHANGE_FLOW, "close", by=by, reason=reason or "名单已全部答复", key="")
    exchange.lines.filter(waits=True).update(waits=False)
    return exchange


@transaction.atomic
def show_key(*, by: Actor, exchange: Exchange, reason: str) -> str:
    """Return the key, for a reason on record. StepRefused when the letter is over: the key is forgotten."""
    exchange = Exchange.objects.select_for_update().get(pk=exchange.pk)
    if not exchange.key:
        raise StepRefused("这份核实函已经办结或撤销，密钥已清除。")
    if exchange.key_shown_at is None:
        Exchange.objects.filter(pk=exchange.pk).update(key_shown_at=timezone.now())
    record_access(by, kind="reveal", subject=exchange, fields="核实函密钥", reason=reason)
    return exchange.key


def write_question(*, by: Actor, exchange: Exchange, reason: str) -> tuple[str, bytes]:
    """Write the list as it goes out; return its name and bytes. Leaves an AccessEvent. StepRefused once it is over."""
    if not exchange.key:
        raise StepRefused("这份核实函已经办结或撤销，不能再导出名单。")
    rows = [
        ListRow(0, line.number, line.digest, line.shown_name, Stage(line.stage).label, line.school)
        for line in exchange.lines.order_by("number")
    ]
    out = io.BytesIO()
    write_list(out, head_of(exchange, rows), rows)
    what = f"异地就读核实名单 {len(rows)} 人（证件号为摘要，姓名只留姓）"
    record_access(by, kind="download", subject=exchange, fields=what, reason=reason)
    return f"异地就读核实名单-{exchange.number}.xlsx", out.getvalue()


def head_of(exchange: Exchange, rows: list[ListRow]) -> ListFile:
    hands = Handover(exchange.key)
    return ListFile(
        number=exchange.number, asker=option("bureau_name"), term=exchange.term_id, of_key=hands.proof_of_key(exchange.number),
        of_list=hands.proof_of_list(exchange.number, (row.asked for row in rows)),
    )  # fmt: skip
