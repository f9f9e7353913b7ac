"""应助尽助: who should be aided in a term, and what came of each.

On the lists of a term are

- every child enrolled in it, here or away, who is registered poor in it or named by the province's list;
- everybody the province's list names who is not enrolled;
- the registered poor of school age (options ``school_age_from`` to ``school_age_to``, whole years on 31 August before the
  school year) who are not enrolled.

They are read as three disjoint sets of rows, each classed by one expression, so that a child falls in exactly
one term of the equation; :func:`~subsidies.queries.coverage.people_on_lists` counts the same people another way, as a check. "Aided"
means owed money, a waiver or meals by the rules; how much of the cash was paid stands apart.
"""

from dataclasses import dataclass

from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Substr
from django.db.models.lookups import GreaterThan

from povertyedu.accounts.permissions import Permission as P
from povertyedu.options.registry import options
from povertyedu.orgs.models import School, Term
from students.enums import (
    AidedElsewhere,
    Destination,
    DisposalCode,
    EnrolmentStatus,
    HardshipCategory,
    Place,
)
from students.models import Departure, Disposal, Enrolment, HardshipStatus, Student, TargetListEntry
from students.queries.registry import enrolments_in
from subsidies.enums import CountyAnswer, Kind, LineState, Payer
from subsidies.enums import CoveragePart as Part
from subsidies.enums import CoverageReason as Reason
from subsidies.models import Entitlement, ExchangeLine, Line

TOWNSHIP_DIGITS = 9
AID = (Kind.CASH, Kind.WAIVER, Kind.IN_KIND)  # a loan is none
# Which reasons a term of the equation has, in the order they are shown.
REASONS = {
    Part.AIDED_HERE: (Reason.PAID, Reason.PART_PAID, Reason.UNPAID, Reason.NO_CASH),
    Part.AIDED_ELSEWHERE: (Reason.IN_PROVINCE, Reason.ELSEWHERE),
    Part.FALLBACK: (Reason.PAID, Reason.PART_PAID, Reason.UNPAID, Reason.NO_CASH),
    Part.NOT_IN_SCHOOL: (
        Reason.SUSPENDED, Reason.LEAVER, Reason.DROPPED_OUT, Reason.GRADUATED, Reason.WORKING, Reason.NOT_OF_AGE, Reason.EXEMPT,
        Reason.HOME_TAUGHT, Reason.MOVED_AWAY, Reason.DECEASED, Reason.WRONG_DATA, Reason.OTHER,
    ),
    Part.NO_PROGRAMME: (Reason.WITHOUT_RULE,),
    Part.TO_VERIFY: (
        Reason.NOTHING_OWED, Reason.AWAITED, Reason.NOT_ASKED, Reason.ASKED, Reason.OVERDUE, Reason.NOT_THERE, Reason.REFUSED_THERE, Reason.LEFT, Reason.OTHER_COUNTY, Reason.UNCLEAR, Reason.UNDISPOSED,
    ),
}  # fmt: skip
# Where a leaver was said to go, as a reason; what is not here says nothing yet.
_WENT = {
    Destination.WORKING: Reason.WORKING, Destination.EXCUSED: Reason.EXEMPT, Destination.DECEASED: Reason.DECEASED,
    Destination.OUTSIDE: Reason.OTHER_COUNTY,
}  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Whose equation: of ``term``, as ``user`` may see it, by school or by household, of one place or of all."""

    term: Term
    user: object
    reading: str = "home_area"
    township: str = ""
    school: School | None = None
    # Of the students here who are owed nothing, as `actions.unaided` tells them apart:
    awaited: frozenset[int] = frozenset()  # who waits for a fact on nobody's file
    without_rule: frozenset[int] = frozenset()  # for whom the plan has nothing, nothing being missing

    @property
    def scope(self):
        return self.user.scope(P.VIEW_COVERAGE)

    @property
    def is_county(self) -> bool:
        return self.scope.of_county

    @property
    def is_whole(self) -> bool:
        """Whether nothing narrows it: a county's own equation."""
        return self.is_county and not self.township and self.school is None


