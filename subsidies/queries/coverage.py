"""应助尽助: the coverage equation of a term, counted from :mod:`subsidies.queries.coverage_rows`, and its money."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Cast, Coalesce

from povertyedu.orgs.models import Term
from students.enums import HardshipCategory
from students.models import Enrolment, HardshipStatus, Student, TargetListEntry
from subsidies.enums import CoveragePart as Part
from subsidies.enums import CoverageReason as Reason
from subsidies.enums import Kind, LineState, Payer
from subsidies.models import Entitlement, Line

from .coverage_rows import AID, Wanted, enrolments_of, poor_of_age, sources

AIDED = (Part.AIDED_HERE, Part.AIDED_ELSEWHERE, Part.FALLBACK)
NOT_DUE = (Part.NOT_IN_SCHOOL, Part.NO_PROGRAMME)


MONEY = {"cash": "aid__cash_fen", "other": "aid__other_fen", "paid": "aid__paid_fen"}


def counted(
    rows: dict[str, QuerySet],
    *,
    by: tuple[str, ...] = ("part", "reason", "at"),
    money: dict[str, int] | None = None,
) -> Counter:
    """Return (part, reason, township) -> people; one query per set of rows. What ``by`` leaves out is "".

    ``money`` takes up, of whole rows, the fen of those aided here or as fallback: ``cash``, ``other`` aid, ``paid`` of the cash.
    """
    found: Counter = Counter()
    for letter, queryset in rows.items():
        summed = MONEY if money is not None and letter == "e" else {}
        sums = {name: Sum(column, default=0) for name, column in summed.items()}
        for group in queryset.order_by().values(*by).annotate(n=Count("pk"), **sums):
            part, reason = Part(group["part"]), Reason(group["reason"]) if "reason" in by else ""
            found[part, reason, group.get("at", "")] += group["n"]
            if part in (Part.AIDED_HERE, Part.FALLBACK):
                for name in summed:
                    money[name] += group[name]
    return found


def people_on_lists(wanted: Wanted) -> int:
    """Count everybody on the county's lists once, by who they are: the check on the equation's sum."""
    term = wanted.term
    record = Student.objects.filter(id_hash=OuterRef("id_hash"))
    person = Coalesce(
        Subquery(record.values(who=Cast(Coalesce("merged_into_id", "pk"), CharField()))[:1]), F("id_hash"), output_field=CharField()
    )  # fmt: skip
    who = Cast("student_id", CharField())
    enrolled = Enrolment.objects.of(term).annotate(who=who)
    seen = enrolments_of(wanted).annotate(
        who=who, poor=F("categories").bitand(HardshipCategory.REGISTERED_POOR)
    )
    of_others = enrolled.exclude(pk__in=seen.values("pk"))
    named = TargetListEntry.objects.of(term).annotate(who=person).exclude(who__in=of_others.values("who"))
    of_age = poor_of_age(term, HardshipStatus.objects.all()).annotate(who=person)
    parts = [seen.filter(poor__gt=0), named, of_age.exclude(who__in=enrolled.values("who"))]
    first, *others = [part.order_by().values_list("who") for part in parts]
    return first.union(*others).count()


@dataclass(frozen=True)
class Equation:
    """The equation of a term: ``counts`` by (part, reason, township); ``total`` counted apart where it is the whole county's.

    ``money``: see :func:`counted`.
    """

    counts: Counter
    total: int
    money: dict[str, int] = field(default_factory=dict)

    def of(self, part: str | None = None, reason: str | None = None, at: str | None = None) -> int:
        return sum(
            n for (p, r, a), n in self.counts.items()
            if part in (None, p) and reason in (None, r) and at in (None, a)
        )  # fmt: skip

    @property
    def difference(self) -> int:
        """What is left over between the lists and the terms; anything but zero is a fault of the program."""
        return self.total - self.of()

    @property
    def townships(self) -> list[str]:
        return sorted({at for _, _, at in self.counts})

    def due(self, at: str | None = None) -> int:
        """Return who should be aided: on the lists, not known to be out of school, and not without any rule for certain."""
        return self.of(at=at) - sum(self.of(part, at=at) for part in NOT_DUE)

    def aided(self, at: str | None = None) -> int:
        return sum(self.of(part, at=at) for part in AIDED)

    def rate(self, at: str | None = None) -> str:
        """Return aided of due in per cent, never rounded up: 100.0 means everybody. "—" where nobody is due."""
        due = self.due(at)
        if not due:
            return "—"
        tenths = self.aided(at) * 1000 // due
        return f"{tenths // 10}.{tenths % 10}"

    @property
    def fraction(self) -> str:
        return f"{self.aided():,}÷{self.due():,}"


def equation(wanted: Wanted) -> Equation:
    money = dict.fromkeys(MONEY, 0)
    counts = counted(sources(wanted, whole=True), money=money)
    return Equation(counts, people_on_lists(wanted) if wanted.is_whole else sum(counts.values()), money)


def standing(wanted: Wanted) -> Equation:
    """Return the equation by its terms alone, for a front page: cheaper than the whole of it."""
    counts = counted(sources(wanted, whole=wanted.is_county), by=("part",))
    return Equation(counts, sum(counts.values()))


def money_of(term: Term, students: Iterable[int]) -> dict[int, dict[str, int]]:
    """Return student -> fen of ``cash``, ``other`` aid and what was ``paid``, for the rows of a page; two queries."""
    found: dict = defaultdict(lambda: {"cash": 0, "other": 0, "paid": 0})
    owed = Entitlement.objects.filter(term=term, kind__in=AID, student__in=students)
    for student, kind, fen in owed.values_list("student", "kind").annotate(fen=Sum("amount_fen")):
        found[student]["cash" if kind == Kind.CASH else "other"] += fen
    paid = Line.objects.filter(term=term, payer=Payer.THIS_COUNTY, state=LineState.PAID)
    whose = Coalesce("student__merged_into", "student")
    for student, fen in (
        paid.annotate(whose=whose)
        .filter(whose__in=students)
        .order_by()
        .values_list("whose")
        .annotate(fen=Sum("amount_fen"))
    ):
        found[student]["paid"] += fen
    return found
