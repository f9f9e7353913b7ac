"""Reads of the asset ledger: filters, sums by kind, the workbook."""

from io import BytesIO

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from projects.enums import EquipmentKind
from projects.models import Asset

COLUMNS = (
    LedgerColumn("学校", width=24), LedgerColumn("资产编号", width=14), LedgerColumn("类别", width=12), LedgerColumn("品名", width=18),
    LedgerColumn("规格型号", width=16), LedgerColumn("单位", width=7), LedgerColumn("在册数", "int", width=9), LedgerColumn("单价（元）", "money", width=12, summed=False),
    LedgerColumn("价值（元）", "money", width=15), LedgerColumn("取得日期", width=12), LedgerColumn("来源", width=24), LedgerColumn("存放地点", width=14),
    LedgerColumn("变动记录", width=50),
)  # fmt: skip


def narrowed(rows: QuerySet[Asset], wanted: dict) -> QuerySet[Asset]:
    if township := wanted.get("township"):
        rows = rows.filter(township.scope.area_q("school__area_id"))
    if school := wanted.get("school"):
        rows = rows.filter(school=school)
    if kind := wanted.get("kind"):
        rows = rows.filter(kind=kind)
    if text := wanted.get("q"):
        rows = rows.filter(Q(name__contains=text) | Q(code__contains=text) | Q(model__contains=text))
    return rows if wanted.get("gone") else rows.standing()


def by_kind(rows: QuerySet[Asset]) -> list[dict]:
    """Return per kind how many cards, things and fen; one query."""
    found = rows.order_by().values("kind").annotate(
        cards=Count("pk"), number=Sum("quantity"), value_fen=Coalesce(Sum(F("quantity") * F("price_fen")), 0)
    )  # fmt: skip
    rows_of = {row["kind"]: row for row in found}
    return [rows_of[kind] | {"label": label} for kind, label in EquipmentKind.choices if kind in rows_of]


def source_of(asset: Asset) -> str:
    """Where a card comes from, in words; its line and where it was moved from are read already."""
    if asset.line:
        return asset.line.acceptance.purchase.name
    if asset.moved_from:
        return f"由{asset.moved_from.school}调入"
    return "原有资产"


def with_origin(rows: QuerySet[Asset]) -> QuerySet[Asset]:
    return rows.select_related("school", "line__acceptance__purchase", "moved_from__school")


def workbook_of(rows: QuerySet[Asset], *, words: str, by: str) -> bytes:
    """Return the ledger as an .xlsx with its total; each card with all that happened to it. Queries do not grow with the rows."""
    out, at = BytesIO(), timezone.localtime()
    found = with_origin(rows).prefetch_related("entries").order_by("school__name", "kind", "pk")
    sheet = LedgerSheet(
        name="资产台账", title="学校资产台账", columns=COLUMNS, rows=(Row(_line(row)) for row in found), unit_line=f"筛选条件：{words}",
        right_line=f"单位：元　{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _line(row: Asset) -> list:
    story = "；".join(
        f"{entry.on} {entry.get_kind_display()} {entry.quantity}（{entry.document}）"
        for entry in row.entries.all()
    )
    return [
        row.school.name, row.code, row.get_kind_display(), row.name, row.model, row.unit, row.quantity, row.price_fen, row.total_fen,
        str(row.acquired_on), source_of(row), row.place, story,
    ]  # fmt: skip
