"""生均装备: books, computers, desks, beds and equipment value per pupil of each school, beside the standards."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from povertyedu.orgs.models import School, Term
from projects.enums import VALUE_ITEM
from projects.models import Condition, Standard

from .needs import Need, reckon, rolls

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Measure:
    """One column: an item of the standards over pupils or boarders, times ``by`` (100: per hundred pupils)."""

    item: str
    heading: str
    per_boarder: bool = False
    by: int = 1


MEASURES = (
    Measure("图书", "生均图书（册）"), Measure("计算机", "百生计算机（台）", by=100), Measure("课桌椅", "生均课桌椅（套）"),
    Measure("学生用床", "寄宿生均床位（张）", per_boarder=True), Measure(VALUE_ITEM, "生均设备值（元）"),
)  # fmt: skip


@dataclass
class Cell:
    """What there is and what there should be, whole and per pupil; ``have`` is None where it was not reported."""

    have: Decimal | None
    should: Decimal | None
    heads: int
    by: int = 1

    @property
    def ratio(self) -> Decimal | None:
        return None if self.have is None else self._per(self.have)

    @property
    def standard(self) -> Decimal | None:
        return None if self.should is None else self._per(self.should)

    @property
    def is_short(self) -> bool:
        return self.have is not None and self.should is not None and self.have < self.should

    def _per(self, amount: Decimal) -> Decimal | None:
        return (amount * self.by / self.heads).quantize(CENT, ROUND_HALF_UP) if self.heads else None


@dataclass
class RatioLine:
    school: School | None
    pupils: int
    boarders: int
    cells: list[Cell]

    @property
    def is_short(self) -> bool:
        return any(cell.is_short for cell in self.cells)


def ratios(term: Term, schools: Sequence[School]) -> list[RatioLine]:
    """Return a line per school that has children in ``term``, in the given order; three queries for any number."""
    keys = [school.pk for school in schools]
    items = [measure.item for measure in MEASURES]
    standards = list(Standard.objects.filter(item__in=items))
    in_wan = {standard.item for standard in standards if standard.unit == "万元"}
    present: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for school, item, amount in Condition.objects.filter(school__in=keys, item__in=items).values_list(
        "school", "item", "amount"
    ):
        present[school][item] = amount
    of = rolls(term, keys)
    lines = []
    for school in schools:
        if school.pk not in of:
            continue
        roll = of[school.pk]
        needs = {need.item: need for need in reckon(standards, roll, present[school.pk])}
        pupils, boarders = sum(roll.pupils.values()), sum(roll.boarders.values())
        cells = [
            _cell(
                measure,
                needs.get(measure.item),
                present[school.pk].get(measure.item),
                pupils,
                boarders,
                in_wan,
            )
            for measure in MEASURES
        ]
        lines.append(RatioLine(school, pupils, boarders, cells))
    return lines


def _cell(measure: Measure, need: Need | None, have, pupils: int, boarders: int, in_wan: set[str]) -> Cell:
    times = 10_000 if measure.item in in_wan else 1
    return Cell(
        None if have is None else have * times,
        need and need.needed * times,
        boarders if measure.per_boarder else pupils,
        measure.by,
    )


def whole(lines: Sequence[RatioLine]) -> RatioLine:
    """Return the line of all schools: per pupil of those that reported the item, so that silence does not thin it out."""
    cells = []
    for number, measure in enumerate(MEASURES):
        told = [line.cells[number] for line in lines if line.cells[number].have is not None]
        asked = [cell for cell in told if cell.should is not None]
        have = sum((cell.have for cell in told), Decimal(0)) if told else None
        should = sum((cell.should for cell in asked), Decimal(0)) if asked else None
        cells.append(Cell(have, should, sum(cell.heads for cell in told), measure.by))
    return RatioLine(None, sum(line.pupils for line in lines), sum(line.boarders for line in lines), cells)
