"""The views of the four numbers and of a child's aid, and the triggers by which the database itself refuses to touch what is settled."""

from django.db import migrations

from povertyedu.schema import guarding, keeping

# The casts keep the sums whole numbers: PostgreSQL adds bigints up to a numeric. Money under a merged record counts for the
# record that was kept: two branches instead of one join, so that both can be asked by a child's key, by index. What came
# back, and what was settled by taking it off the next payment, count on the paid side of their money.
BALANCE = """
CREATE VIEW subsidies_balance AS
SELECT term_id, student_id, programme_id,
       CAST(SUM(entitled) AS bigint) AS entitled_fen, CAST(SUM(paid) AS bigint) AS paid_fen,
       CAST(SUM(in_hand) AS bigint) AS in_hand_fen,
       CAST(SUM(entitled) - SUM(paid) - SUM(in_hand) AS bigint) AS outstanding_fen
FROM (
    SELECT term_id, student_id, programme_id, amount_fen AS entitled, 0 AS paid, 0 AS in_hand
    FROM subsidies_entitlement
    UNION ALL
    SELECT term_id, student_id, programme_id, 0,
           CASE WHEN state = 'paid' THEN amount_fen ELSE 0 END,
           CASE WHEN state IN ('listed', 'held', 'sent') THEN amount_fen ELSE 0 END
    FROM subsidies_line WHERE payer = 'here' AND state IN ('paid', 'listed', 'held', 'sent')
      AND student_id NOT IN (SELECT student_id FROM students_mergedrecord)
    UNION ALL
    SELECT l.term_id, m.keeper_id, l.programme_id, 0,
           CASE WHEN l.state = 'paid' THEN l.amount_fen ELSE 0 END,
           CASE WHEN l.state IN ('listed', 'held', 'sent') THEN l.amount_fen ELSE 0 END
    FROM students_mergedrecord m JOIN subsidies_line l ON l.student_id = m.student_id
    WHERE l.payer = 'here' AND l.state IN ('paid', 'listed', 'held', 'sent')
    UNION ALL
    SELECT term_id, student_id, programme_id, 0, paid_fen, 0
    FROM subsidies_paidadjustment WHERE student_id NOT IN (SELECT student_id FROM students_mergedrecord)
    UNION ALL
    SELECT a.term_id, m.keeper_id, a.programme_id, 0, a.paid_fen, 0
    FROM students_mergedrecord m JOIN subsidies_paidadjustment a ON a.student_id = m.student_id
) AS money
GROUP BY term_id, student_id, programme_id
"""
# In branches, so that a term is found by index.
AID = """
CREATE VIEW subsidies_aid AS
SELECT term_id, student_id, CAST(SUM(cash) AS bigint) AS cash_fen, CAST(SUM(other) AS bigint) AS other_fen,
       CAST(SUM(paid) AS bigint) AS paid_fen, CAST(SUM(owed) AS bigint) AS programmes
FROM (
    SELECT term_id, student_id, CASE WHEN kind = 'cash' THEN amount_fen ELSE 0 END AS cash,
           CASE WHEN kind = 'cash' THEN 0 ELSE amount_fen END AS other, 0 AS paid, 1 AS owed
    FROM subsidies_entitlement WHERE kind IN ('cash', 'waiver', 'in_kind')
    UNION ALL
    SELECT term_id, student_id, 0, 0, amount_fen, 0 FROM subsidies_line
    WHERE payer = 'here' AND state = 'paid'
      AND student_id NOT IN (SELECT id FROM students_student WHERE merged_into_id IS NOT NULL)
    UNION ALL
    SELECT l.term_id, s.merged_into_id, 0, 0, l.amount_fen, 0
    FROM students_student s JOIN subsidies_line l ON l.student_id = s.id
    WHERE s.merged_into_id IS NOT NULL AND l.payer = 'here' AND l.state = 'paid'
) AS money
GROUP BY term_id, student_id
"""

