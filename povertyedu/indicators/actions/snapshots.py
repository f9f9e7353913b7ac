"""Snapshots: taken week by week, the last of a school year final; kept as what changed since the one before."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from povertyedu import bulk
from povertyedu.indicators.definitions import Definition, Member, Period, definitions, period_of
from povertyedu.indicators.enums import Reading
from povertyedu.indicators.models import COUNTY_DIGITS, TOWNSHIP_DIGITS, Snapshot, SnapshotMember, SnapshotRow
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel, Season
from povertyedu.orgs.models import Area, Term
from povertyedu.workflow.flow import StepRefused

from .notices import propose

_COLUMNS = ("code", "year", "subject", "counted", "school_id", "school_area", "home_area", "since_id")
_STANDS = ("subject", "counted", "school_id", "school_area", "home_area")


def take_due() -> int:
    """Take what is due: the final one of a year that is over, and this year's when the last is old enough.

    Run every hour by beat; return how many were taken. Notices are proposed from each.
    """
    day, taken = today(), 0
    period, known = period_of(day), _known_years()
    before = Period(period.year - 1, period.starts_on - dt.timedelta(days=1))
    for code in definitions():
        newest = Snapshot.objects.filter(code=code, year=period.year).order_by("-on").first()
        if (
            before.year in known
            and not Snapshot.objects.filter(code=code, year=before.year, is_final=True).exists()
        ):
            taken += take(code=code, on=before.ends_on, is_final=True) is not None
        if period.year in known and (newest is None or (day - newest.on).days >= option("indicator_days")):
            propose(snapshot=take(code=code, on=day))
            taken += 1
    return taken


def _known_years() -> set[int]:
    """Return the school years that have a term."""
    return {
        year if season == Season.AUTUMN else year - 1
        for year, season in Term.objects.values_list("year", "season")
    }


def take(*, code: str, on: dt.date, is_final: bool = False) -> Snapshot:
    """Measure an indicator as of ``on`` and keep it; what was taken that day already is returned as it is.

    Queries do not grow with the children. StepRefused where a later day of the same school year was taken.
    """
    if present := Snapshot.objects.filter(code=code, on=on).first():
        return _finalised(present) if is_final else present
    definition, period = definitions()[code], period_of(on)
    if Snapshot.objects.filter(code=code, year=period.year, on__gt=on).exists():
        raise StepRefused("这一学年已有更晚的快照，不能补以前的。")
    members = {member.subject: member for member in definition.measure(period)}
    rows = rates_of(members.values(), definition, period)
    with transaction.atomic():
        snapshot = Snapshot.objects.create(code=code, year=period.year, on=on, is_final=is_final)
        _keep(snapshot, members)
        bulk.insert_new(
            [
                SnapshotRow(
                    snapshot=snapshot, reading=reading, area_code=area, school_id=school, numerator=counts[0], denominator=counts[1]
                )
                for (reading, area, school), counts in rows.items()
            ]
        )  # fmt: skip
    bulk.analyse(SnapshotMember)
    return snapshot


def _finalised(snapshot: Snapshot) -> Snapshot:
    Snapshot.objects.filter(pk=snapshot.pk).update(is_final=True)
    snapshot.is_final = True
    return snapshot


def _keep(snapshot: Snapshot, members: dict[str, Member]) -> None:
    """End the rows of who no longer stands so, begin those of who does."""
    present = SnapshotMember.objects.filter(code=snapshot.code, year=snapshot.year, until=None)
    same, over = set(), []
    for pk, *stands in present.values_list("pk", *_STANDS).iterator(chunk_size=5000):
        member = members.get(stands[0])
        if member is not None and tuple(member) == tuple(stands):
            same.add(stands[0])
        else:
            over.append(pk)
    if over:
        with bulk.keys(SnapshotMember, "id", over) as keys:
            SnapshotMember.objects.filter(pk__in=keys).update(until=snapshot)
    begin = (
        (snapshot.code, snapshot.year, *member, snapshot.pk)
        for subject, member in members.items()
        if subject not in same
    )
    bulk.insert(SnapshotMember, _COLUMNS, begin)


def rates_of(
    members: Iterable[Member], definition: Definition, period: Period
) -> dict[tuple[str, str, int | None], list[int]]:
    """Return (reading, area code, school) -> [numerator, denominator] of the county, its townships and schools."""
    county = (
        Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").values_list("code", flat=True).first()
    )
    rows: dict[tuple[str, str, int | None], list[int]] = defaultdict(lambda: [0, 0])
    for member in members:
        places = [(reading, county, None) for reading in Reading.values] if county else []
        for reading, code in ((Reading.SCHOOL, member.school_area), (Reading.HOME, member.home_area)):
            if len(code[:TOWNSHIP_DIGITS]) == TOWNSHIP_DIGITS and not code.startswith("000", COUNTY_DIGITS):
                places.append((reading.value, code[:TOWNSHIP_DIGITS], None))
        if member.school:
            places.append((Reading.SCHOOL.value, "", member.school))
        for place in places:
            rows[place][0] += member.counted
            rows[place][1] += 1
    if definition.given is not None:
        _put_given(rows, definition.given(period), county)
    return rows


def _put_given(rows, given: dict[str, int], county: str | None) -> None:
    """Replace denominators by what the statistics office says; places it says nothing of have none."""
    for place in rows:
        rows[place][1] = 0
    for reading in Reading.values:
        for code, people in given.items():
            rows[reading, code, None][1] = people
        if county:
            rows[reading, county, None][1] = sum(given.values())
