"""What stands in the books of funds and assets stays as written and is added up by the database itself; what was handed in stays."""

from django.db import migrations

from povertyedu.schema import counted, counting, guarding

# What stands in the book is never changed or deleted; what an entry refers to must fit it.
BOOK = (
    ("projects_fundentry", "UPDATE", "kept", "1 = 1", "项目资金账不得修改，只能冲销"),
    ("projects_fundentry", "DELETE", "kept", "1 = 1", "项目资金账不得删除，只能冲销"),
    (
        "projects_fundentry", "INSERT", "reversal",
        "NEW.reverses_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM projects_fundentry o WHERE o.id = NEW.reverses_id "
        "AND o.line_id = NEW.line_id AND COALESCE(o.part_id, 0) = COALESCE(NEW.part_id, 0) AND o.kind = NEW.kind "
        "AND o.amount_fen = -NEW.amount_fen AND o.reverses_id IS NULL)",
        "冲销应与原登记的资金、事项、金额一致",
    ),
    (
        "projects_fundentry", "INSERT", "approved",
        "NEW.request_id IS NOT NULL AND NEW.reverses_id IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM projects_fundrequest r WHERE r.id = NEW.request_id AND r.state = 'approved')",
        "没有批准的申请，不能据以登记资金",
    ),
    (
        "projects_fundentry", "INSERT", "part",
        "NEW.part_id IS NOT NULL AND NOT EXISTS "
        "(SELECT 1 FROM projects_contractpart p WHERE p.id = NEW.part_id AND p.line_id = NEW.line_id)",
        "合同资金与项目资金不一致",
    ),
    (
        "projects_contractpart", "INSERT", "project",
        "(SELECT c.project_id FROM projects_contract c WHERE c.id = NEW.contract_id) <> "
        "(SELECT l.project_id FROM projects_fundline l WHERE l.id = NEW.line_id)",
        "合同与资金不是同一个项目的",
    ),
    ("projects_fundrequest", "UPDATE", "decided", "OLD.state <> 'asked'", "已办结的申请不得修改"),
    ("projects_fundrequest", "DELETE", "decided", "1 = 1", "项目资金申请不得删除"),
    ("projects_progressreport", "UPDATE", "kept", "1 = 1", "进度填报不得修改，请重新填报"),
    ("projects_progressreport", "DELETE", "kept", "1 = 1", "进度填报不得删除，请重新填报"),
    ("projects_projectfile", "UPDATE", "kept", "1 = 1", "项目文件不得修改或删除"),
    ("projects_projectfile", "DELETE", "kept", "1 = 1", "项目文件不得修改或删除"),
    ("projects_planchange", "UPDATE", "kept", "1 = 1", "计划变动不得修改，请另记一笔"),
    ("projects_planchange", "DELETE", "kept", "1 = 1", "计划变动不得删除，请另记一笔"),
)  # fmt: skip
LINE = {
    "budget_fen": "budget", "arrived_fen": "arrival", "contracted_fen": "contract", "paid_fen": "payment",
    "over_contract_fen": "over_contract", "over_pay_fen": "over_pay",
}  # fmt: skip
PART = {"contracted_fen": "contract", "paid_fen": "payment", "over_pay_fen": "over_pay"}


def _entries(key: str, kind: str) -> str:
    return f"SELECT COALESCE(SUM(e.amount_fen), 0) FROM projects_fundentry e WHERE e.{key} = NEW.id AND e.kind = '{kind}'"


def _added(columns: dict[str, str]) -> str:
    return ", ".join(
        f"{column} = {column} + CASE WHEN NEW.kind = '{kind}' THEN NEW.amount_fen ELSE 0 END"
        for column, kind in columns.items()
    )


BY_HAND = "资金合计只能由资金账登记得出"
SUMS = (
    *counted("projects_fundline", {column: _entries("line_id", kind) for column, kind in LINE.items()}, BY_HAND),
    *counted("projects_contractpart", {column: _entries("part_id", kind) for column, kind in PART.items()}, BY_HAND),
)
ADD_UP = (
    f"UPDATE projects_fundline SET {_added(LINE)} WHERE id = NEW.line_id; "
    f"UPDATE projects_contractpart SET {_added(PART)} WHERE id = NEW.part_id"
)

