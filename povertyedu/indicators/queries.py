"""Reads of the indicators: rates of places with their targets, trends, names, notices by tab, and counts for appraisal."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Length

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area

from . import plans
from .definitions import definitions
from .enums import NoticeState, PlaceKind, Reading
from .models import (
    COUNTY_DIGITS,
    ChangedMember,
    CountReading,
    IndicatorNotice,
    IndicatorTarget,
    Snapshot,
    SnapshotMember,
    SnapshotRow,
)

NOTICE_TABS = {
    "proposed": ("拟通报", Q(state=NoticeState.PROPOSED)),
    "issued": ("待答复", Q(state=NoticeState.ISSUED)),
    "answered": ("已答复待核", Q(state=NoticeState.ANSWERED)),
    "done": ("已办结、已转整改", Q(state__in=[NoticeState.SETTLED, NoticeState.RECTIFYING])),
    "all": ("全部", Q()),
}
# What a number of a rate opens: words, and the condition on members.
PARTS = {"numerator": Q(counted=True), "denominator": Q(), "rest": Q(counted=False)}


@dataclass(frozen=True)
class Rate:
    """One place's rate as a page shows it."""

    row: SnapshotRow
    place: str
    target: IndicatorTarget | None
    reached: bool | None
    counts: str = "学生"  # who is counted
    is_given: bool = False  # over a population that somebody has to type

    @property
    def words(self) -> tuple[str, str]:
        """Status and word: reached, missed, nothing to judge by."""
        if not self.row.denominator:
            return ("warn", "没有填人口") if self.is_given else ("info", f"没有{self.counts}")
        if self.reached is None:
            return "info", "没有目标"
        return ("ok", "达标") if self.reached else ("bad", "未达标")


def targets_in(year: int) -> dict[tuple[str, str], IndicatorTarget]:
    """Return (code, place kind) -> the target that holds in ``year``: the newest of that year or before; one query."""
    rows = IndicatorTarget.objects.filter(year__lte=year).order_by("year")
    return {(target.code, target.place_kind): target for target in rows}


def is_reached(numerator: int, denominator: int, target: Decimal, *, higher_is_better: bool) -> bool | None:
    """Return whether a rate reaches ``target`` percent, exactly; None over nobody."""
    if not denominator:
        return None
    rate, wanted = Decimal(numerator) * 100, target * denominator
    return rate >= wanted if higher_is_better else rate <= wanted


def newest_of(code: str, year: int | None = None) -> Snapshot | None:
    rows = Snapshot.objects.filter(code=code)
    return (rows.filter(year=year) if year else rows).order_by("-on").first()


def place_names(rows) -> dict[str, str]:
    """Return area code -> name for rows with an ``area_code``; one query."""
    return dict(
        Area.objects.filter(code__in={row.area_code for row in rows if row.area_code}).values_list(
            "code", "name"
        )
    )


def rates(rows: list[SnapshotRow], snapshot: Snapshot, targets: dict | None = None) -> list[Rate]:
    """Return ``rows`` of ``snapshot`` with names and targets; two queries."""
    targets = targets_in(snapshot.period.target_year) if targets is None else targets
    names = place_names(rows)
    found = []
    for row in rows:
        target = targets.get((snapshot.code, row.place_kind))
        reached = target and is_reached(
            row.numerator,
            row.denominator,
            target.value,
            higher_is_better=snapshot.definition.higher_is_better,
        )
        found.append(
            Rate(
                row,
                row.school.name if row.school else names.get(row.area_code, row.area_code),
                target,
                reached if target else None,
                snapshot.definition.counts,
                snapshot.definition.given is not None,
            )
        )
    return found


def broadest(rows: QuerySet[SnapshotRow], reading: str) -> SnapshotRow | None:
    """Return the row of the widest place: the county, else a township, else a school."""
    found = list(rows.filter(reading=reading).select_related("school")[:50])
    order = list(PlaceKind)
    return min(
        found, key=lambda row: (order.index(row.place_kind), row.area_code, row.school_id or 0), default=None
    )


