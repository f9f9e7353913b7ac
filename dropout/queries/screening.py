"""Reads of a screening: the ledgers, counts by place and focus group, and who was sent to junior school and did not come."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Substr

from dropout.enums import FOUND_AWAY, LEDGERS, FollowUp, Standing
from dropout.models import Screening, ScreeningRow
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.enums import STAGE_YEARS, Stage
from povertyedu.orgs.models import Area, Term
from students.enums import EnrolmentStatus, HardshipCategory
from students.models import Enrolment
from students.queries import enrolments_in

# Focus groups (W4): 建档立卡, 残疾, 留守, 随迁, 孤儿, 事实无人抚养.
FOCUS = (
    HardshipCategory.REGISTERED_POOR, HardshipCategory.DISABLED, HardshipCategory.LEFT_BEHIND, HardshipCategory.MIGRANT,
    HardshipCategory.ORPHAN, HardshipCategory.DE_FACTO_UNATTENDED,
)  # fmt: skip


def ledger_rows(
    screening: Screening, ledger: str, *, user, reading: str, wanted: dict | None = None
) -> QuerySet[ScreeningRow]:
    """Return the children of a ledger that ``user`` reads, by one line: by school (教育线) or by household (政府线)."""
    rows = ScreeningRow.objects.visible_to(user, P.VIEW_CASES).filter(screening=screening)
    scope = user.scope(P.VIEW_CASES)
    if scope.areas and not scope.of_county:  # the county counts everybody by either line
        at = scope.area_q(reading)
        if reading == "school_area":
            at |= Q(school__in=scope.schools) | Q(school_class__in=scope.classes)
        rows = rows.filter(at)
    if standings := LEDGERS[ledger][1]:
        rows = rows.filter(standing__in=standings)
    return narrowed(rows, wanted or {}, reading=reading)


def with_worked(rows: QuerySet[ScreeningRow], user) -> QuerySet[ScreeningRow]:
    """Return ``rows`` with ``is_worked``: whether the user works the child's case, and so reads how its absence was explained."""
    worked = ScreeningRow.objects.visible_to(user, P.WORK_CASES).filter(pk=OuterRef("pk"))
    return rows.annotate(is_worked=Exists(worked))


def narrowed(rows: QuerySet[ScreeningRow], wanted: dict, *, reading: str) -> QuerySet[ScreeningRow]:
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q(reading))
    if school := wanted.get("school"):
        rows = rows.filter(school=school)
    if category := wanted.get("category"):
        rows = rows.annotate(held=F("categories").bitand(int(category))).filter(held__gt=0)
    if follow_up := wanted.get("follow_up"):
        rows = rows.filter(follow_up=follow_up)
    if ground := wanted.get("ground"):
        rows = rows.filter(ground=ground)
    return rows


def counts_by_standing(rows: QuerySet[ScreeningRow]) -> dict[str, int]:
    return dict(rows.order_by().values_list("standing").annotate(n=Count("pk")))


def focus_groups(rows: QuerySet[ScreeningRow]) -> list[dict]:
    """Return each focus group's children, and how many of them are away; one query."""
    sums = {}
    for category in FOCUS:
        held = Q(**{f"in_{category.value}__gt": 0})
        sums[f"all_{category.value}"] = Count("pk", filter=held)
        sums[f"away_{category.value}"] = Count("pk", filter=held & Q(standing__in=FOUND_AWAY))
    marked = rows.order_by().annotate(**{f"in_{c.value}": F("categories").bitand(c.value) for c in FOCUS})
    found = marked.aggregate(**sums)
    return [{"category": c, "all": found[f"all_{c.value}"], "away": found[f"away_{c.value}"]} for c in FOCUS]


@dataclass(frozen=True)
class PlaceLine:
    """Counts of one township or school."""

    name: str
    key: str
    all: int
    suspected: int
    dropout: int
    never: int
    waiting: int
    confirmed: str = ""


def _sums() -> dict:
    return {
        "all": Count("pk"), "suspected": Count("pk", filter=Q(standing=Standing.SUSPECTED)),
        "dropout": Count("pk", filter=Q(standing=Standing.DROPOUT)), "never": Count("pk", filter=Q(standing=Standing.NEVER_ENROLLED)),
        "waiting": Count("pk", filter=Q(follow_up=FollowUp.OPEN)),
    }  # fmt: skip


def by_township(rows: QuerySet[ScreeningRow], screening: Screening, *, reading: str) -> list[PlaceLine]:
    """Return one line per township of ``reading``; three queries."""
    found = (
        rows.order_by()
        .annotate(code=Substr(reading, 1, 9))
        .values("code")
        .annotate(**_sums())
        .order_by("code")
    )
    names = dict(Area.objects.filter(code__in=[row["code"] for row in found]).values_list("code", "name"))
    done = dict(screening.confirmations.values_list("area_id", "confirmed_by"))
    return [
        PlaceLine(
            names.get(row["code"], "县外或不详"),
            row["code"] if row["code"] in names else "",
            *(row[name] for name in _sums()),
            done.get(row["code"], ""),
        )
        for row in found
    ]


def by_school(rows: QuerySet[ScreeningRow]) -> list[PlaceLine]:
    """Return one line per school with somebody away; one query."""
    found = rows.exclude(school=None).order_by().values("school_id", "school__name").annotate(**_sums())
    found = found.filter(Q(suspected__gt=0) | Q(dropout__gt=0) | Q(never__gt=0)).order_by("school__name")
    return [
        PlaceLine(row["school__name"], str(row["school_id"]), *(row[name] for name in _sums()))
        for row in found
    ]


# --- 小学送、中学接 ------------------------------------------------------------------------------------


def term_before(term: Term) -> Term | None:
    """Return the last term of the school year before that of ``term``."""
    autumn = (
        Term.objects.filter(starts_on__lte=term.starts_on, season="autumn").order_by("-starts_on").first()
    )
    return autumn and Term.objects.filter(starts_on__lt=autumn.starts_on).order_by("-starts_on").first()


def handover(term: Term, *, user) -> QuerySet[Enrolment]:
    """Return last year's sixth grade with ``arrived_at``: the key of the enrolment this year, None for who is in no school."""
    before = term_before(term)
    if before is None:
        return Enrolment.objects.none()
    now = Enrolment.objects.filter(student=OuterRef("student"), term=term).exclude(
        status=EnrolmentStatus.LEFT
    )
    rows = enrolments_in(before, user=user, permission=P.VIEW_CASES, reading="school_area").here()
    rows = rows.filter(stage=Stage.PRIMARY, grade=STAGE_YEARS[Stage.PRIMARY], school__isnull=False)
    return rows.annotate(arrived_at=Subquery(now.values("pk")[:1]))


def handover_counts(rows: QuerySet[Enrolment]) -> list[dict]:
    """Return sent, received and missing by primary school; one query."""
    found = (
        rows.order_by()
        .values("school_id", "school__name")
        .annotate(sent=Count("pk"), received=Count("pk", filter=Q(arrived_at__isnull=False)))
    )
    return [row | {"missing": row["sent"] - row["received"]} for row in found.order_by("school__name")]