# Rows of a base table that was handed in stay as they were, and an accepted table stays.
HANDED_IN = "EXISTS (SELECT 1 FROM projects_basetable t WHERE t.id = {row}.table_id AND t.state IN ('submitted', 'accepted'))"
ROWS_KEPT = "已报送的双月报不得修改，请先退回"
BASE_TABLES = (
    ("projects_basetablerow", "INSERT", "kept", HANDED_IN.format(row="NEW"), ROWS_KEPT),
    ("projects_basetablerow", "UPDATE", "kept", HANDED_IN.format(row="OLD"), ROWS_KEPT),
    ("projects_basetablerow", "DELETE", "kept", HANDED_IN.format(row="OLD"), ROWS_KEPT),
    ("projects_basetable", "UPDATE", "kept", "OLD.state = 'accepted'", "已审定的双月报不得修改"),
    ("projects_basetable", "DELETE", "kept", "OLD.state <> 'draft'", "报送过的双月报不得删除"),
)

# What is to be public stays as it was submitted. JSON is jsonb on PostgreSQL and text on SQLite: both compare.
CONTENT = " OR ".join(f"OLD.{name} <> NEW.{name}" for name in ("content", "year", "kind", "version"))
DISCLOSURES = (
    ("projects_disclosure", "UPDATE", "content", f"OLD.state NOT IN ('draft', 'returned') AND ({CONTENT})", "已提交的公开内容不得修改，请先退回"),
    ("projects_disclosure", "DELETE", "kept", "1 = 1", "项目公开记录不得删除"),
)  # fmt: skip

# A purchase list stands still once it left its draft; acceptances and the asset book stay as written.
NOT_DRAFT = "(SELECT p.state FROM projects_purchase p WHERE p.id = {key}) <> 'draft'"
OF_ITEM = "(SELECT i.purchase_id FROM projects_purchaseitem i WHERE i.id = {row}.item_id)"
FROZEN = "采购清单已提交，不能再改；请先退回修改"
SHARE_CHANGED = (
    "(NEW.quantity <> OLD.quantity OR NEW.school_id <> OLD.school_id OR NEW.item_id <> OLD.item_id)"
)


def _of_list(table: str, key: str) -> list[tuple]:
    return [
        (table, event, "draft", NOT_DRAFT.format(key=key.format(row="OLD" if event == "DELETE" else "NEW")), FROZEN)
        for event in ("INSERT", "UPDATE", "DELETE")
    ]


EQUIPMENT = (
    *_of_list("projects_purchaseitem", "{row}.purchase_id"),
    *(
        (table, event, what, f"{SHARE_CHANGED} AND {condition}" if event == "UPDATE" else condition, message)
        for table, event, what, condition, message in _of_list("projects_purchaseshare", OF_ITEM)
    ),
    ("projects_acceptanceline", "UPDATE", "kept", "1 = 1", "验收数不得修改，请退回重验"),
    ("projects_acceptanceline", "DELETE", "kept", "1 = 1", "验收数不得删除，请退回重验"),
    ("projects_assetentry", "UPDATE", "kept", "1 = 1", "资产变动不得修改，请另记一笔"),
    ("projects_assetentry", "DELETE", "kept", "1 = 1", "资产变动不得删除，请另记一笔"),
    ("projects_asset", "DELETE", "kept", "1 = 1", "资产卡片不得删除，请登记处置"),
    *counted(
        "projects_asset",
        {"quantity": "SELECT COALESCE(SUM(e.quantity), 0) FROM projects_assetentry e WHERE e.asset_id = NEW.id"},
        "在册数只能由资产变动得出",
        what="sum",
    ),
)

COUNTS = (
    ("add_up_fund_entry", "projects_fundentry", "INSERT", ADD_UP),
    ("add_up_asset_entry", "projects_assetentry", "INSERT", "UPDATE projects_asset SET quantity = quantity + NEW.quantity WHERE id = NEW.asset_id"),
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_initial")]

    operations = [guarding((*BOOK, *SUMS, *BASE_TABLES, *DISCLOSURES, *EQUIPMENT)), counting(COUNTS)]