def sources(wanted: Wanted, *, whole: bool = False) -> dict[str, QuerySet]:
    """Return the rows of the lists: ``e`` enrolments, ``t`` lines of the province's list, ``p`` hardships.

    Each has ``part``, ``reason`` and ``at`` (the township by the reading, "" where it is not known). ``whole`` is for
    counting: the aid of the term is added up once and joined as ``aid``; a page of names asks it child by child.
    """
    dropped = _second_numbers(wanted.term)
    rows = {
        "e": _enrolled(wanted, whole=whole),
        "t": _listed_only(wanted).exclude(pk__in=dropped.entries),
        "p": _poor_only(wanted).exclude(id_hash__in=dropped.hashes),
    }
    if wanted.township:
        rows = {name: qs.filter(at=wanted.township) for name, qs in rows.items()}
    if school := wanted.school:
        rows["e"] = rows["e"].filter(school=school)
        rows["t"] = rows["t"].filter(school_text=school.name)
        rows["p"] = rows["p"].none()
    return rows


# --- who is on the lists ----------------------------------------------------------------------------


def _listed(term: Term) -> QuerySet:
    return TargetListEntry.objects.of(term).values("id_hash")


def named_by_list(term: Term) -> Q:
    """Return the condition on enrolments that the province's list names the child, by a merged record's number too."""
    keepers = Student.objects.filter(merged_into__isnull=False, id_hash__in=_listed(term)).values(
        "merged_into"
    )
    named = Student.objects.filter(id_hash__in=_listed(term)).values("pk")
    return Q(student__in=named) | Q(student__in=keepers)


def enrolments_of(wanted: Wanted) -> QuerySet[Enrolment]:
    """Return the enrolments of the term that the reader sees: a county all of its own, whatever the reading."""
    if not wanted.is_county:
        return enrolments_in(
            wanted.term, user=wanted.user, permission=P.VIEW_COVERAGE, reading=wanted.reading
        )
    of_county = Enrolment.objects.all()._reads_at(wanted.scope) | Q(school_area="", home_area="")
    return Enrolment.objects.of(wanted.term).filter(of_county)


def _enrolled(wanted: Wanted, *, whole: bool) -> QuerySet[Enrolment]:
    term = wanted.term
    rows = enrolments_of(wanted).annotate(poor=F("categories").bitand(HardshipCategory.REGISTERED_POOR))
    rows = rows.filter(Q(poor__gt=0) | named_by_list(term))
    if whole:
        of_term = Q(student__aids__term=term)
        rows = rows.annotate(aid=FilteredRelation("student__aids", condition=of_term))
    return rows.annotate(
        pay=_pay_joined() if whole else _pay(term),
        whereabouts=Coalesce(_disposed(term, "student__id_hash"), _text(Reason.LEFT)),
        at=Substr(wanted.reading, 1, TOWNSHIP_DIGITS),
    ).annotate(part=_part_of_enrolled(wanted), reason=_reason_of_enrolled(wanted))


def _pay(term: Term) -> Subquery:
    """Return as a reason how far the child's cash of ``term`` is paid, NO_CASH for other aid alone; NULL without any."""
    paid = _paid(term, student=OuterRef("student_id")) + _paid(
        term, student__merged_into=OuterRef("student_id")
    )
    aid = Entitlement.objects.filter(term=term, kind__in=AID, student=OuterRef("student_id"))
    summed = aid.order_by().values("student").annotate(cash=Sum("amount_fen", filter=Q(kind=Kind.CASH)))
    state = Case(
        When(cash=None, then=_text(Reason.NO_CASH)),
        When(cash__lte=paid, then=_text(Reason.PAID)),
        When(GreaterThan(paid, 0), then=_text(Reason.PART_PAID)),
        default=_text(Reason.UNPAID),
        output_field=CharField(),
    )
    return Subquery(summed.values(as_reason=state))


def _pay_joined() -> Case:
    """Return the same out of the joined ``aid``."""
    return Case(
        When(Q(aid__programmes=None) | Q(aid__programmes=0), then=Value(None)),
        When(aid__cash_fen=0, then=_text(Reason.NO_CASH)),
        When(aid__cash_fen__lte=F("aid__paid_fen"), then=_text(Reason.PAID)),
        When(aid__paid_fen__gt=0, then=_text(Reason.PART_PAID)),
        default=_text(Reason.UNPAID),
        output_field=CharField(),
    )


def _paid(term: Term, **whose):
    paid = Line.objects.filter(term=term, payer=Payer.THIS_COUNTY, state=LineState.PAID, **whose)
    return Coalesce(Subquery(paid.order_by().values("term").annotate(fen=Sum("amount_fen")).values("fen")), 0)


