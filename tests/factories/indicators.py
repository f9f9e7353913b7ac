"""Snapshots and notices for tests."""

import datetime as dt

from django.utils import timezone

from povertyedu.indicators.actions import notices as actions
from povertyedu.indicators.actions.snapshots import take
from povertyedu.indicators.models import IndicatorNotice, NoticeDecision, Snapshot
from povertyedu.indicators.states import NOTICE_FLOW
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import SYSTEM


def snapshot(code: str = "dropout", on: str = "2020-11-02", *, is_final: bool = False) -> Snapshot:
    return take(code=code, on=dt.date.fromisoformat(on), is_final=is_final)


def notice(*, by, school, code: str = "dropout") -> IndicatorNotice:
    """Return a notice to a school, issued today."""
    taken = snapshot(code)
    made = IndicatorNotice.objects.create(
        code=code, year=taken.year, snapshot=taken, school=school, reading="school_area", missed=True, fell=False, numerator=1, denominator=20,
        target=2, proposed_on=today(),
    )  # fmt: skip
    NoticeDecision.append(made, step=NOTICE_FLOW["propose"], old="", by=SYSTEM, reason="", at=timezone.now())
    rows = IndicatorNotice.objects.filter(pk=made.pk)
    actions.issue(by=by, notices=rows, due_on=today() + dt.timedelta(days=10))
    return rows.get()
