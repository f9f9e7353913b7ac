"""Charts drawn on the server as inline SVG: exact, printable, linked, and without style or script.

Sizes and positions are attributes, colours are CSS classes (``ui/css/charts.css``). Charts that
carry meaning have a title and a description; a page shows the same numbers in a table as well.
"""

from typing import NamedTuple
from xml.etree import ElementTree

from django.utils.safestring import SafeString, mark_safe

from .numerals import percent, wan

LIGHT_SERIES = {"series-2", "series-3", "series-4"}  # dark lettering on these
FEN_PER_WAN = 1_000_000


class Row(NamedTuple):
    """One stacked bar: its label, one number per series, and where a click leads."""

    label: str
    values: list
    href: str | None = None


class Tile(NamedTuple):
    """One place on the tile map: cell, name, percent, colour band 1 (worst) to 4 (best) or 0 (nothing to judge), link; ``text`` instead of the percent."""

    col: int
    row: int
    label: str
    value: float
    band: int
    href: str | None = None
    text: str = ""


def bar(value, target=None, status="ok", width=120, height=8, label="") -> SafeString:
    """Draw ``value`` percent with a mark at ``target``; without ``label`` it is decoration beside a number."""
    svg = _svg("chart-bar", width, height, preserveAspectRatio="none", width=width, height=height)
    if label:
        svg.attrib |= {"role": "img", "aria-label": label}
        _add(svg, "title", label)
    else:
        svg.attrib |= {"aria-hidden": "true", "focusable": "false"}
    _add(svg, "rect", **{"class": "track"}, width=width, height=height, rx=2)
    _add(svg, "rect", **{"class": f"fill {status}"}, width=width * _within(value) / 100, height=height, rx=2)
    if target not in (None, ""):
        x = min(width * _within(target) / 100, width - 1.5)
        _add(svg, "rect", **{"class": "mark"}, x=x, y=0, width=1.5, height=height)
    return _out(svg)


def stacked(name, title, rows, series, unit="人", fen=False, width=700) -> SafeString:
    """Draw one horizontal stacked bar per ``Row``; ``series`` are their names, coloured series-1 to series-5.

    With ``fen`` the values are fen and are shown in 万元. ``name`` makes the ids unique on the page.
    """
    rows = [Row(*row) for row in rows]
    unit = "万元" if fen else unit
    left, right, step_y, top = 72, 76, 35, 4
    foot = top + len(rows) * step_y
    largest = max((sum(row.values) for row in rows), default=0)
    scale = (width - left - right) / largest if largest else 0
    # role=img would hide the links inside from screen readers
    svg = _svg("chart", width, foot + 26, role="group" if any(row.href for row in rows) else "img")
    text = "；".join(f"{row.label} {_show(sum(row.values), fen)}" for row in rows)
    _describe(svg, name, f"{title}（{unit}）", f"横向堆叠条形图。合计：{text}")
    for mark in _ticks(largest / FEN_PER_WAN if fen else largest):
        x = left + mark * (FEN_PER_WAN if fen else 1) * scale
        _add(svg, "line", **{"class": "grid"}, x1=x, y1=top, x2=x, y2=foot)
        _text(svg, x, foot + 16, f"{mark:,}", "axis", "middle")
    for index, row in enumerate(rows):
        _stack(svg, row, series, unit, fen, scale, left, top + index * step_y + 6)
    return _out(svg)


def _stack(svg, row, series, unit, fen, scale, x, y) -> None:
    """Draw one bar of ``stacked`` with its label before and its total behind it."""
    group = _linked(svg, row.href)
    _text(group, x - 8, y + 15, row.label, "label", "end")
    for index, value in enumerate(row.values, start=1):
        wide = value * scale
        if wide <= 0:
            continue
        colour = f"series-{index}"
        piece = _add(group, "rect", **{"class": colour}, x=x, y=y, width=max(wide - 1, 0.5), height=21)
        _add(piece, "title", f"{row.label} · {series[index - 1]}：{_show(value, fen)} {unit}")
        shown = _show(value, fen)
        if wide > 8 + 6.5 * len(shown):
            _text(
                group,
                x + wide / 2,
                y + 15,
                shown,
                "inside dark" if colour in LIGHT_SERIES else "inside",
                "middle",
            )
        x += wide
    _text(group, x + 6, y + 15, _show(sum(row.values), fen), "total")


