"""Terms of service by how near their end is."""

import datetime as dt

from django.db.models import Q

from povertyedu.orgs.calendar import today
from teachers.models import ServiceTerm

SOON_DAYS = 90


def situation(term: ServiceTerm) -> str:
    """Return in words how far a term is, as its list and its ledger say it."""
    if term.ended_on:
        told = term.end.get_outcome_display() if hasattr(term, "end") else "已办结"
        return f"{told} {term.ended_on}"
    return f"还有 {term.days_left} 天" if term.days_left >= 0 else f"已到期 {-term.days_left} 天"


def conditions() -> dict[str, tuple[str, Q]]:
    """Return the tabs of the list, as of today."""
    day = today()
    soon = day + dt.timedelta(days=SOON_DAYS)
    return {
        "soon": (f"{SOON_DAYS} 天内到期", Q(ended_on=None, until__gte=day, until__lte=soon)),
        "over": ("到期没有办理", Q(ended_on=None, until__lt=day)),
        "running": ("服务期内", Q(ended_on=None)),
        "ended": ("已办结", Q(ended_on__isnull=False)),
    }
