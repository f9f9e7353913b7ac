"""Gantt chart (横道图) and S-curve as inline SVG, drawn as :mod:`povertyedu.ui.charts` draws: attributes and classes only, printable.

Lines are told apart by dashes and by their names at the end, not by colour alone; a page shows the same in a table.
"""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.utils.safestring import SafeString

from .charts import FEN_PER_WAN, _add, _describe, _linked, _n, _out, _svg, _text, _ticks
from .numerals import wan

LEFT, RIGHT, ROW, HEAD = 150, 16, 28, 24
MOST_LABELS = 9


class Span(NamedTuple):
    """A row: from when to when it was planned and carried out; the same day twice is a point, None is not known.

    ``words`` are for the table beside the picture.
    """

    label: str
    planned: tuple[dt.date, dt.date] | None
    actual: tuple[dt.date, dt.date] | None
    is_late: bool = False
    href: str | None = None
    words: str = ""


class Line(NamedTuple):
    """A line of a curve: its name and one number of fen per day of the curve, None where there is none yet."""

    label: str
    values: Sequence[int | None]


def gantt(name: str, title: str, rows: Sequence[Span], on: dt.date, width: int = 760) -> SafeString:
    """Draw one row per ``Span``, the plan above what was carried out, with a line at ``on``."""
    rows = [Span(*row) for row in rows]
    days = [day for row in rows for span in (row.planned, row.actual) if span for day in span]
    first, last = min([*days, on]), max([*days, on])
    foot = HEAD + len(rows) * ROW
    svg = _svg("chart", width, foot + 18, role="group" if any(row.href for row in rows) else "img")
    _describe(
        svg,
        name,
        title,
        f"横道图，{first} 至 {last}：每行上面一条是计划，下面一条是实际，竖线是 {on}。数字见表。",
    )
    scale = (width - LEFT - RIGHT) / max((last - first).days, 1)

    def x(day: dt.date) -> float:
        return LEFT + (day - first).days * scale

    for day in month_marks(first, last):
        _add(svg, "line", **{"class": "grid"}, x1=x(day), y1=HEAD - 4, x2=x(day), y2=foot)
        _text(svg, x(day), 14, f"{day:%Y-%m}", "axis", "middle" if x(day) < width - 40 else "end")
    for index, row in enumerate(rows):
        _bar(svg, row, HEAD + index * ROW, x)
    _add(svg, "line", **{"class": "today"}, x1=x(on), y1=HEAD - 4, x2=x(on), y2=foot)
    _text(svg, x(on), foot + 13, f"{on}", "axis", "end" if x(on) > width - 60 else "middle")
    return _out(svg)


def _bar(svg, row: Span, y: float, x) -> None:
    group = _linked(svg, row.href)
    label = row.label if len(row.label) <= 11 else row.label[:10] + "…"
    node = _text(group, LEFT - 8, y + 17, label, "label", "end")
    _add(node, "title", row.label)
    if row.planned:
        _span(group, row.planned, "plan", f"{row.label}：计划 {_days(row.planned)}", y + 5, 7, x)
    if row.actual:
        css = "real late" if row.is_late else "real"
        _span(
            group,
            row.actual,
            css,
            f"{row.label}：实际 {_days(row.actual)}{'，超期' if row.is_late else ''}",
            y + 14,
            8,
            x,
        )


def _span(group, span, css: str, title: str, y: float, high: float, x) -> None:
    begin, end = x(span[0]), x(span[1])
    if end - begin < 2:
        half = high / 2 + 1
        points = (
            (begin, y - 1),
            (begin + half, y + high / 2),
            (begin, y + high + 1),
            (begin - half, y + high / 2),
        )
        node = _add(
            group, "polygon", **{"class": css}, points=" ".join(f"{_n(a)},{_n(b)}" for a, b in points)
        )
    else:
        node = _add(group, "rect", **{"class": css}, x=begin, y=y, width=end - begin, height=high, rx=1)
    _add(node, "title", title)


def _days(span) -> str:
    return str(span[0]) if span[0] == span[1] else f"{span[0]} 至 {span[1]}"


def month_marks(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return first days of months between two days, evenly apart, at most nine."""
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    step = next(step for step in (1, 2, 3, 6, 12, 24, 60, 120, 1200) if months / step <= MOST_LABELS)
    marks, year, month = [], first.year, first.month
    while dt.date(year, month, 1) <= last:
        day = dt.date(year, month, 1)
        if day >= first and (day.year * 12 + day.month - 1) % step == 0:
            marks.append(day)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return marks


def curve(
    name: str, title: str, days: Sequence[dt.date], lines: Sequence[Line], width: int = 760, height: int = 300
) -> SafeString:
    """Draw cumulative money in 万元 over ``days`` (累计曲线), each line with its name and last number at its end."""
    lines = [Line(*line) for line in lines]
    left, right, top, foot = 62, 126, 12, height - 26
    largest = max([value for line in lines for value in line.values if value is not None], default=0)
    svg = _svg("chart", width, height, role="img")
    ends = "；".join(f"{line.label} {wan(_last(line))} 万元" for line in lines if _last(line) is not None)
    _describe(svg, name, f"{title}（万元）", f"累计曲线，{days[0]} 至 {days[-1]}。{ends}。数字见表。")
    rise = (foot - top) / largest if largest else 0
    scale = (width - left - right) / max((days[-1] - days[0]).days, 1)
    for mark in _ticks(largest / FEN_PER_WAN):
        y = foot - mark * FEN_PER_WAN * rise
        _add(svg, "line", **{"class": "grid"}, x1=left, y1=y, x2=width - right, y2=y)
        _text(svg, left - 6, y + 4, f"{mark:,}", "axis", "end")
    for day in month_marks(days[0], days[-1]):
        _text(svg, left + (day - days[0]).days * scale, foot + 16, f"{day:%Y-%m}", "axis", "middle")
    taken: list[float] = []
    for number, line in enumerate(lines, start=1):
        points = [
            (left + (day - days[0]).days * scale, foot - value * rise)
            for day, value in zip(days, line.values, strict=True)
            if value is not None
        ]
        if not points:
            continue
        node = _add(
            svg,
            "polyline",
            **{"class": f"line line-{number}"},
            points=" ".join(f"{_n(a)},{_n(b)}" for a, b in points),
        )
        _add(node, "title", line.label)
        y = _free(points[-1][1], taken)
        _text(svg, points[-1][0] + 5, y + 4, f"{line.label} {wan(_last(line))}", "total")
    return _out(svg)


def _last(line: Line) -> int | None:
    known = [value for value in line.values if value is not None]
    return known[-1] if known else None


def _free(y: float, taken: list[float]) -> float:
    """Return the nearest height at or above ``y`` where no name stands yet."""
    while any(abs(y - other) < 14 for other in taken):
        y -= 14
    taken.append(y)
    return y
