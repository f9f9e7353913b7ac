"""What of the last twelve months' allowances is not settled yet, and what cannot be kept back of who gets none any more."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from teachers.enums.allowances import AllowanceKind
from teachers.models import AllowanceRoll, Teacher

from .allowances import LOOK_BACK, Tariff, last_day, settled_of
from .workplaces import spells_between


@dataclass(frozen=True)
class Balance:
    """One teacher and allowance: month -> fen still owed to them, negative where they got too much."""

    teacher: Teacher
    school: School | None
    kind: str
    months: tuple[tuple[date, int], ...]
    gets_it_now: bool

    @property
    def key(self) -> tuple[int, str]:
        return self.teacher.pk, self.kind

    @property
    def label(self) -> str:
        return AllowanceKind(self.kind).label

    @property
    def owed_fen(self) -> int:
        return sum(fen for _, fen in self.months if fen > 0)

    @property
    def overpaid_fen(self) -> int:
        return -sum(fen for _, fen in self.months if fen < 0)

    @property
    def stuck_fen(self) -> int:
        """What has to be given back, since no roll to come can keep it back."""
        return self.overpaid_fen - self.owed_fen if self.is_stuck else 0

    @property
    def is_stuck(self) -> bool:
        """Whether no roll to come can keep back what was paid too much."""
        return self.overpaid_fen > self.owed_fen and not self.gets_it_now


def open_balances(schools: Collection[int]) -> list[Balance]:
    """Return what is open of who stands on the rolls of ``schools``, what is stuck first; a constant number of queries."""
    found = [balance for kind in AllowanceKind.values for balance in _of_kind(kind, schools)]
    return sorted(
        found, key=lambda each: (not each.is_stuck, -each.overpaid_fen, each.teacher.code, each.kind)
    )


def _of_kind(kind: str, schools: Collection[int]) -> list[Balance]:
    rolls = AllowanceRoll.objects.filter(kind=kind).order_by("-month")
    months = sorted(rolls.values_list("month", flat=True)[: LOOK_BACK + 1])
    if not months:
        return []
    now = today().replace(day=1)
    tariff, spells = Tariff.of(kind), spells_between(months[0], last_day(max(now, months[-1])))
    settled, at = settled_of(kind, months)
    open_: dict[int, list] = defaultdict(list)
    for teacher in spells.keys() | at.keys():
        for of in months:
            due = tariff.due(spells.get(teacher, ()), of)
            if due.school:
                at.setdefault(teacher, due.school)
            if fen := due.fen - settled[teacher, of]:
                open_[teacher].append((of, fen))
    shown = {teacher: own for teacher, own in open_.items() if at.get(teacher) in schools}
    people = Teacher.objects.select_related("person").in_bulk(shown)
    places = School.objects.in_bulk({at[teacher] for teacher in shown})
    return [
        Balance(
            people[teacher], places[at[teacher]], kind, tuple(own), bool(tariff.due(spells.get(teacher, ()), now).fen)
        )
        for teacher, own in shown.items()
    ]  # fmt: skip