def _absent(rows: QuerySet, term: Term) -> QuerySet:
    """Return the rows whose person has no enrolment in ``term``, under a merged record's number neither."""
    enrolled = Enrolment.objects.filter(term=term, student__id_hash=OuterRef("id_hash"))
    as_other = Student.objects.filter(id_hash=OuterRef("id_hash"), merged_into__enrolments__term=term)
    return rows.filter(~Exists(enrolled), ~Exists(as_other))


def _listed_only(wanted: Wanted) -> QuerySet[TargetListEntry]:
    term, scope = wanted.term, wanted.scope
    rows = _absent(TargetListEntry.objects.visible_to(wanted.user, P.VIEW_COVERAGE).of(term), term)
    if not wanted.is_county:
        by_home = TargetListEntry.objects.all().lives_in(scope)
        by_school = Q(school_text__in=TargetListEntry.objects.all().schools_in(scope))
        rows = rows.filter(by_home if wanted.reading == "home_area" else by_school)
    if wanted.reading == "home_area":
        household = HardshipStatus.objects.filter(id_hash=OuterRef("id_hash"), household__area__isnull=False)
        known = Student.objects.filter(id_hash=OuterRef("id_hash"), home_area__isnull=False)
        at = Coalesce(
            Subquery(household.order_by("-since").values("household__area")[:1]), Subquery(known.values("home_area")[:1]), Value("")
        )  # fmt: skip
    else:
        at = Coalesce(
            Subquery(School.objects.filter(name=OuterRef("school_text")).order_by("code").values("area")[:1]),
            Value(""),
        )
    return _classed(rows, term, at)


def _poor_only(wanted: Wanted) -> QuerySet[HardshipStatus]:
    term = wanted.term
    rows = _absent(HardshipStatus.objects.visible_to(wanted.user, P.VIEW_COVERAGE), term)
    rows = poor_of_age(term, rows).exclude(id_hash__in=_listed(term))
    if wanted.reading == "school_area":  # nobody knows a school of theirs: the county alone reads them so
        rows = rows if wanted.is_county else rows.none()
        return _classed(rows, term, Value(""))
    return _classed(rows, term, Coalesce(F("household__area"), Value("")))


def school_ages() -> tuple[int, int]:
    """Return from which to which age the county expects the registered poor in school."""
    ages = options("school_age_from", "school_age_to")
    return ages["school_age_from"], ages["school_age_to"]


def poor_of_age(term: Term, rows: QuerySet) -> QuerySet[HardshipStatus]:
    return rows.poor_in(term).of_age(term, *school_ages())


@dataclass(frozen=True)
class _Dropped:
    """Rows that name, by another number of a merged record, somebody who is on the lists already."""

    entries: list[int]
    hashes: list[str]


def _second_numbers(term: Term) -> _Dropped:
    """Return what must not be counted again: a person whose merged records have several numbers on the lists."""
    merged = Student.objects.filter(merged_into__isnull=False, id_hash__isnull=False)
    keeper = dict(merged.values_list("id_hash", "merged_into"))
    kept = Student.objects.filter(pk__in=merged.values("merged_into"), id_hash__isnull=False)
    keeper |= dict(kept.values_list("id_hash", "pk"))
    if not keeper:
        return _Dropped([], [])
    numbers = Student.objects.filter(Q(pk__in=merged.values("pk")) | Q(pk__in=kept.values("pk"))).values(
        "id_hash"
    )
    entries = (
        TargetListEntry.objects.of(term)
        .filter(id_hash__in=numbers)
        .order_by("pk")
        .values_list("pk", "id_hash")
    )
    poor = poor_of_age(term, HardshipStatus.objects.filter(id_hash__in=numbers))
    seen: set[int] = set()
    dropped = _Dropped([], [])
    for pk, id_hash in entries:
        if keeper[id_hash] in seen:
            dropped.entries.append(pk)
        seen.add(keeper[id_hash])
    for id_hash in poor.order_by("pk").values_list("id_hash", flat=True):
        if keeper[id_hash] in seen:
            dropped.hashes.append(id_hash)
        seen.add(keeper[id_hash])
    return dropped


# --- which term of the equation ---------------------------------------------------------------------


