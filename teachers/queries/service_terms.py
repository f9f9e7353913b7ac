"""Terms of service by how near their end is."""

import datetime as dt

from django.db.models import Q

from povertyedu.orgs.calendar import today

SOON_DAYS = 90


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
