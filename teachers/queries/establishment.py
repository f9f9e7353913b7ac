"""The establishment of schools: what is authorised, filled, vacant, over, in lists and in sums."""

from dataclasses import dataclass
from io import BytesIO

from django.db.models import Count, F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, Substr
from django.utils import timezone

from povertyedu.orgs.models import Area, School
from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from teachers.enums.registry import AppointmentKind
from teachers.models import Appointment, Establishment

E = "establishment__"
TABS = {
    "all": ("全部", Q()),
    "vacant": ("有空编", Q(establishment__filled__lt=F("establishment__authorised"))),
    "over": ("超编", Q(establishment__filled__gt=F("establishment__authorised"))),
    "unset": ("没有核定", Q(establishment=None)),
}
COLUMNS = (
    LedgerColumn("乡镇", width=12), LedgerColumn("学校", width=26), LedgerColumn("办学类型", width=14), LedgerColumn("核定编制", "int", width=10, summed=True),
    LedgerColumn("在编人数", "int", width=10, summed=True), LedgerColumn("空编", "int", width=8, summed=True), LedgerColumn("超编", "int", width=8, summed=True),
    LedgerColumn("批准超编", "int", width=10, summed=True), LedgerColumn("聘用人数", "int", width=10, summed=True), LedgerColumn("核定日期", width=12),
    LedgerColumn("文号", width=22),
)  # fmt: skip


def narrowed(schools: QuerySet[School], wanted: dict) -> QuerySet[School]:
    """Narrow public schools by township, kind and words."""
    schools = schools.public()
    if township := wanted.get("township"):
        schools = schools.filter(township.scope.area_q("area_id"))
    if kind := wanted.get("kind"):
        schools = schools.filter(kind=kind)
    if text := wanted.get("q"):
        schools = schools.filter(Q(name__contains=text) | Q(code__startswith=text))
    return schools


def with_contracts(schools: QuerySet[School]) -> QuerySet[School]:
    """Read the establishment and the township along, and count those employed beside it (``contracts``)."""
    posts = Appointment.objects.standing().filter(school=OuterRef("pk"), kind=AppointmentKind.CONTRACT)
    count = posts.order_by().values("school").annotate(number=Count("pk")).values("number")
    return schools.select_related("establishment", "area__parent").annotate(
        contracts=Coalesce(Subquery(count, output_field=IntegerField()), 0)
    )


@dataclass
class Sums:
    """What a number of schools have together; ``key`` is what the line is filtered by."""

    label: str = "合计"
    key: str = ""
    schools: int = 0
    authorised: int = 0
    filled: int = 0
    vacant: int = 0
    over: int = 0
    excess: int = 0


def _figures() -> dict:
    none = {"output_field": IntegerField()}
    return {
        "sum_schools": Count("pk"), "sum_authorised": Sum("authorised"), "sum_filled": Sum("filled"), "sum_excess": Sum("excess_approved"),
        "sum_vacant": Sum(Greatest(F("authorised") - F("filled"), 0, **none)), "sum_over": Sum(Greatest(F("filled") - F("authorised"), 0, **none)),
    }  # fmt: skip


def _sums(row: dict, **named) -> Sums:
    return Sums(**{name.removeprefix("sum_"): value or 0 for name, value in row.items()}, **named)


def totals(schools: QuerySet[School]) -> Sums:
    """Return the sums over ``schools``; one query."""
    rows = Establishment.objects.filter(school__in=schools.order_by().values("pk")).order_by()
    return _sums(rows.aggregate(**_figures()))


def by_township(schools: QuerySet[School]) -> list[Sums]:
    """Return the sums by township, in the order of their codes; two queries."""
    rows = Establishment.objects.filter(school__in=schools.order_by().values("pk")).order_by()
    grouped = (
        rows.annotate(township=Substr("school__area_id", 1, 9)).values("township").annotate(**_figures())
    )
    names = dict(Area.objects.filter(level__in=["county", "township"]).values_list("code", "name"))
    found = {row.pop("township"): row for row in grouped}
    return [_sums(found[code], label=names.get(code, code), key=code) for code in sorted(found)]


def workbook_of(schools: QuerySet[School], *, words: str, by: str) -> bytes:
    """Return the establishments of ``schools`` as an .xlsx with a total; its headings are those the import reads."""
    out, at = BytesIO(), timezone.localtime()
    sheet = LedgerSheet(
        name="学校编制", title="学校编制台账", columns=COLUMNS, rows=(Row(_line(school)) for school in with_contracts(schools).order_by("area_id", "code")),
        unit_line=f"筛选条件：{words}", right_line=f"单位：名　{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def township_of(school: School) -> str:
    return school.area.parent.name if school.area.level == "village" else school.area.name


def _line(school: School) -> list:
    held = getattr(school, "establishment", None)
    figures = (
        [held.authorised, held.filled, held.vacant, held.over, held.excess_approved] if held else [None] * 5
    )
    return [
        township_of(school), school.name, school.get_kind_display(), *figures, school.contracts, f"{held.since}" if held else "没有核定",
        held.document if held else "",
    ]  # fmt: skip
