"""The province's list (省下达名单) of a term against its roster, read as the command ``import_workbook target-list`` counts it."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Term
from students.models import Enrolment, HardshipProof, HardshipStatus, Student, TargetListEntry

from .registry import enrolments_in


def listed(term: Term):
    """Return the subquery of the ID hashes that the list of ``term`` names."""
    return TargetListEntry.objects.of(term).values("id_hash")


def on_roster(term: Term, *, user, reading: str) -> QuerySet[Enrolment]:
    """Return who is on the list and here: aided directly, without application (facts.md 1.5, Anhui clause 5)."""
    rows = enrolments_in(term, user=user, permission=P.IDENTIFY, reading=reading)
    return rows.here().known_by(listed(term))


def off_list(term: Term, *, user, reading: str) -> QuerySet[Enrolment]:
    """Return the registered poor who are here and not on the list."""
    rows = enrolments_in(term, user=user, permission=P.IDENTIFY, reading=reading)
    return rows.here().registered_poor().not_known_by(listed(term))


def not_on_roster(term: Term, *, user) -> QuerySet[TargetListEntry]:
    """Return the lines of the list whose child holds no place here in ``term``."""
    seen = TargetListEntry.objects.visible_to(user, P.IDENTIFY)
    return seen.not_on_roster(term).select_related("disposal__owner")


def proofs_in(term: Term, *, user) -> QuerySet[HardshipProof]:
    return HardshipProof.objects.visible_to(user, P.IDENTIFY).filter(enrolment__term=term)


def at_place(rows: QuerySet[Enrolment], wanted: dict, *, reading: str) -> QuerySet[Enrolment]:
    """Narrow enrolments to the township (by ``reading``) and school of the filter."""
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q(reading))
    return rows.filter(school=wanted["school"]) if wanted.get("school") else rows


def entries_at_place(
    rows: QuerySet[TargetListEntry], wanted: dict, *, reading: str
) -> QuerySet[TargetListEntry]:
    """Narrow lines by township, school and disposal.

    A child who is not here has no place of its own: by household it is where a poverty list registers
    the household, by school it is the school whose very name the list gives.
    """
    if township := wanted.get("township"):
        scope = township.scope
        by_home = TargetListEntry.objects.all().lives_in(scope)
        by_school = Q(school_text__in=TargetListEntry.objects.all().schools_in(scope))
        rows = rows.filter(by_home if reading == "home_area" else by_school)
    if school := wanted.get("school"):
        rows = rows.filter(school_text=school.name)
    if disposal := wanted.get("disposal"):
        rows = rows.filter(disposal=None) if disposal == "none" else rows.filter(disposal__code=disposal)
    return rows


@dataclass(frozen=True)
class Counts:
    """The list in numbers; ``on_list`` = ``here`` + ``missing``."""

    here: int
    missing: int
    off: int
    waiting: int

    @property
    def on_list(self) -> int:
        return self.here + self.missing


def counts_of(term: Term, *, user) -> Counts:
    """Count the three parts of a term and the proofs that wait; four queries."""
    reading = "school_area"
    return Counts(
        here=on_roster(term, user=user, reading=reading).count(),
        missing=not_on_roster(term, user=user).count(),
        off=off_list(term, user=user, reading=reading).count(),
        waiting=proofs_in(term, user=user).waiting().count(),
    )


def by_disposal(rows: QuerySet[TargetListEntry]) -> dict[str, int]:
    """Return disposal code -> number of lines; "" for those nobody has disposed of yet."""
    counted = rows.order_by().values_list("disposal__code").annotate(n=Count("pk"))
    return {code or "": n for code, n in counted}


def households_of(id_hashes) -> dict[str, HardshipStatus]:
    """Return ID hash -> the child's newest entry on a poverty list, with the household; one query."""
    rows = HardshipStatus.objects.filter(id_hash__in=id_hashes, household__isnull=False)
    return {row.id_hash: row for row in rows.select_related("household__area__parent").order_by("since")}


def households_of_children(rows: QuerySet[Enrolment]) -> dict[int, HardshipStatus]:
    """Return student -> the newest entry on a poverty list, under the child's own number or one given up; two queries."""
    children = Student.objects.annotate(child=Coalesce("merged_into", "pk")).filter(
        child__in=rows.values("student"), id_hash__isnull=False
    )
    found = households_of(children.values("id_hash"))
    entries: dict[int, HardshipStatus] = {}
    for child, id_hash in children.values_list("child", "id_hash").iterator():
        entry, other = found.get(id_hash), entries.get(child)
        if entry and (other is None or other.since < entry.since):
            entries[child] = entry
    return entries
