"""The autumn term screened, targets taken over, rates counted, a notice out and a finding under way."""

import datetime as dt

from dropout.actions.screening import open_cases_of, screen
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.findings.actions import find, plan
from povertyedu.findings.enums import FindingSource
from povertyedu.indicators.actions.notices import issue, propose
from povertyedu.indicators.actions.snapshots import take
from povertyedu.indicators.actions.targets import pick_preset
from povertyedu.indicators.definitions import definitions
from povertyedu.indicators.enums import NoticeState
from povertyedu.indicators.models import IndicatorNotice
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Term
from students.enums import HardshipCategory

from .accounts import TOWNSHIP

CASES = 3


def screen_and_count(term: str) -> None:
    """Screen ``term``, open a few cases, count every rate, and leave something at each step of notice and finding."""
    by = User.objects.get(username="basic").as_actor(P.MANAGE_INDICATORS)
    screening = screen(by=by, term=Term.objects.get(pk=term))
    poor = screening.rows.open().filter(categories=HardshipCategory.REGISTERED_POOR).order_by("pk")
    open_cases_of(by=by, rows=screening.rows.filter(pk__in=list(poor.values_list("pk", flat=True)[:CASES])))
    pick_preset(by=by, preset="linxia")
    for code in definitions():
        propose(snapshot=take(code=code, on=today()))
    proposed = IndicatorNotice.objects.filter(state=NoticeState.PROPOSED).order_by("pk")
    due = today() + dt.timedelta(days=10)
    issue(by=by, notices=proposed.filter(pk__in=list(proposed.values_list("pk", flat=True)[:2])), due_on=due)
    finding = find(
        by=by, source=FindingSource.INSPECTION, origin="秋季控辍保学督导", title="缺勤登记不全，三个班没有家访记录", due_on=due,
        area=Area.objects.get(pk=TOWNSHIP),
    )  # fmt: skip
    plan(by=by, finding=finding, measure="逐班补登，校长每周抽查一次。")
