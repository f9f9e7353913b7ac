"""What each teacher's month comes to by the rates and the days worked where, and what of it is not settled yet."""

import calendar
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Q, Sum

from povertyedu.orgs.models import School
from teachers.enums.allowances import LIVE_LINES, LineNature, LineState, RollState, SheetState
from teachers.enums.registry import Remoteness
from teachers.models import (
    AllowanceLine,
    AllowanceRate,
    AllowanceRepayment,
    AllowanceRoll,
    AllowanceSheet,
    FormerTier,
    SchoolPlace,
    Teacher,
)

from .workplaces import Spell, cut, spells_between

LOOK_BACK = 12  # months before a roll's that it settles, too


def last_day(month: dt.date) -> dt.date:
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def month_before(month: dt.date, months: int = 1) -> dt.date:
    """Return the first day of the month ``months`` before that of ``month``."""
    number = month.year * 12 + month.month - 1 - months
    return dt.date(number // 12, number % 12 + 1, 1)


def shared_out(days_and_rates: Sequence[tuple[int, int]], days_of_month: int) -> list[int]:
    """Return the fen of each part of a month, (days, monthly fen) -> rate x days / days of the month.

    The sum is rounded once, half up; the parts are cut from it, so that they always add up to it.
    """
    fen, before, running = [], 0, 0
    for days, rate in days_and_rates:
        running += days * rate
        upto = (2 * running + days_of_month) // (2 * days_of_month)
        fen.append(upto - before)
        before = upto
    return fen


@dataclass(frozen=True)
class Due:
    """What a month comes to for one teacher; ``school`` is where most of its days were worked."""

    fen: int = 0
    days: int = 0
    school: int | None = None
    parts: tuple[dict, ...] = ()


@dataclass
class Tariff:
    """The rates of one allowance and the remoteness of schools, read once."""

    kind: str
    rates: dict[int, list[AllowanceRate]] = field(default_factory=lambda: defaultdict(list))
    tiers: dict[int, int] = field(default_factory=dict)
    former: dict[int, list[tuple[dt.date, int]]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, kind: str) -> "Tariff":
        """Read it; four queries."""
        found = cls(kind)
        for rate in AllowanceRate.objects.filter(kind=kind).order_by("since"):
            found.rates[rate.tier].append(rate)
        found.tiers = dict(SchoolPlace.objects.values_list("school", "remoteness"))
        for school, before, tier in FormerTier.objects.order_by("before").values_list(
            "school", "before", "remoteness"
        ):
            found.former[school].append((before, tier))
        found.names = dict(School.objects.values_list("pk", "name"))
        return found

    def rate(self, school: int | None, month: dt.date) -> AllowanceRate | None:
        """Return what holds in ``month`` for a school; one that nobody placed is of the nearest tier, an office of none."""
        if school is None:
            return None
        tier = next(
            (tier for before, tier in self.former[school] if month < before),
            self.tiers.get(school, Remoteness.NEAR),
        )
        begun = [rate for rate in self.rates[tier] if rate.since <= month]
        return begun[-1] if begun and begun[-1].monthly_fen else None

    def due(self, spells: Iterable[Spell], month: dt.date) -> Due:
        """Return what ``month`` comes to for someone with these spells."""
        counted = []
        for spell in cut(spells, month, last_day(month)):
            rate = self.rate(spell.school, month)
            if rate and (rate.contract_too or not spell.contract):
                counted.append((spell, rate))
        if not counted:
            return Due()
        fen = shared_out([(s.days, r.monthly_fen) for s, r in counted], last_day(month).day)
        parts = tuple(
            {
                "school": self.names[spell.school], "tier": rate.get_tier_display(), "days": spell.days,
                "rate_fen": rate.monthly_fen, "fen": part, "document": rate.document,
            }
            for (spell, rate), part in zip(counted, fen, strict=True)
        )  # fmt: skip
        at = Counter()
        for spell, _ in counted:
            at[spell.school] += spell.days
        most = max(at.values())
        last = [spell.school for spell, _ in counted if at[spell.school] == most][-1]
        return Due(sum(fen), sum(at.values()), last, parts)


@dataclass(frozen=True)
class Owed:
    """A line as it should stand on a roll: one month of one teacher."""

    teacher: int
    school: int
    for_month: dt.date
    nature: str
    amount_fen: int
    due: Due


def settled_of(
    kind: str, months: Sequence[dt.date], *, apart_from: dt.date | None = None
) -> tuple[Counter, dict[int, int]]:
    """Return (teacher, month) -> fen that rolls paid or list less what was paid back, and teacher -> school they last stood at.

    ``apart_from``: the month whose own roll is not counted. Two queries.
    """
    settled: Counter = Counter()
    at: dict[int, int] = {}
    lines = AllowanceLine.objects.filter(kind=kind, for_month__in=months).exclude(roll__month=apart_from)
    for teacher, of, school, fen, state in lines.order_by("month").values_list(
        "teacher", "for_month", "sheet__school", "amount_fen", "state"
    ):
        settled[teacher, of] += fen if state in LIVE_LINES else 0
        at[teacher] = school
    repaid = AllowanceRepayment.objects.filter(kind=kind, for_month__in=months)
    for teacher, of, fen in repaid.values_list("teacher", "for_month", "amount_fen"):
        settled[teacher, of] -= fen
    return settled, at


def owed_on(kind: str, month: dt.date) -> list[Owed]:
    """Return the lines a roll should have: its own month, and what earlier rolls left open or paid too much.

    A month's lines on other rolls count against it, so that whatever is drawn up when, no month is paid beyond what it
    comes to. Of a teacher who gets nothing this month nothing can be kept back: it waits. Queries: a constant number.
    """
    earlier = AllowanceRoll.objects.filter(
        kind=kind, month__lt=month, month__gte=month_before(month, LOOK_BACK)
    ).exclude(state=RollState.OPEN)
    months = [*earlier.order_by("month").values_list("month", flat=True), month]
    tariff, spells = Tariff.of(kind), spells_between(months[0], last_day(month))
    settled, known_at = settled_of(kind, months, apart_from=month)
    found: list[Owed] = []
    for teacher in sorted(spells.keys() | known_at.keys()):
        of_teacher = {of: tariff.due(spells.get(teacher, ()), of) for of in months}
        found += settling_lines(teacher, of_teacher, settled, month, known_at.get(teacher))
    return found


def settling_lines(teacher: int, dues: dict[dt.date, Due], settled: Counter, month: dt.date, known_at: int | None) -> list[Owed]:  # fmt: skip
    """Return one teacher's lines: what each month comes to less what is settled of it; together never below nothing."""
    open_fen = {of: due.fen - settled[teacher, of] for of, due in dues.items()}
    at = dues[month].school or next((d.school for d in reversed(dues.values()) if d.school), known_at)
    left = sum(fen for fen in open_fen.values() if fen > 0)
    found = []
    for of, fen in open_fen.items():
        if fen < 0:
            fen = -min(-fen, left)
            left += fen
        if not fen:
            continue
        nature = LineNature.RECOVERY if fen < 0 else LineNature.REGULAR if of == month else LineNature.ARREARS
        found.append(Owed(teacher, at, of, nature, fen, dues[of]))
    return found


def differences(sheet: AllowanceSheet) -> list[dict]:
    """Return what changed since a sheet was drawn up: teacher, month, the amount on it and the one by present facts."""
    kind, month = sheet.roll.kind, sheet.roll.month
    lines = {
        (line.teacher_id, line.for_month): line for line in sheet.lines.select_related("teacher__person")
    }
    elsewhere = sheet.roll.lines.filter(sheet__state=SheetState.CONFIRMED).exclude(sheet=sheet)
    fixed = set(elsewhere.values_list("teacher", flat=True))
    now = {
        (o.teacher, o.for_month): o
        for o in owed_on(kind, month)
        if o.school == sheet.school_id and o.teacher not in fixed
    }
    changed = {key for key in lines.keys() | now.keys() if _fen(lines, key) != _fen(now, key)}
    named = Teacher.objects.filter(pk__in={teacher for teacher, _ in changed})
    names = dict(named.values_list("pk", "person__name"))
    return [
        {"name": names[key[0]], "for_month": key[1], "was_fen": _fen(lines, key), "now_fen": _fen(now, key)}
        for key in sorted(changed)
    ]


def _fen(rows: dict, key: tuple) -> int:
    return rows[key].amount_fen if key in rows else 0


def with_sums(rows):
    """Annotate rolls or sheets with how many teachers and how much: to be paid, regular, arrears, recovery, held, failed."""

    def fen(**wanted):
        condition = Q(**{f"lines__{name}": value for name, value in wanted.items()})
        return Sum("lines__amount_fen", filter=condition, default=0)

    return rows.annotate(
        people=Count("lines__teacher", filter=Q(lines__state__in=LIVE_LINES), distinct=True),
        total_fen=fen(state__in=LIVE_LINES),
        regular_fen=fen(state__in=LIVE_LINES, nature=LineNature.REGULAR),
        arrears_fen=fen(state__in=LIVE_LINES, nature=LineNature.ARREARS),
        recovery_fen=fen(state__in=LIVE_LINES, nature=LineNature.RECOVERY),
        held_fen=fen(state=LineState.HELD),
        failed_fen=fen(state=LineState.FAILED),
    )  # fmt: skip


SUMS = ("people", "total_fen", "regular_fen", "arrears_fen", "recovery_fen", "held_fen", "failed_fen")


def totals(rows) -> dict[str, int]:
    """Add up rows of :func:`with_sums`; a teacher stands on one sheet of a roll, so people add up, too."""
    found = list(rows)
    return {name: sum(getattr(row, name) for row in found) for name in SUMS}


def with_progress(rolls: Sequence[AllowanceRoll], sheets) -> list[AllowanceRoll]:
    """Give each roll the sums and the numbers of those of its ``sheets`` that are read; two queries."""
    of_roll = defaultdict(list)
    for sheet in with_sums(sheets.filter(roll__in=rolls)):
        of_roll[sheet.roll_id].append(sheet)
    for roll in rolls:
        mine = of_roll[roll.pk]
        roll.sums = totals(mine)
        roll.schools = len(mine)
        roll.confirmed = sum(sheet.state == SheetState.CONFIRMED for sheet in mine)
    return list(rolls)