def trend(row: SnapshotRow, snapshot: Snapshot, *, most: int = 60) -> list[SnapshotRow]:
    """Return the same place's rates of all snapshots, oldest first."""
    rows = SnapshotRow.objects.filter(
        snapshot__code=snapshot.code, reading=row.reading, area_code=row.area_code, school=row.school_id
    )
    return list(rows.select_related("snapshot").order_by("-snapshot__on")[:most])[::-1]


def members_of(
    snapshot: Snapshot, row: SnapshotRow, part: str, *, user, permission: str
) -> QuerySet[SnapshotMember]:
    """Return the children behind one number."""
    return SnapshotMember.objects.visible_to(user, permission).of(snapshot).at(row).filter(PARTS[part])


def changes_in(*, user, permission: str) -> QuerySet[ChangedMember]:
    return ChangedMember.objects.visible_to(user, permission).select_related("snapshot", "school")


def notices_by_place(rows: QuerySet[IndicatorNotice]) -> dict[tuple[str, object], dict[str, int]]:
    """Return ("area", code) or ("school", pk) -> notices issued, and those not answered in time; one query."""
    issued = rows.exclude(state__in=[NoticeState.PROPOSED, NoticeState.DROPPED])
    found = (
        issued.order_by()
        .values("area_code", "school_id")
        .annotate(
            notices=Count("pk"),
            unanswered=Count("pk", filter=Q(state=NoticeState.ISSUED, due_on__lt=today())),
        )
    )
    return {
        ("area", row["area_code"]) if row["area_code"] else ("school", row["school_id"]): {
            "notices": row["notices"], "unanswered": row["unanswered"],
        }
        for row in found
    }  # fmt: skip


def targets_by_place(
    rows: QuerySet[SnapshotRow], snapshots: list[Snapshot]
) -> dict[tuple[str, object], list[int]]:
    """Return ("area", code) or ("school", pk) -> [targets reached, targets missed] in ``snapshots``."""
    counts: dict[tuple[str, object], list[int]] = {}
    for snapshot in snapshots:
        definition = snapshot.definition
        own = rows.filter(snapshot=snapshot, reading=definition.reading, denominator__gt=0).select_related(
            "school"
        )
        for rate in rates([row for row in own if row.place_kind in definition.judged], snapshot):
            if rate.reached is not None:
                key = ("school", rate.row.school_id) if rate.row.school_id else ("area", rate.row.area_code)
                counts.setdefault(key, [0, 0])[0 if rate.reached else 1] += 1
    return counts


READINGS = dict(Reading.choices)


def counts_of(of: Collection[str]) -> dict[tuple[str, str], list[plans.Reading]]:
    """Return (plan, item) -> its counts by day; one query."""
    found: dict[tuple[str, str], list[plans.Reading]] = defaultdict(list)
    rows = CountReading.objects.filter(plan__in=of).order_by("on")
    for plan, item, on, value, whole in rows.values_list("plan", "item", "on", "value", "whole"):
        found[plan, item].append(plans.Reading(on, value, whole))
    return dict(found)


def county_counts(codes: Collection[str]) -> dict[str, list[plans.Reading]]:
    """Return code -> the county's numerators and denominators in all snapshots, by day; one query."""
    found: dict[str, list[plans.Reading]] = defaultdict(list)
    if not codes:
        return found
    county = SnapshotRow.objects.filter(snapshot__code__in=codes, school=None, denominator__gt=0)
    rows = county.annotate(digits=Length("area_code")).filter(digits=COUNTY_DIGITS).order_by("snapshot__on")
    columns = ("snapshot__code", "reading", "snapshot__on", "numerator", "denominator")
    for code, reading, on, numerator, denominator in rows.values_list(*columns):
        if code in definitions() and reading == definitions()[code].reading:
            found[code].append(plans.Reading(on, Decimal(numerator), Decimal(denominator)))
    return found
