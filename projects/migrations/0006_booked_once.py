"""The same money is booked once and asked for once, unless what was booked is taken back, what was asked is decided."""

from django.db import migrations, models

from povertyedu.schema import Altering, guarding

ENTRY, REQUEST, LINE = "projects_fundentry", "projects_fundrequest", "projects_fundline"


def _same(row: str, names: tuple[str, ...]) -> str:
    """Return the condition that ``row`` says the same as the new one; keys that may be empty are compared as 0."""
    return " AND ".join(
        f"COALESCE({row}.{name}, 0) = COALESCE(NEW.{name}, 0)" if name.endswith("_id") else f"{row}.{name} = NEW.{name}"
        for name in names
    )


MONEY = ("part_id", "kind", "amount_fen", '"on"', "document")
WISH = ("kind", "to_line_id", "part_id", "amount_fen", "days")
BOOKED = (
    "NEW.reverses_id IS NULL AND NEW.request_id IS NULL AND "
    f"EXISTS (SELECT 1 FROM {ENTRY} o WHERE o.line_id = NEW.line_id AND o.reverses_id IS NULL AND o.request_id IS NULL "
    f"AND {_same('o', MONEY)} "
    f"AND NOT EXISTS (SELECT 1 FROM {ENTRY} r WHERE r.reverses_id = o.id))"
)
ASKED = (
    "NEW.state = 'asked' AND "
    f"EXISTS (SELECT 1 FROM {REQUEST} o WHERE o.line_id = NEW.line_id AND o.state = 'asked' "
    f"AND {_same('o', WISH)})"
)
GUARDS = (
    (ENTRY, "INSERT", "twice", BOOKED, "同一笔资金已登记过"),
    (REQUEST, "INSERT", "twice", ASKED, "同样的申请还在待审批"),
)
# Two who write at once: the second waits for the first, then sees it.
ONE_BY_ONE = f"PERFORM 1 FROM {LINE} l WHERE l.id = NEW.line_id FOR NO KEY UPDATE; "


class Migration(migrations.Migration):
    dependencies = [("projects", "0005_inspected_with")]

    operations = [
        Altering([
            migrations.RemoveConstraint("fundentry", "payment_booked_once_per_voucher"),
            migrations.AddIndex("fundentry", models.Index(fields=["line", "kind", "on", "amount_fen"], name="fund_entry_by_what_it_says")),
        ]),
        guarding(GUARDS, {(table, what): ONE_BY_ONE for table, _, what, _, _ in GUARDS}),
    ]  # fmt: skip
