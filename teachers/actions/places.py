"""Where schools stand: their tier of remoteness by month, quality schools, coordinates."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from povertyedu.audit.models import record_many
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.models import FormerTier, SchoolPlace

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Placed:
    """A school (key) as it is to stand. ``since``: the first day of the month from which the tier holds; None corrects it.

    A correction holds from the tier's last change on, and so without one for all months.
    """

    school: int
    remoteness: int
    is_quality: bool
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    since: dt.date | None = None
    document: str = ""


def refusal_of(since: dt.date | None) -> str:
    """Return why a tier cannot hold from that day on, "" where it can."""
    if since and (since.day != 1 or since > today()):
        return "偏远程度从某月 1 日起执行，不能晚于本月；请填那个月的 1 日。"
    return ""


@transaction.atomic
def keep_places(*, by: Actor, rows: Sequence[Placed]) -> list[SchoolPlace]:
    """Write ``rows`` down, one a school; the tiers that held before stay in the history. Queries do not grow with the rows."""
    for row in rows:
        if why := refusal_of(row.since):
            raise StepRefused(why)
    found = SchoolPlace.objects.select_for_update(no_key=True, of=("self",)).filter(
        school__in=[row.school for row in rows]
    )
    schools = School.objects.in_bulk([row.school for row in rows])
    held = {place.school_id: place for place in found.order_by("pk").prefetch_related("school__former_tiers")}
    over, former, places, told = [], [], [], []
    for row in rows:
        place = SchoolPlace(
            school=schools[row.school], remoteness=row.remoteness, is_quality=row.is_quality, latitude=row.latitude, longitude=row.longitude
        )  # fmt: skip
        places.append(place)
        old = held.get(row.school)
        if old and row.since:
            over += [each.pk for each in old.school.former_tiers.all() if each.before >= row.since]
            former += _former(old, row, by)
        told.append(
            _changes(old, place)
            | {"since": [None, row.since and str(row.since)], "document": [None, row.document]}
        )
    SchoolPlace.objects.bulk_create(
        places, update_conflicts=True, unique_fields=["school"], update_fields=["remoteness", "is_quality", "latitude", "longitude"]
    )  # fmt: skip
    FormerTier.objects.filter(pk__in=over).delete()
    FormerTier.objects.bulk_create(former)
    record_many(
        by,
        action="school_place.keep",
        rows=[(place.school, changes) for place, changes in zip(places, told, strict=True)],
    )
    return places


def _former(old: SchoolPlace, row: Placed, by: Actor) -> list[FormerTier]:
    """Return the tier that held until the row's month, where it was another."""
    before = old.tier_on(row.since - DAY)
    if before == row.remoteness:
        return []
    return [
        FormerTier(
            school_id=row.school, remoteness=before, before=row.since, document=row.document, by_name=by.name
        )
    ]


def _changes(old: SchoolPlace | None, new: SchoolPlace) -> dict:
    return {
        "remoteness": [old and old.get_remoteness_display(), new.get_remoteness_display()],
        "is_quality": [old and old.is_quality, new.is_quality],
    }
