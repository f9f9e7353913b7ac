"""Which days a class meets: the working days of a term, by the county's calendar."""

import datetime as dt

from povertyedu.orgs.calendar import today, working_days
from povertyedu.orgs.models import Term

DAY = dt.timedelta(days=1)
WEEKDAYS = "一二三四五六日"


def term_under_way(day: dt.date | None = None) -> Term | None:
    """Return the newest term that has begun by ``day`` (today)."""
    return Term.objects.filter(starts_on__lte=day or today()).order_by("-starts_on").first()


def last_school_day(before: dt.date) -> dt.date | None:
    """Return the last school day before ``before``; None when there was none in two months of the newest term."""
    term = term_under_way(before - DAY)
    if term is None:
        return None
    last = min(before - DAY, term.ends_on)
    days = working_days(max(term.starts_on, last - 60 * DAY), last)
    return days[-1] if days else None


def is_school_day(term: Term, day: dt.date) -> bool:
    return term.starts_on <= day <= term.ends_on and bool(working_days(day, day))


def usual_day(term: Term) -> dt.date:
    """Return the day a page of attendance opens with: today, or the last school day of a term that is over."""
    day = min(today(), term.ends_on)
    days = working_days(max(term.starts_on, day - 20 * DAY), day) if day >= term.starts_on else []
    return days[-1] if days else day


def day_words(day: dt.date) -> str:
    return f"{day:%Y-%m-%d}（星期{WEEKDAYS[day.weekday()]}）"
