"""Amounts of which the document gives only the average: the bureau may decide another figure, else the average is paid."""

from collections.abc import Mapping

from subsidies import engine
from subsidies.engine import ParameterKind, yuan

from .figures import WrongFigure, read_figure


def read_average(average: engine.Average, text: str) -> int:
    """Return a figure as written, yuan in fen; raise WrongFigure."""
    asked = engine.Parameter(average.key, average.rule.label, "", "", ParameterKind.AMOUNT)
    figure = read_figure(asked, text)
    if not figure:
        raise WrongFigure(f"“{average.rule.label}”的金额须大于零；按文件的平均数计的，请空着")
    return figure


def told(pack: engine.Policy) -> list[dict]:
    """Return every amount ``pack`` gives on average with what the bureau decided: {average, said, text}; text is "" where it has not."""
    return [
        {"average": average, "said": _words(average.said_fen, average), "text": _words(average.amount.fen or 0, average) if average.is_decided else ""}
        for average in engine.averages_of(pack)
    ]  # fmt: skip


def _words(fen: int, average: engine.Average) -> str:
    return f"{yuan(fen)} {average.amount.unit.label}"


def reconstructed(pack: engine.Policy) -> list[tuple[engine.Rule, engine.Amount]]:
    """Return the amounts whose digits the document has lost and the pack has put back."""
    return [
        (rule, amount)
        for rule in pack.rules
        for amount in rule.amounts
        if amount.basis is engine.Basis.RECONSTRUCTED
    ]


def changes_between(pack: engine.Policy, old: Mapping, new: Mapping) -> list[dict]:
    """Return which of them differ, as the component ``diff`` takes them."""
    before, after = (told(engine.answered(pack, figures)) for figures in (old, new))
    return [
        {"label": f"只写平均数：{now['average'].rule.label}", "old": then["text"] or f"平均数 {then['said']}", "new": now["text"] or f"平均数 {now['said']}"}
        for then, now in zip(before, after, strict=True)
        if then["text"] != now["text"]
    ]  # fmt: skip
