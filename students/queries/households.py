"""Registered households (建档立卡户) and who belongs to each, as the lists say."""

from dataclasses import dataclass

from django.db.models import Count, QuerySet

from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from students.models import HardshipStatus, Household, Student

HEAD = ("户主", "本人或户主", "本人")


@dataclass(frozen=True)
class Member:
    """One person of a household by the newest entry, and the record of the child where the reader may open it."""

    entry: HardshipStatus
    student: Student | None
    in_registry: bool

    @property
    def is_head(self) -> bool:
        return self.entry.relation in HEAD


def households_in(wanted: dict, *, user) -> QuerySet[Household]:
    """Return the households of the filter that ``user`` may read."""
    rows = Household.objects.visible_to(user, P.VIEW_HOUSEHOLDS)
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("area_id"))
    if village := wanted.get("village"):
        rows = rows.filter(area=village)
    if head := wanted.get("head"):
        rows = rows.filter(head_name__contains=head)
    if exit_status := wanted.get("exit_status"):
        rows = rows.filter(exit_status=exit_status)
    return rows.select_related("area__parent")


def townships_of(user) -> QuerySet[Area]:
    """Return the townships to choose from: all for the county, one's own otherwise."""
    codes = {code[:9] for code in user.scope(P.VIEW_HOUSEHOLDS).areas}
    rows = Area.objects.filter(level=AreaLevel.TOWNSHIP)
    return rows if any(len(code) == 6 for code in codes) else rows.filter(code__in=codes)


def sizes_of(households) -> dict[int, int]:
    """Return household -> number of people; one query."""
    rows = HardshipStatus.objects.filter(household__in=households).order_by()
    return dict(rows.values_list("household").annotate(n=Count("id_hash", distinct=True)))


def members_of(household: Household, *, user) -> list[Member]:
    """Return everybody the lists put into ``household``, the head first, each once; three queries."""
    entries = {
        row.id_hash: row for row in household.members.select_related("last_term").order_by("since", "pk")
    }
    records = Student.objects.filter(id_hash__in=entries).values_list("id_hash", "pk", "merged_into")
    child_of = {id_hash: kept or pk for id_hash, pk, kept in records}
    seen = Student.objects.visible_to(user, P.VIEW_STUDENTS).in_bulk(child_of.values())
    once: dict = {}
    for id_hash, entry in entries.items():
        child = child_of.get(id_hash)
        once[child or id_hash] = Member(entry, seen.get(child), child is not None)
    return sorted(once.values(), key=lambda one: (not one.is_head, one.entry.person_no, one.entry.name))