# What the bank answered for, what a policy says once it is published, what was booked and every decision stay as they are.
DECIDED = "办理记录不得修改或删除"
SENT = "已发出的核实名单和办理记录不得修改或删除"
KEPT = {
    "subsidies_line": ("OLD.state IN ('paid', 'failed')", "银行已答复的明细不得修改或删除"),
    "subsidies_bankfile": ("OLD.file_id IS NOT NULL", "已生成的银行文件不得修改或删除"),
    "subsidies_bankreturn": "银行回盘不得修改或删除",
    "subsidies_policy": ("OLD.state = 'published'", "已发布的政策不得修改或删除"),
    "subsidies_receiptscan": "指标文件扫描件不得修改或删除",
    "subsidies_paidadjustment": "冲账记录不得修改或删除",
    "subsidies_adjustmentshare": "冲账记录的资金来源不得修改或删除",
    "subsidies_termledger": "关账台账不得修改或删除",
    "subsidies_batchdecision": DECIDED,
    "subsidies_sheetdecision": DECIDED,
    "subsidies_policydecision": DECIDED,
    "subsidies_allocationdecision": DECIDED,
    "subsidies_recoverydecision": DECIDED,
    "subsidies_exchangedecision": SENT,
}

# What stands booked is neither changed nor deleted, nor are the programmes it names.
BOOKED = "EXISTS (SELECT 1 FROM subsidies_fundreceipt r WHERE r.id = {row}.receipt_id AND r.booked_at IS NOT NULL)"
RECEIPTS = (
    ("subsidies_fundreceipt", "UPDATE", "", "OLD.booked_at IS NOT NULL", "已登记的到账资金不得修改，只能冲销"),
    ("subsidies_fundreceipt", "DELETE", "", "OLD.booked_at IS NOT NULL", "已登记的到账资金不得删除，只能冲销"),
    *(
        ("subsidies_receiptprogramme", event, "", BOOKED.format(row=row), "已登记资金的可用项目不得修改")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
    ),
)  # fmt: skip

# Shares of a line by source add up to it: its amount stays while they stand (an answered line is kept already).
LINE_STATE = "(SELECT l.state FROM subsidies_line l WHERE l.id = {row}.line_id)"
SHARES = (
    ("subsidies_lineshare", "UPDATE", "", "1 = 1", "发放明细的资金来源不得修改"),
    (
        "subsidies_lineshare", "DELETE", "", f"{LINE_STATE.format(row='OLD')} IN ('sent', 'paid', 'failed')",
        "已送银行的明细，资金来源不得修改或删除",
    ),
    (
        "subsidies_lineshare", "INSERT", "", f"{LINE_STATE.format(row='NEW')} IN ('paid', 'failed')",
        "银行已答复的明细，资金来源不得修改或删除",
    ),
    (
        "subsidies_line", "UPDATE OF amount_fen", "",
        "OLD.state NOT IN ('paid', 'failed') AND NEW.amount_fen <> OLD.amount_fen "
        "AND EXISTS (SELECT 1 FROM subsidies_lineshare s WHERE s.line_id = OLD.id)",
        "资金来源已经定下的明细，金额不得修改",
    ),
)  # fmt: skip

# What is submitted is what is approved and handed down: only a draft may be worked out again.
ALLOCATED = "(SELECT a.state FROM subsidies_allocation a WHERE a.id = {row}.allocation_id) <> 'draft'"
FIXED = "已提交的资金分配不得修改，须先退回"
ALLOCATIONS = (
    ("subsidies_allocation", "UPDATE OF amount_fen, weights, source", "", "OLD.state <> 'draft'", FIXED),
    ("subsidies_allocation", "DELETE", "", "OLD.state <> 'draft'", FIXED),
    *(
        (table, event, "", ALLOCATED.format(row=row), FIXED)
        for table in ("subsidies_allocationshare", "subsidies_allocation_programmes")
        for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
    ),
)

# A question once sent stays as it was sent; what was answered is never taken out of the book.
FROZEN = ("exchange_id", "number", "digest", "shown_name", "stage", "grade", "school", "enrolment_id", "is_frozen")
CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in FROZEN)
QUESTIONS = (
    ("subsidies_exchangeline", "UPDATE", "", f"OLD.is_frozen AND ({CHANGED})", SENT),
    ("subsidies_exchangeline", "DELETE", "", "OLD.is_frozen", SENT),
)


class Migration(migrations.Migration):
    dependencies = [("subsidies", "0001_initial")]

    operations = [
        migrations.RunSQL(BALANCE, "DROP VIEW subsidies_balance"),
        migrations.RunSQL(AID, "DROP VIEW subsidies_aid"),
        keeping(KEPT),
        guarding((*RECEIPTS, *SHARES, *ALLOCATIONS, *QUESTIONS)),
    ]
