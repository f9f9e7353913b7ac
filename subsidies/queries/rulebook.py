"""The rule book: what a plan gives in a term, programme by programme and stage by stage; and two of them side by side.

Plain reading of an engine policy: nothing here decides about a child.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from subsidies import engine
from subsidies.engine.checks import stages_of

MARKS = {  # what stands beside a figure that the document does not simply state
    engine.Basis.RECONSTRUCTED: "还原",
    engine.Basis.AVERAGE: "平均数",
    engine.Basis.DERIVED: "推算",
}


@dataclass(frozen=True)
class Figure:
    """What one rule gives in a term, in words, with what a reader must know of it."""

    rule: engine.Rule
    text: str
    who: str  # its conditions but for the stage
    mark: str = ""  # 待定, 不执行, 还原, 平均数, 推算, 无金额
    tone: str = "info"
    citation: engine.Citation | None = None

    @property
    def says(self) -> tuple[str, str, str]:
        """What two figures are compared by."""
        return self.text, self.who, self.mark


@dataclass(frozen=True)
class Row:
    """A programme with its figures by stage, in the order of the book's stages."""

    programme: engine.Programme
    cells: tuple[tuple[Figure, ...], ...]


@dataclass(frozen=True)
class Book:
    """Programmes by stage; ``stages`` are (code, label) of those that have a figure."""

    stages: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]


def book_of(pack: engine.Policy, figures: Mapping, term: engine.Term) -> Book:
    """Return what ``pack`` gives in ``term``, with the bureau's ``figures``."""
    found = cells_of(pack, figures, term)
    stages = tuple(
        (code, label) for code, label in engine.STAGES.items() if any(code == stage for _, stage in found)
    )
    rows = tuple(
        Row(programme, tuple(tuple(found.get((programme.code, code), ())) for code, _ in stages))
        for programme in pack.programmes
        if any(programme.code == code for code, _ in found)
    )
    return Book(stages, rows)


def cells_of(pack: engine.Policy, figures: Mapping, term: engine.Term) -> dict[tuple[str, str], list[Figure]]:
    """Return {(programme, stage): its figures in force in ``term``}."""
    found: dict[tuple[str, str], list[Figure]] = {}
    for rule in pack.rules:
        if not rule.in_force(term):
            continue
        figure = figure_of(rule, pack, figures, term)
        for stage in stages_of(rule) & set(pack.programme(rule.programme).stages):
            found.setdefault((rule.programme, stage), []).append(figure)
    return found


def figure_of(rule: engine.Rule, pack: engine.Policy, figures: Mapping, term: engine.Term) -> Figure:
    """Return what ``rule`` gives in ``term``, in words."""
    who = "；".join(c.wanted() for c in rule.asked_at(term) if c.fact.name != "stage")
    either = ["，且".join(c.wanted() for c in one) for one in rule.alternatives_at(term)]
    if either:
        who = "；".join(filter(None, [who, "或".join(f"（{one}）" for one in either)]))
    amount = rule.amount_at(term)
    if amount is None:
        return Figure(rule, rule.unstated, who, "无金额", "todo", rule.citation)
    if amount.parameter:
        text, mark, tone = _decided(amount, pack, figures)
        return Figure(rule, text, who, mark, tone, rule.cited_at(term))
    mark = "" if amount.average_fen is not None else MARKS.get(amount.basis, "")
    return Figure(rule, amount.label, who, mark, "warn" if mark else "info", rule.cited_at(term))


def _decided(amount: engine.Amount, pack: engine.Policy, figures: Mapping) -> tuple[str, str, str]:
    """Return (text, mark, tone) of a figure that the bureau gives."""
    parameter = pack.parameter_of[amount.parameter]
    figure = figures.get(parameter.code, {})
    if figure is None:
        return amount.label, "不执行", "todo"
    if isinstance(figure, int):
        return f"{amount.label}：教育局确定 {engine.yuan(figure)} {amount.unit.label}", "", "info"
    if not figure:
        return amount.label, "待定", "bad"
    given = [fen for fen in figure.values() if fen is not None]
    if not given:
        return amount.label, "不执行", "todo"
    low, high = min(given), max(given)
    span = engine.yuan(low) if low == high else f"{engine.yuan(low)}—{engine.yuan(high)}"
    return f"{amount.label}：{len(given)} 所学校分别确定，{span} {amount.unit.label}", "", "info"


# --- two side by side -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Side:
    """One of two books that are compared."""

    label: str
    pack: engine.Policy
    figures: Mapping
    term: engine.Term


@dataclass(frozen=True)
class Difference:
    """A programme and stage on both sides: same, changed, left or right (only there)."""

    programme: str
    stage: str
    left: tuple[Figure, ...]
    right: tuple[Figure, ...]

    @property
    def verdict(self) -> str:
        if not self.left or not self.right:
            return "right" if self.right else "left"
        return "same" if {f.says for f in self.left} == {f.says for f in self.right} else "changed"


def compare(left: Side, right: Side) -> list[Difference]:
    """Return every programme and stage of either side, in the order of the left's programmes, then the right's."""
    here, there = (cells_of(side.pack, side.figures, side.term) for side in (left, right))
    names = {p.code: p.label for side in (right, left) for p in side.pack.programmes}
    order = list(dict.fromkeys(p.code for side in (left, right) for p in side.pack.programmes))
    return [
        Difference(
            names[code], label, tuple(here.get((code, stage), ())), tuple(there.get((code, stage), ()))
        )
        for code in order
        for stage, label in engine.STAGES.items()
        if (code, stage) in here or (code, stage) in there
    ]
