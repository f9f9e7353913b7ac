"""What the document leaves to the bureau (`[[parameter]]` of kind amount or places): read from words, checked, told.

A figure is fen, or a number of places; None where the county does not carry the clause out; a mapping from
school code to these where it is decided school by school.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from subsidies import engine
from subsidies.engine import Parameter, ParameterKind

OFF = "off"
Figures = dict[str, int | None | dict[str, int | None]]


class WrongFigure(ValueError):
    """A figure that cannot be; the message is a Chinese sentence."""


def read_figure(parameter: Parameter, text: str) -> int | None:
    """Return a figure of ``parameter`` as written: yuan in fen, a number of places, None for "off"; raise WrongFigure."""
    if text.strip() == OFF:
        return None
    try:
        written = Decimal(text.strip().replace(",", ""))
    except InvalidOperation as error:
        raise WrongFigure(
            f"“{parameter.label}”应为{_unit(parameter)}数，或 {OFF}（不执行），不能是“{text}”"
        ) from error
    figure = written if parameter.kind is ParameterKind.PLACES else written * 100
    if not figure.is_finite() or figure != figure.to_integral_value():
        raise WrongFigure(
            f"“{parameter.label}”应为{'整数' if _unit(parameter) == '名额' else '至多两位小数的元'}数，不能是“{text}”"
        )
    if not parameter.allows(int(figure)):
        raise WrongFigure(f"“{parameter.label}”须{range_words(parameter) or '不小于零'}，不能是“{text}”")
    return int(figure)


def _unit(parameter: Parameter) -> str:
    return "名额" if parameter.kind is ParameterKind.PLACES else "元"


def show_figure(parameter: Parameter, figure: int | None) -> str:
    """Return a figure as a person reads it."""
    if figure is None:
        return "不执行"
    return f"{figure:,} 个名额" if parameter.kind is ParameterKind.PLACES else f"{engine.yuan(figure)} 元"


def range_words(parameter: Parameter) -> str:
    """Say within what the document lets the bureau choose; "" where it does not say."""
    if parameter.range is None:
        return ""
    low, high = (show_figure(parameter, end) for end in parameter.range)
    return f"在 {low}至 {high}之间"


def figures_of(pack: engine.Policy, settings: Iterable[str]) -> Figures:
    """Return the figures that ``CODE=YUAN``, ``CODE@SCHOOL=YUAN`` and ``CODE=off`` say; raise WrongFigure."""
    known = {parameter.code: parameter for parameter in pack.parameters if parameter.is_filled_in}
    figures: Figures = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        code, at, school = name.partition("@")
        if not equals or (at and not school):
            raise WrongFigure(f"“{setting}”写法不对，应如 代码=元数、代码@学校标识码=元数、代码=off")
        if code not in known:
            raise WrongFigure(f"没有可填的“{code}”；可填的有：{'、'.join(known) or '（无）'}")
        if at and known[code].scope != "school":
            raise WrongFigure(f"“{known[code].label}”由全县统一确定，不能按学校填")
        figure = read_figure(known[code], value)
        if not at:
            figures[code] = figure
            continue
        of_schools = figures.setdefault(code, {})
        if not isinstance(of_schools, dict):
            raise WrongFigure(f"“{known[code].label}”又写了全县的又写了学校的，请只写一种")
        of_schools[school] = figure
    return figures


def how_to_fill(parameter: Parameter) -> str:
    """Say what is open and how a command fills it."""
    within = range_words(parameter)
    hints = [
        f"须{within}" if within else "",
        f"参考数 {show_figure(parameter, parameter.suggested)}" if parameter.suggested else "",
    ]
    told = "，".join(hint for hint in hints if hint)
    school = f" 或 --set {parameter.code}@学校标识码=…" if parameter.scope == "school" else ""
    return (
        f"{parameter.label}（{parameter.reason}）{f'：{told}' if told else ''}\n"
        f"    --set {parameter.code}=…{school} 或 --set {parameter.code}={OFF}（不执行）"
    )


def unsettled(pack: engine.Policy, figures: Mapping) -> tuple[Parameter, ...]:
    """Return the parameters whose figure is not filled in, or is one the document does not allow any more."""
    left = pack.open_parameters(figures)
    return tuple(
        p for p in pack.parameters if p.is_filled_in and (p in left or not _stands(p, figures[p.code]))
    )


def _stands(parameter: Parameter, figure) -> bool:
    if isinstance(figure, Mapping):
        return parameter.scope == "school" and all(parameter.allows(fen) for fen in figure.values())
    return figure is None or parameter.allows(figure)


def changes_between(pack: engine.Policy, old: Mapping, new: Mapping) -> list[dict]:
    """Return which figures of ``pack`` differ, as the component ``diff`` takes them."""
    before, after = (
        {row["parameter"].label: _whole(row) for row in told(pack, figures)} for figures in (old, new)
    )
    return [
        {"label": label, "old": before[label], "new": after[label]}
        for label in after
        if before[label] != after[label]
    ]


def _whole(row: dict) -> str:
    return "；".join(f"{code} {text}" for code, text in row["schools"]) or row["text"] or "待定"


def told(pack: engine.Policy, figures: Mapping) -> list[dict]:
    """Return every figure the bureau fills in with what it says: {parameter, range, text, schools, is_open}."""
    left = unsettled(pack, figures)
    rows = []
    for parameter in pack.parameters:
        if not parameter.is_filled_in:
            continue
        figure = figures.get(parameter.code)
        by_school = figure if isinstance(figure, Mapping) else {}
        text = "" if parameter in left or by_school else show_figure(parameter, figure)
        suggested = "" if parameter.suggested is None else show_figure(parameter, parameter.suggested)
        rows.append(
            {
                "parameter": parameter, "range": range_words(parameter), "suggested": suggested, "text": text, "is_open": parameter in left,
                "schools": [(code, show_figure(parameter, fen)) for code, fen in sorted(by_school.items())],
            }
        )  # fmt: skip
    return rows
