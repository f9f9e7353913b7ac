"""Places of the establishment are held until the last day is over: on no day from today on are there more posts than places."""

from django.db import migrations

from povertyedu.schema import guarding

APPOINTMENT, ESTABLISHMENT = "teachers_appointment", "teachers_establishment"
EVER = "'9999-12-31'"
# The day in the county, whatever the time zone of the connection.
TODAY = {
    "postgresql": "(CURRENT_TIMESTAMP AT TIME ZONE 'Asia/Shanghai')::date",
    "sqlite": "date('now', '+8 hours')",
}


def _crowded(first: str, last: str, places: str, other: str = "", more: str = "") -> str:
    """Return the condition that on a day from ``first`` to ``last`` all of ``places`` are taken by posts other than the new one.

    Most there are on the first day, or on one that a post begins. Where no end is written down the constraint on ``filled`` says
    the same, at less cost; ``more``: what else asks for days to be looked at.
    """
    posts = f"FROM {APPOINTMENT} a WHERE a.school_id = NEW.school_id AND a.kind = 'established' {other}"
    days = f"SELECT {first} AS day UNION SELECT a.since {posts} AND a.since > {first} AND a.since <= {last}"
    taken = f"SELECT COUNT(*) {posts} AND a.since <= d.day AND COALESCE(a.until, {EVER}) >= d.day"
    return f"({more}EXISTS (SELECT 1 {posts} AND a.until >= {{today}})) AND EXISTS (SELECT 1 FROM ({days}) d WHERE ({taken}) {places})"


_FIRST = "CASE WHEN NEW.since > {today} THEN NEW.since ELSE {today} END"
_LAST = f"COALESCE(NEW.until, {EVER})"
_FREE = f">= (SELECT e.authorised + e.excess_approved FROM {ESTABLISHMENT} e WHERE e.school_id = NEW.school_id)"
_TAKES = f"NEW.kind = 'established' AND {_LAST} >= {{today}} AND "
_TAKES_MORE = f"(OLD.kind <> 'established' OR NEW.since < OLD.since OR {_LAST} > COALESCE(OLD.until, {EVER})) AND "
_FEWER = "NEW.authorised + NEW.excess_approved < OLD.authorised + OLD.excess_approved AND "
_ENDS = "NEW.until IS NOT NULL OR "
CROWDED = "在编人数会超过核定编制和批准超编：有人的止任日期还没有到"


def _by_day(table: str, event: str, condition: str):
    return table, event, "day", {vendor: condition.format(today=day) for vendor, day in TODAY.items()}, CROWDED


GUARDS = (
    _by_day(APPOINTMENT, "INSERT", _TAKES + _crowded(_FIRST, _LAST, _FREE, more=_ENDS)),
    _by_day(APPOINTMENT, "UPDATE", _TAKES + _TAKES_MORE + _crowded(_FIRST, _LAST, _FREE, other="AND a.id <> NEW.id", more=_ENDS)),
    _by_day(ESTABLISHMENT, "UPDATE", _FEWER + _crowded("{today}", EVER, "> NEW.authorised + NEW.excess_approved")),
)  # fmt: skip
# Two posts for a time at one school at once: the second waits for the first, then sees it.
LOCKS = {(APPOINTMENT, "day"): f"PERFORM 1 FROM {ESTABLISHMENT} e WHERE e.school_id = NEW.school_id FOR NO KEY UPDATE; "}


class Migration(migrations.Migration):
    dependencies = [("teachers", "0003_repayments")]

    operations = [guarding(GUARDS, LOCKS)]
