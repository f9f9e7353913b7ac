"""The check of history (隐瞒、弄虚作假): a final snapshot measured again from the present facts, differences kept by name."""

import datetime as dt

from django.db import transaction
from django.urls import reverse

from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.inbox.models import tell_many
from povertyedu.indicators.definitions import definitions
from povertyedu.indicators.enums import Standing
from povertyedu.indicators.models import ChangedMember, Snapshot, SnapshotMember
from povertyedu.orgs.calendar import today

EVERY_DAYS = 7
YEARS = 3  # how far back it is looked
_COLUMNS = ("snapshot_id", "subject", "was", "now", "school_id", "school_area", "home_area", "found_on")


def check_finals() -> int:
    """Measure again what is final and was not looked at for a week; return how many children count otherwise."""
    day = today()
    due = Snapshot.objects.filter(is_final=True, year__gte=day.year - YEARS, code__in=definitions())
    due = due.exclude(checked_on__gt=day - dt.timedelta(days=EVERY_DAYS)).exclude(taken_at__date=day)
    found = 0
    for snapshot in due:
        fresh = check(snapshot)
        found += fresh
        if fresh:
            _tell(snapshot, fresh)
    return found


def check(snapshot: Snapshot) -> int:
    """Compare ``snapshot`` with the present facts; return how many differences are new."""
    now = {member.subject: member for member in snapshot.definition.measure(snapshot.period)}
    then = {
        subject: (counted, *place)
        for subject, counted, *place in SnapshotMember.objects.of(snapshot)
        .values_list("subject", "counted", "school_id", "school_area", "home_area")
        .iterator(chunk_size=5000)
    }
    rows = []
    for subject in then.keys() | now.keys():
        was, is_now = then.get(subject), now.get(subject)
        standing = (
            _standing(was and was[0], was is None),
            _standing(is_now and is_now.counted, is_now is None),
        )
        if standing[0] != standing[1]:
            place = was[1:] if was else (is_now.school, is_now.school_area, is_now.home_area)
            rows.append((snapshot.pk, subject, *standing, *place, today()))
    with transaction.atomic():
        known = set(snapshot.changed.values_list("subject", flat=True))
        differs = {row[1] for row in rows}
        if back := known - differs:  # it was put right again
            with bulk.keys(ChangedMember, "subject", back) as keys:
                snapshot.changed.filter(subject__in=keys).delete()
        bulk.merge(ChangedMember, _COLUMNS, rows, unique=("snapshot_id", "subject"), keep=("found_on",))
        Snapshot.objects.filter(pk=snapshot.pk).update(checked_on=today())
    return len(differs - known)


def _standing(counted: bool | None, absent: bool) -> str:
    if absent:
        return Standing.ABSENT.value
    return Standing.NUMERATOR.value if counted else Standing.DENOMINATOR.value


def _tell(snapshot: Snapshot, count: int) -> None:
    words = f"{snapshot.period.label}“{snapshot.definition.label}”定格以后，有 {count} 名{snapshot.definition.counts}的资料被改动，统计结果和当时不同，请核查。"
    officers = User.objects.who_may(P.MANAGE_INDICATORS).values_list("pk", flat=True)
    tell_many(((user, words) for user in officers), url=reverse("indicators:changes"), tone="warn")
