"""Today, and the working-day clock of publicity and deadlines."""

import datetime as dt

from django.utils import timezone

from .models import CalendarDay, Term


def today() -> dt.date:
    """Return the date in the county; the one clock that business rules ask."""
    return timezone.localdate()


def term_under_way() -> Term | None:
    """Return the newest open term that has begun, else the first open one."""
    found = Term.objects.filter(is_closed=False)
    return found.filter(starts_on__lte=today()).order_by("-starts_on").first() or found.last()


def add_working_days(start: dt.date, days: int) -> dt.date:
    """Return the ``days``-th working day after ``start`` (the day of opening itself does not count).

    A day is worked when the county's calendar says so, else from Monday to Friday.
    """
    known = dict(
        CalendarDay.objects.filter(
            date__gt=start, date__lte=start + dt.timedelta(days=days * 3 + 30)
        ).values_list("date", "is_working")
    )
    day = start
    while days > 0:
        day += dt.timedelta(days=1)
        if known.get(day, day.weekday() < 5):
            days -= 1
    return day


def working_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the working days from ``first`` to ``last``, both included, by the county's calendar; one query."""
    known = dict(CalendarDay.objects.filter(date__range=(first, last)).values_list("date", "is_working"))
    days = (first + dt.timedelta(days=number) for number in range((last - first).days + 1))
    return [day for day in days if known.get(day, day.weekday() < 5)]