def tilemap(name, title, tiles, width=330, columns=5) -> SafeString:
    """Draw places as a grid of tiles (方格图): a county map that needs no borders, each tile a link."""
    tiles = [Tile(*tile) for tile in tiles]
    wide, high, gap = width / columns, 50, 4
    rows = max((tile.row for tile in tiles), default=0) + 1
    svg = _svg("chart-map", width, rows * high + 2, role="group", **{"aria-labelledby": f"{name}-title"})
    _add(svg, "title", title, id=f"{name}-title")
    _add(svg, "desc", "方格图：每格一个单位，颜色分四档，数值写在格内")
    for tile in tiles:
        x, y = tile.col * wide + gap / 2, tile.row * high + gap / 2
        group = _linked(svg, tile.href)
        shown = tile.text or percent(tile.value)
        group.set("aria-label", f"{tile.label} {shown}")
        if not tile.href:
            group.set("role", "img")
        _add(
            group,
            "rect",
            **{"class": f"band-{tile.band}"},
            x=x,
            y=y,
            width=wide - gap,
            height=high - gap,
            rx=3,
        )
        _text(group, x + (wide - gap) / 2, y + 20, tile.label, "tile-name", "middle")
        _text(group, x + (wide - gap) / 2, y + 38, shown, "tile-value", "middle")
    return _out(svg)


def sparkline(values, plan=None, label="", width=150, height=34) -> SafeString:
    """Draw ``values`` as a line, over the thinner line of ``plan``, on one scale from zero."""
    plan = plan or []
    svg = _svg("chart-spark", width, height, width=width, height=height)
    if label:
        svg.attrib |= {"role": "img", "aria-label": label}
        _add(svg, "title", label)
    else:
        svg.attrib |= {"aria-hidden": "true", "focusable": "false"}
    largest = max([*values, *plan, 0]) or 1
    steps = max(len(values), len(plan), 2) - 1
    for kind, line in (("plan", plan), ("actual", values)):
        if line:
            points = (
                f"{_n(i * width / steps)},{_n(height - 2 - v / largest * (height - 5))}"
                for i, v in enumerate(line)
            )
            _add(svg, "polyline", **{"class": kind}, points=" ".join(points))
    return _out(svg)


def _svg(css, wide, high, **attributes):
    return ElementTree.Element(
        "svg", {"class": css, "viewBox": f"0 0 {_n(wide)} {_n(high)}", **_attributes(attributes)}
    )


def _add(parent, tag, text=None, **attributes):
    node = ElementTree.SubElement(parent, tag, _attributes(attributes))
    node.text = text
    return node


def _text(parent, x, y, text, css, anchor="start"):
    return _add(parent, "text", str(text), **{"class": css, "text-anchor": anchor}, x=x, y=y)


def _linked(parent, href):
    return _add(parent, "a", href=href) if href else _add(parent, "g")


def _describe(svg, name, title, description) -> None:
    svg.set("aria-labelledby", f"{name}-title {name}-desc")
    _add(svg, "title", title, id=f"{name}-title")
    _add(svg, "desc", description, id=f"{name}-desc")


def _attributes(values) -> dict:
    return {key: value if isinstance(value, str) else _n(value) for key, value in values.items()}


def _n(number) -> str:
    """Write a coordinate with at most one decimal."""
    return f"{float(number):.1f}".removesuffix(".0")


def _within(value) -> float:
    return max(0.0, min(100.0, float(value)))


def _show(value, fen) -> str:
    return wan(value) if fen else f"{value:,}"


def _ticks(largest) -> list[int]:
    """Return round marks from 0 up to ``largest``, at most seven of them."""
    steps = (base * 10**power for power in range(20) for base in (1, 2, 5))
    step = next(step for step in steps if largest / step <= 6)
    return list(range(0, int(largest) + 1, step))


def _out(svg) -> SafeString:
    # ElementTree has escaped every text and attribute.
    return mark_safe(ElementTree.tostring(svg, encoding="unicode", short_empty_elements=True))
