"""Purchase lists as workbooks: all that the filter leaves, and one of them school by school as the import reads it."""

from collections.abc import Iterable
from io import BytesIO

from django.db.models import QuerySet
from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, LedgerSheet, Row, write_ledger
from projects.models import Purchase, PurchaseItem, PurchaseShare

LISTS = (
    LedgerColumn("清单编号", width=14), LedgerColumn("清单名称", width=28), LedgerColumn("建设项目", width=28), LedgerColumn("合同、资金", width=20),
    LedgerColumn("供应商", width=24), LedgerColumn("状态", width=12), LedgerColumn("学校数", "int", width=9), LedgerColumn("金额（元）", "money", width=16),
    LedgerColumn("已验收（元）", "money", width=16), LedgerColumn("下单日期", "date", width=12), LedgerColumn("交货期限", "date", width=12),
)  # fmt: skip
# The first nine are headings of the import of purchase lists.
SHARES = (
    LedgerColumn("清单名称", width=26), LedgerColumn("学校", width=26), LedgerColumn("类别", width=12), LedgerColumn("品名", width=18),
    LedgerColumn("规格型号", width=16), LedgerColumn("单位", width=7), LedgerColumn("数量", "int", width=10, summed=True),
    LedgerColumn("单价（元）", "money", width=12, summed=False), LedgerColumn("金额（元）", "money", width=16),
    LedgerColumn("已验收", "int", width=10, summed=True), LedgerColumn("没有到的", "int", width=10, summed=True),
    LedgerColumn("已验收（元）", "money", width=16),
)  # fmt: skip
ITEMS = (
    LedgerColumn("类别", width=12), LedgerColumn("品名", width=18), LedgerColumn("规格型号", width=16), LedgerColumn("单位", width=7),
    LedgerColumn("清单数量", "int", width=10), LedgerColumn("单价（元）", "money", width=12, summed=False), LedgerColumn("金额（元）", "money", width=16),
    LedgerColumn("已分到学校", "int", width=11), LedgerColumn("已验收", "int", width=10),
)  # fmt: skip


def lists_workbook(rows: QuerySet[Purchase], *, words: str, by: str) -> bytes:
    """Return ``rows`` (with their sums) as an .xlsx with its total; ``words`` tell the filter."""
    out = BytesIO()
    found = rows.select_related("project", "contract", "line").order_by("code")
    sheet = LedgerSheet(
        name="采购清单", title="设备采购清单台账", columns=LISTS, rows=(Row(_list(row)) for row in found), unit_line=f"筛选条件：{words}",
        right_line=_made(by),
    )  # fmt: skip
    write_ledger(out, sheet)
    return out.getvalue()


def _list(row: Purchase) -> list:
    paid_by = str(row.contract) if row.contract else row.line.get_source_display() if row.line else ""
    return [
        row.code, row.name, row.project.name if row.project else "", paid_by, row.supplier, row.state_words, row.places, row.total_fen,
        row.arrived_fen, row.ordered_on, row.due_on,
    ]  # fmt: skip


def purchase_workbook(
    purchase: Purchase, items: Iterable[PurchaseItem], shares: QuerySet[PurchaseShare], *, by: str
) -> bytes:
    """Return one list as an .xlsx: a row per school and item with what came, then the items (with their sums)."""
    out, told = (
        BytesIO(),
        f"{purchase.code}　{purchase.state_words}　供应商：{purchase.supplier or '还没有定'}",
    )
    rows = shares.select_related("school", "item").order_by("school__area_id", "school__name", "item")
    by_school = LedgerSheet(
        name="分配与到货", title=purchase.name, columns=SHARES, rows=(Row(_share(purchase, row)) for row in rows), unit_line=told,
        right_line=_made(by),
    )  # fmt: skip
    by_item = LedgerSheet(
        name="采购项", title=f"{purchase.name}（采购项）", columns=ITEMS, rows=(Row(_item(row)) for row in items), unit_line=told,
        right_line=_made(by),
    )  # fmt: skip
    write_ledger(out, by_school, by_item)
    return out.getvalue()


def _share(purchase: Purchase, row: PurchaseShare) -> list:
    item = row.item
    return [
        purchase.name, row.school.name, item.get_kind_display(), item.name, item.model, item.unit, row.quantity, item.price_fen,
        row.quantity * item.price_fen, row.accepted, row.left, row.accepted * item.price_fen,
    ]  # fmt: skip


def _item(row: PurchaseItem) -> list:
    return [
        row.get_kind_display(), row.name, row.model, row.unit, row.quantity, row.price_fen, row.total_fen, row.shared, row.arrived,
    ]  # fmt: skip


def _made(by: str) -> str:
    return f"单位：元　{by} {timezone.localtime():%Y-%m-%d %H:%M} 导出"