def _text(value):
    return Value(str(value), output_field=CharField())


def _disposed(term: Term, id_hash: str) -> Subquery:
    """Return as a reason the newest disposal of the person in ``term``, whatever it was recorded for; NULL without one."""
    rows = Disposal.objects.filter(term=term, id_hash=OuterRef(id_hash)).order_by("-decided_on", "-pk")
    # The other codes of disposals are reasons by the same name.
    unclear = When(code=DisposalCode.TO_VERIFY, then=_text(Reason.UNCLEAR))
    return Subquery(rows.values(as_reason=Case(unclear, default=F("code"), output_field=CharField()))[:1])


def _classed(rows: QuerySet, term: Term, at) -> QuerySet:
    """Class people who are not enrolled: by their disposal, else by where a leaver said to go."""
    left = Departure.objects.filter(term=term, student__id_hash=OuterRef("id_hash"), destination__in=_WENT)
    went = Case(
        *[When(destination=place, then=_text(reason)) for place, reason in _WENT.items()],
        output_field=CharField(),
    )
    reason = Coalesce(
        _disposed(term, "id_hash"), Subquery(left.values(as_reason=went)[:1]), _text(Reason.UNDISPOSED)
    )
    return rows.annotate(reason=reason, at=Substr(at, 1, TOWNSHIP_DIGITS)).annotate(
        part=_part_of_absent("reason")
    )


def _part_of_absent(reason: str) -> Case:
    settled = When(**{f"{reason}__in": REASONS[Part.NOT_IN_SCHOOL]}, then=_text(Part.NOT_IN_SCHOOL))
    return Case(settled, default=_text(Part.TO_VERIFY), output_field=CharField())


_LEFT = Q(status=EnrolmentStatus.LEFT)
_AWAY = ~Q(place=Place.IN_COUNTY)


def _part_of_enrolled(wanted: Wanted) -> Case:
    owed = Q(pay__isnull=False)
    return Case(
        When(
            status__in=[EnrolmentStatus.SUSPENDED, EnrolmentStatus.GRADUATED], then=_text(Part.NOT_IN_SCHOOL)
        ),
        When(_LEFT, then=_part_of_absent("whereabouts")),
        When(_AWAY & Q(aided_elsewhere=AidedElsewhere.YES), then=_text(Part.AIDED_ELSEWHERE)),
        When(_AWAY & Q(aided_elsewhere=AidedElsewhere.NO) & owed, then=_text(Part.FALLBACK)),
        When(owed, then=_text(Part.AIDED_HERE)),
        *_among(wanted.without_rule, Part.NO_PROGRAMME),
        default=_text(Part.TO_VERIFY),
        output_field=CharField(),
    )


def _asked() -> Case:
    """Return how far the question to the county of study has come, for a child whose answer is open."""
    lines = ExchangeLine.objects.filter(enrolment=OuterRef("pk"))
    return Case(
        When(Exists(lines.overdue()), then=_text(Reason.OVERDUE)),
        When(Exists(lines.waiting()), then=_text(Reason.ASKED)),
        When(Exists(lines.filter(answer=CountyAnswer.NOT_FOUND)), then=_text(Reason.NOT_THERE)),
        default=_text(Reason.NOT_ASKED),
        output_field=CharField(),
    )


def _among(students: frozenset[int], text: str) -> list[When]:
    """Return what is said of these students who study here, if there are any."""
    return [When(~_AWAY & Q(student__in=students), then=_text(text))] if students else []


def _reason_of_enrolled(wanted: Wanted) -> Case:
    return Case(
        When(status=EnrolmentStatus.SUSPENDED, then=_text(Reason.SUSPENDED)),
        When(status=EnrolmentStatus.GRADUATED, then=_text(Reason.LEAVER)),
        When(_LEFT, then=F("whereabouts")),
        When(_AWAY & Q(aided_elsewhere=AidedElsewhere.YES), then=F("place")),
        When(pay__isnull=False, then=F("pay")),
        When(_AWAY & Q(aided_elsewhere=AidedElsewhere.NO), then=_text(Reason.REFUSED_THERE)),
        When(_AWAY, then=_asked()),
        *_among(wanted.awaited, Reason.AWAITED),
        *_among(wanted.without_rule, Reason.WITHOUT_RULE),
        default=_text(Reason.NOTHING_OWED),
        output_field=CharField(),
    )
