"""Figures of the leaders' dashboard: the four numbers by place, the same money by stage and source.

Only cash is payable, so the four numbers are of cash; waivers and meals stand apart. All in fen.
Each function costs a fixed number of queries, whatever the rows.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import BigIntegerField, Case, Count, F, Q, Sum, Value, When
from django.db.models.functions import Substr

from povertyedu.accounts.permissions import Permission
from povertyedu.orgs.models import School, Term
from students.enums import HardshipCategory
from students.models import Enrolment
from subsidies import engine
from subsidies.actions.sourcing import Fundings
from subsidies.enums import OPEN_LINES, Kind, LineState
from subsidies.models import Balance, Entitlement, Line, PaidAdjustment

TOWNSHIP_DIGITS = 9
BANDS = (70, 80, 88)  # per cent paid at which a place leaves red, amber and the lighter blue of the map


@dataclass
class Figures:
    """The numbers of one place: children, the registered poor among them, those aided, and cash in fen."""

    children: int = 0
    poor: int = 0
    aided: int = 0
    entitled_fen: int = 0
    paid_fen: int = 0
    in_hand_fen: int = 0

    @property
    def outstanding_fen(self) -> int:
        return self.entitled_fen - self.paid_fen - self.in_hand_fen

    @property
    def progress(self) -> float:
        """Paid in per cent of entitled; 0 where nothing is owed."""
        return round(self.paid_fen * 100 / self.entitled_fen, 1) if self.entitled_fen else 0.0

    @property
    def tone(self) -> str:
        """The colour of the progress bar, at the bounds of the township map's bands."""
        return "bad" if self.progress < BANDS[0] else "warn" if self.progress < BANDS[-1] else "ok"

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


def figures_by(user, term: Term, place: str, **within) -> dict:
    """Return {place key: Figures} of what ``user`` may see in ``term``.

    ``place`` names a column all three tables have (``school_id``), or ``school_area`` / ``home_area``
    for townships. ``within`` narrows all three (``school_area__gte=..``).
    """
    places: dict = defaultdict(Figures)
    key = Substr(place, 1, TOWNSHIP_DIGITS) if place.endswith("_area") else F(place)
    poor = Q(categories__gt=0, bit__gt=0)
    enrolled = Enrolment.objects.visible_to(user).of(term).studying().filter(**within)
    for row in (
        enrolled.annotate(bit=F("categories").bitand(HardshipCategory.REGISTERED_POOR))
        .values(at=key)
        .annotate(children=Count("pk"), poor=Count("pk", filter=poor))
    ):
        places[row["at"]].children, places[row["at"]].poor = row["children"], row["poor"]
    entitled = Entitlement.objects.visible_to(user).filter(term=term, **within)
    for row in entitled.values(at=key).annotate(
        aided=Count("student_id", distinct=True), fen=Sum("amount_fen", filter=Q(kind=Kind.CASH), default=0)
    ):
        places[row["at"]].aided, places[row["at"]].entitled_fen = row["aided"], row["fen"]
    if place == "school_id":  # a line outside the county stands under the school that stands for all of them
        outside = When(school__code=School.OUTSIDE, then=Value(None))
        key = Case(outside, default=F("school_id"), output_field=BigIntegerField())
    lines = Line.objects.visible_to(user).filter(term=term, **within)
    for row in lines.values(at=key).annotate(
        paid=Sum("amount_fen", filter=Q(state=LineState.PAID), default=0),
        in_hand=Sum("amount_fen", filter=Q(state__in=OPEN_LINES), default=0),
    ):
        places[row["at"]].paid_fen, places[row["at"]].in_hand_fen = row["paid"], row["in_hand"]
    adjusted = PaidAdjustment.objects.visible_to(user).filter(term=term, **within).order_by()
    for row in adjusted.values(place=key).annotate(fen=Sum("paid_fen")):
        places[row["place"]].paid_fen += row["fen"]
    return dict(places)


def figures_of_class(user, term: Term, school_class) -> list[dict]:
    """Return the children of a class with their cash numbers: [{enrolment, figures}]."""
    enrolments = (
        Enrolment.objects.visible_to(user, Permission.VIEW_STUDENTS)
        .of(term)
        .filter(school_class=school_class)
        .select_related("student")
        .order_by("student__name", "pk")
    )
    # Keys, not a subquery: the planner looks into the balance view by values only, else it sums up the whole term.
    students = [enrolment.student_id for enrolment in enrolments]
    sums = {
        row["student_id"]: row
        for row in Balance.objects.filter(term=term, student__in=students, programme__kind=Kind.CASH)
        .values("student_id")
        .annotate(entitled=Sum("entitled_fen"), paid=Sum("paid_fen"), in_hand=Sum("in_hand_fen"))
    }
    rows = []
    for enrolment in enrolments:
        money = sums.get(enrolment.student_id, {})
        figures = Figures(
            1, 0, int(bool(money)), money.get("entitled", 0), money.get("paid", 0), money.get("in_hand", 0)
        )
        rows.append({"enrolment": enrolment, "figures": figures})
    return rows


