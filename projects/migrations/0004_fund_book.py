"""What an entry of the fund book may not do: move on money that is spent, undo what was approved, stand on an impossible day."""

from django.db import migrations, models
from django.db.models import F, Q

from povertyedu.schema import Altering, guarding

ENTRY, LINE = "projects_fundentry", "projects_fundline"
# A budget moved on leaves what is contracted and what is paid, money that came in leaves what is paid. An excess that was
# approved lets more be contracted; it does not free what is contracted already.
SPENT = (
    "NEW.amount_fen < 0 AND NEW.reverses_id IS NULL AND "
    f"EXISTS (SELECT 1 FROM {LINE} l WHERE l.id = NEW.line_id AND ("
    "NEW.kind = 'budget' AND (l.budget_fen + NEW.amount_fen < l.contracted_fen OR l.budget_fen + NEW.amount_fen < l.paid_fen) "
    "OR NEW.kind = 'arrival' AND l.arrived_fen + NEW.amount_fen < l.paid_fen))"
)
# What two decided is not undone by one.
UNDONE = (
    "NEW.reverses_id IS NOT NULL AND "
    f"EXISTS (SELECT 1 FROM {ENTRY} o WHERE o.id = NEW.reverses_id AND o.request_id IS NOT NULL)"
)
# At the end of every day no more is paid of a part than was contracted and approved until then. Only what takes away can
# break that, on its own day and on each later one.
_TAKEN = "(CASE WHEN {row}.kind = 'payment' THEN -{row}.amount_fen ELSE {row}.amount_fen END)"
_NEW = _TAKEN.format(row="NEW")
_LEFT = f"SELECT COALESCE(SUM({_TAKEN.format(row='x')}), 0) FROM {ENTRY} x WHERE x.part_id = NEW.part_id AND x.\"on\" <= d.day"
BY_DAY = (
    f"NEW.part_id IS NOT NULL AND {_NEW} < 0 AND EXISTS (SELECT 1 FROM (SELECT NEW.\"on\" AS day "
    f"UNION SELECT y.\"on\" FROM {ENTRY} y WHERE y.part_id = NEW.part_id AND y.\"on\" > NEW.\"on\") d "
    f"WHERE ({_LEFT}) + {_NEW} < 0)"
)
TO_COME = {
    "postgresql": "NEW.\"on\" > (NEW.at AT TIME ZONE 'Asia/Shanghai')::date",
    "sqlite": "NEW.\"on\" > date(NEW.at, '+8 hours')",
}
GUARDS = (
    (ENTRY, "INSERT", "spent", SPENT, "已签约、已支付的资金不能调出"),
    (ENTRY, "INSERT", "undone", UNDONE, "批准的事项不能由一人冲销，请申请反方向的"),
    (ENTRY, "INSERT", "by_day", BY_DAY, "支付多于那一天的合同"),
    (ENTRY, "INSERT", "to_come", TO_COME, "日期不能晚于登记的那一天"),
)
# Two who write at once: the second waits for the first, then sees it.
ONE_BY_ONE = f"PERFORM 1 FROM {LINE} l WHERE l.id = NEW.line_id FOR NO KEY UPDATE; "
LOCKS = {(ENTRY, what): ONE_BY_ONE for what in ("spent", "by_day")}

# An excess that is not needed any more is taken back by a request too, with the other sign.
NAMES = (
    Q(kind="transfer", line__isnull=False, to_line__isnull=False, amount_fen__gt=0) & ~Q(line=F("to_line"))
    | Q(kind="over_contract", line__isnull=False) & ~Q(amount_fen=0)
    | Q(kind="over_pay", part__isnull=False, line__isnull=False) & ~Q(amount_fen=0)
    | Q(kind="change", part__isnull=False, line__isnull=False) & (~Q(amount_fen=0) | ~Q(days=0))
)


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_base_tables_are_drawn")]

    operations = [
        Altering([
            migrations.RemoveConstraint("fundrequest", "request_names_what_its_kind_needs"),
            migrations.AddConstraint("fundrequest", models.CheckConstraint(condition=NAMES, name="request_names_what_its_kind_needs")),
            migrations.AddConstraint("contract", models.CheckConstraint(
                condition=Q(due_on=None) | Q(due_on__gte=F("signed_on")), name="contract_is_due_after_it_is_signed",
                violation_error_message="合同竣工（交货）日期不能早于签订日期。",
            )),
        ]),
        guarding(GUARDS, LOCKS),
    ]  # fmt: skip
