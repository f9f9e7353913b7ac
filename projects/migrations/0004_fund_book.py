"""What an entry of the fund book may not do: move on money that is spent, undo what was approved."""

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
GUARDS = (
    (ENTRY, "INSERT", "spent", SPENT, "已签约、已支付的资金不能调出"),
    (ENTRY, "INSERT", "undone", UNDONE, "批准的事项不能由一人冲销，请申请反方向的"),
)
# Two who write at once: the second waits for the first, then sees it.
ONE_BY_ONE = f"PERFORM 1 FROM {LINE} l WHERE l.id = NEW.line_id FOR NO KEY UPDATE; "
LOCKS = {(ENTRY, "spent"): ONE_BY_ONE}

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
        ]),
        guarding(GUARDS, LOCKS),
    ]  # fmt: skip