def figures_by_class(user, term: Term, school) -> dict:
    """Return {class id: Figures} of one school."""
    places: dict = defaultdict(Figures)
    enrolments = list(
        Enrolment.objects.visible_to(user)
        .of(term)
        .studying()
        .filter(school=school)
        .values_list("student_id", "school_class_id", "categories")
    )
    money = {
        row["student_id"]: row
        for row in Balance.objects.filter(term=term, student__in=[student for student, *_ in enrolments])
        .values("student_id")
        .annotate(
            entitled=Sum("entitled_fen", filter=Q(programme__kind=Kind.CASH), default=0),
            paid=Sum("paid_fen", default=0),
            in_hand=Sum("in_hand_fen", default=0),
        )
    }
    for student, class_id, categories in enrolments:
        owed = money.get(student)
        places[class_id] += Figures(
            1, int(bool(categories & HardshipCategory.REGISTERED_POOR)), int(owed is not None),
            *((owed["entitled"], owed["paid"], owed["in_hand"]) if owed else ()),
        )  # fmt: skip
    return dict(places)


@dataclass(frozen=True)
class CashTable:
    """Cash of a term by stage and source: the four numbers of each; entitled cash of each pair, in fen."""

    stages: dict[str, Figures]  # code of the stage -> its numbers
    sources: dict[str, Figures]  # code of the source -> its numbers
    entitled: dict[tuple[str, str], int]  # (stage, source) -> fen

    def by_source(self, stage: str) -> list[int]:
        return [self.entitled.get((stage, source), 0) for source in self.sources]


def _side(state: str) -> str:
    return "paid_fen" if state == LineState.PAID else "in_hand_fen"


def _by_share(rows, *names: str, amount: str):
    """Return (*names, rule, amount, count, source, fen) of rows by the source of their frozen shares, None without any."""
    grouped = rows.values_list(*names, "rule", amount, "shares__source")
    return grouped.annotate(count=Count("pk", distinct=True), fen=Sum("shares__amount_fen")).values_list(
        *names, "rule", amount, "count", "shares__source", "fen"
    )


def _times(count: int, shares) -> list[tuple[str, int]]:
    return [(source, fen * count) for source, fen in shares]


def cash_by_stage_and_source(user, term: Term) -> CashTable:
    """Return what of the cash is entitled, paid and in hand by stage and source.

    What an office has passed on has its frozen shares; the rest is cut by the shares of its rule. Sums over stages
    and over sources equal the entitlements and lines to the fen. A constant number of queries.
    """
    fundings = Fundings([term.pk])
    entitled = Entitlement.objects.visible_to(user).filter(term=term, kind=Kind.CASH)
    lines = (
        Line.objects.visible_to(user).filter(term=term, state__in=[LineState.PAID, *OPEN_LINES]).order_by()
    )
    adjusted = PaidAdjustment.objects.visible_to(user).filter(term=term).order_by()
    counted = [
        ("entitled_fen", *row, None, 0)
        for row in entitled.values_list("stage", "rule", "amount_fen").annotate(count=Count("student_id"))
    ]
    counted += [
        (_side(state), *row) for state, *row in _by_share(lines, "state", "stage", amount="amount_fen")
    ]
    counted += [("paid_fen", *row) for row in _by_share(adjusted, "stage", amount="paid_fen")]
    by_stage, by_source = defaultdict(Figures), defaultdict(Figures)
    pairs: dict[tuple[str, str], int] = defaultdict(int)
    for number, stage, rule, amount_fen, count, kept_by, kept_fen in counted:
        shares = (
            ((kept_by, kept_fen),) if kept_by else _times(count, fundings.split(term.pk, rule, amount_fen))
        )
        for source, fen in shares:
            by_stage[stage] += Figures(**{number: fen})
            by_source[source] += Figures(**{number: fen})
            if number == "entitled_fen":
                pairs[stage, source] += fen
    return CashTable(
        {stage: by_stage[stage] for stage in engine.STAGES if stage in by_stage},
        {source: by_source[source] for source in engine.SOURCES if source in by_source},
        dict(pairs),
    )


def stuck_lines(user, term: Term) -> dict[str, dict]:
    """Return {state: {lines, fen}} of lines of ``term`` that are held, or that the bank sent back and nobody took up again."""
    lines = Line.objects.visible_to(user).filter(term=term).stuck().order_by()
    counted = lines.values("state").annotate(lines=Count("pk"), fen=Sum("amount_fen"))
    return {row["state"]: row for row in counted}
