"""What an entry of the fund book may not do: move on money that is spent."""

from django.db import migrations

from povertyedu.schema import guarding

ENTRY, LINE = "projects_fundentry", "projects_fundline"
# A budget moved on leaves what is contracted and what is paid, money that came in leaves what is paid. An excess that was
# approved lets more be contracted; it does not free what is contracted already.
SPENT = (
    "NEW.amount_fen < 0 AND NEW.reverses_id IS NULL AND "
    f"EXISTS (SELECT 1 FROM {LINE} l WHERE l.id = NEW.line_id AND ("
    "NEW.kind = 'budget' AND (l.budget_fen + NEW.amount_fen < l.contracted_fen OR l.budget_fen + NEW.amount_fen < l.paid_fen) "
    "OR NEW.kind = 'arrival' AND l.arrived_fen + NEW.amount_fen < l.paid_fen))"
)
GUARDS = ((ENTRY, "INSERT", "spent", SPENT, "已签约、已支付的资金不能调出"),)
# Two who write at once: the second waits for the first, then sees it.
ONE_BY_ONE = f"PERFORM 1 FROM {LINE} l WHERE l.id = NEW.line_id FOR NO KEY UPDATE; "
LOCKS = {(table, what): ONE_BY_ONE for table, _, what, _, _ in GUARDS}


class Migration(migrations.Migration):
    dependencies = [("projects", "0003_base_tables_are_drawn")]

    operations = [guarding(GUARDS, LOCKS)]
