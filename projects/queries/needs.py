"""What schools should have: standards times pupils, boarders and classes of a term, beside what they have."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal

from django.db.models import Count, Q

from povertyedu.orgs.models import Term
from projects.enums import Basis
from projects.models import Condition, Standard
from students.models import Enrolment

WHOLE = Decimal(1)


@dataclass
class Roll:
    """A school's children of a term: by stage, boarders by stage, and the size of each class by stage."""

    pupils: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    boarders: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    classes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def stages(self, stage: str) -> Iterable[str]:
        return [stage] if stage else list(self.pupils)


@dataclass
class Need:
    """One item of a school: needed and present (None: not reported); measured things keep their fraction."""

    item: str
    unit: str
    needed: Decimal
    present: Decimal | None
    told: str  # how it was reckoned

    @property
    def short(self) -> Decimal | None:
        return None if self.present is None else max(Decimal(0), self.needed - self.present)


def rolls(term: Term, schools: Sequence[int]) -> dict[int, Roll]:
    """Return the rolls of ``schools``; one query."""
    found: dict[int, Roll] = defaultdict(Roll)
    rows = Enrolment.objects.of(term).here().filter(school__in=schools).order_by()
    rows = rows.values_list("school", "stage", "grade", "school_class").annotate(
        pupils=Count("pk"), boarders=Count("pk", filter=Q(boarding=True))
    )
    for school, stage, _, school_class, pupils, boarders in rows:
        roll = found[school]
        roll.pupils[stage] += pupils
        roll.boarders[stage] += boarders
        if school_class:
            roll.classes[stage].append(pupils)
    return found


def reckon(standards: Iterable[Standard], roll: Roll, present: dict[str, Decimal]) -> list[Need]:
    """Return what a school with ``roll`` needs, item by item: several stages of one item add up.

    Things that are counted are rounded up to whole ones; square metres and yuan are not.
    """
    needs: dict[str, Need] = {}
    for standard in standards:
        count = _count(standard, roll)
        if not count:
            continue
        if standard.basis == Basis.CLASS_CAP:
            fits = sum(1 for size in _sizes(standard, roll) if size <= standard.amount)
            needs[standard.item] = Need(
                standard.item,
                standard.unit,
                Decimal(count),
                Decimal(fits),
                f"{count} 个班，每班不超过 {standard.amount.normalize():f} 人",
            )
            continue
        told = f"{count} × {standard.amount.normalize():f}（{standard.get_basis_display()}）"
        need = needs.setdefault(
            standard.item, Need(standard.item, standard.unit, Decimal(0), present.get(standard.item), "")
        )
        need.needed += count * standard.amount
        need.told = f"{need.told} + {told}" if need.told else told
    for need in needs.values():
        if need.unit not in ("平方米", "元", "万元"):
            need.needed = need.needed.quantize(WHOLE, ROUND_CEILING)
    return list(needs.values())


def _count(standard: Standard, roll: Roll) -> int:
    stages = roll.stages(standard.stage)
    if standard.basis == Basis.PUPIL:
        return sum(roll.pupils.get(stage, 0) for stage in stages)
    if standard.basis == Basis.BOARDER:
        return sum(roll.boarders.get(stage, 0) for stage in stages)
    if standard.basis == Basis.SCHOOL:
        return int(any(roll.pupils.get(stage) for stage in stages))
    return len(_sizes(standard, roll))


def _sizes(standard: Standard, roll: Roll) -> list[int]:
    return [size for stage in roll.stages(standard.stage) for size in roll.classes.get(stage, [])]


def needs_of(term: Term, schools: Sequence[int]) -> dict[int, list[Need]]:
    """Return the needs of each school that has children in ``term``; three queries for any number."""
    standards = list(Standard.objects.all())
    present: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for school, item, amount in Condition.objects.filter(school__in=schools).values_list(
        "school", "item", "amount"
    ):
        present[school][item] = amount
    return {school: reckon(standards, roll, present[school]) for school, roll in rolls(term, schools).items()}
