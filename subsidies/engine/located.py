"""Strict reading of TOML that knows the line of every key, so that an error can point at it.

`tomllib` gives values without positions; `find_lines` scans the text once more for the positions of headers
and keys. Problems are collected, so that an author sees all of them at once; what is read after a problem is
a placeholder and never leaves this package, because the caller raises when there are problems.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from subsidies.engine.terms import Term

Path = tuple[str | int, ...]
Choice = TypeVar("Choice", bound=StrEnum)

_HEADER = re.compile(r"\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?")
_KEY = re.compile(r"""((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=(.*)""")
_PART = re.compile(r"""([\w-]+)|"([^"]*)"|'([^']*)'""")
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pack: where, and a Chinese sentence."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行：{self.message}"


class PackError(Exception):
    """A pack that cannot be used, with every problem found, in order of lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def line(self) -> int:
        return self.problems[0].line


def find_lines(text: str) -> dict[Path, int]:
    """Line numbers from 1 of every table header and key, by path; ("rule", 2) is the third [[rule]]."""
    lines: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    here: Path = ()
    within: str | None = None  # the closing quotes of a string over several lines
    depth = 0  # open brackets of an array over several lines
    for number, raw in enumerate(text.split("\n"), start=1):
        rest = raw.strip()
        if within is None and depth == 0:
            if header := _HEADER.fullmatch(rest):
                here = _place(_parts(header[1]), counts, opens=rest.startswith("[["))
                lines.setdefault(here, number)
                continue
            key = _KEY.fullmatch(rest)
            if key is None:
                continue
            lines.setdefault((*here, *_parts(key[1])), number)
            rest = key[2]
        within, depth = _left_open(rest, within, depth)
    return lines


def _parts(dotted: str) -> list[str]:
    return ["".join(found) for found in _PART.findall(dotted)]


def _place(parts: list[str], counts: dict[Path, int], *, opens: bool) -> Path:
    """The path of a header, with the index of the array table it stands in."""
    path: Path = ()
    for position, part in enumerate(parts):
        path = (*path, part)
        if opens and position == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _left_open(rest: str, within: str | None, depth: int) -> tuple[str | None, int]:
    """What a line leaves unclosed: a multi-line string's quotes, and brackets."""
    while True:
        if within is not None:
            end = rest.find(within)
            if end < 0:
                return within, depth
            rest, within = rest[end + 3 :], None
        starts = [place for quotes in ('"""', "'''") if (place := rest.find(quotes)) >= 0]
        plain = rest[: min(starts)] if starts else rest
        plain = _QUOTED.sub("", plain).split("#")[0]
        depth += plain.count("[") + plain.count("{") - plain.count("]") - plain.count("}")
        if not starts:
            return None, depth
        within, rest = rest[min(starts) :][:3], rest[min(starts) + 3 :]


@dataclass(slots=True)
class Source:
    """A TOML text being read: its values, its lines, and what was wrong so far."""

    file: str
    lines: dict[Path, int]
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of a path, or of the nearest thing it stands in."""
        while path not in self.lines:
            path = path[:-1]
        return self.lines[path]

    def report(self, path: Path, message: str) -> None:
        self.problems.append(Problem(self.file, self.line(path), message))


def open_toml(text: str, file: str) -> "Table":
    """The top table of a TOML text; PackError when it is not TOML."""
    try:
        values = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        message = "TOML 写法有误，请检查这一行及上一行的引号、括号、等号，以及同一个键是否写了两遍"
        raise PackError([Problem(file, line, message)]) from error
    return Table(values, (), Source(file, find_lines(text)))


class Table:
    """One table read strictly: each key is asked for once, `close` reports those never asked for."""

    def __init__(self, values: Mapping[str, Any], path: Path, source: Source) -> None:
        self.values = values
        self.path = path
        self.source = source
        self._asked: set[str] = set()

    @property
    def line(self) -> int:
        return self.source.line(self.path)

    def report(self, message: str, key: str = "") -> None:
        self.source.report((*self.path, key) if key else self.path, message)

    def take(self, key: str, *, required: bool) -> Any:
        self._asked.add(key)
        value = self.values.get(key)
        if value is None and required:
            self.report(f"缺少“{key}”")
        return value

    def has(self, key: str) -> bool:
        """Whether a key is written that may be."""
        self._asked.add(key)
        return key in self.values

    def text(self, key: str, *, required: bool = True) -> str:
        value = self.take(key, required=required)
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.report(f"“{key}”应为加引号的文字，且不能为空", key)
            return ""
        return value

    def texts(self, key: str, *, required: bool = True) -> tuple[str, ...]:
        value = self.take(key, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.report(f"“{key}”应为加引号文字的列表，如 ['a', 'b']", key)
            return ()
        return tuple(value)

    def whole(self, key: str) -> int | None:
        """An optional whole number."""
        value = self.take(key, required=False)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self.report(f"“{key}”应为不小于零的整数", key)
            return None
        return value

    def wholes(self, key: str) -> tuple[int, ...]:
        """An optional list of whole numbers."""
        value = self.take(key, required=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(type(item) is int and item >= 0 for item in value):
            self.report(f"“{key}”应为不小于零的整数的列表", key)
            return ()
        return tuple(value)

    def yuan(self, key: str, *, required: bool = True) -> int:
        """Yuan as written, in fen."""
        value = self.take(key, required=required)
        return 0 if value is None else self.fen(key, value)

    def fen(self, key: str, value: object) -> int:
        """One value of a key that is yuan, in fen."""
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.report(f"“{key}”应为金额（元），如 1000 或 312.50，不加引号", key)
            return 0
        fen = Decimal(value) * 100
        if not fen.is_finite() or fen < 0 or fen != fen.to_integral_value():
            self.report(f"“{key}”应为不小于零、至多两位小数的金额（元）", key)
            return 0
        return int(fen)

    def percent(self, key: str) -> int:
        """A percentage, in hundredths of a per cent."""
        value = self.take(key, required=True)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.report(f"“{key}”应为百分数，如 50 或 12.5，不加引号和百分号", key)
            return 0
        rate = Decimal(value) * 100
        if not rate.is_finite() or not 0 < rate <= 100_000 or rate != rate.to_integral_value():
            self.report(f"“{key}”应为大于零、不超过 1000、至多两位小数的百分数", key)
            return 0
        return int(rate)

    def items(self, key: str) -> list[Any]:
        """An optional list of anything."""
        value = self.take(key, required=False)
        if value is not None and not isinstance(value, list):
            self.report(f"“{key}”应为列表", key)
            return []
        return value or []

    def term(self, key: str) -> Term | None:
        value = self.text(key, required=False)
        if not value:
            return None
        try:
            return Term.parse(value)
        except ValueError as error:
            self.report(str(error), key)
            return None

    def choice(
        self,
        key: str,
        choices: type[Choice],
        *,
        default: Choice | None = None,
        also: Mapping[str, Choice] = MappingProxyType({}),
    ) -> Choice:
        """One of some words; `also`: other spellings."""
        value = self.text(key, required=default is None)
        known = list(choices)
        if value in known:
            return choices(value)
        if value in also:
            return also[value]
        if value:
            self.report(f"“{key}”没有“{value}”这个值，{suggest(value, [*known, *also])}", key)
        return default or known[0]

    def inner(self, key: str, value: Mapping[str, Any], place: int | None = None) -> "Table":
        """A table that stands as the value of a key, or in a list there."""
        path = (*self.path, key) if place is None else (*self.path, key, place)
        return Table(value, path, self.source)

    def table(self, key: str, *, required: bool = True) -> "Table":
        value = self.take(key, required=required)
        if value is not None and not isinstance(value, dict):
            self.report(f"“{key}”应为一组键和值，如 {{ … = … }}", key)
            value = None
        return self.inner(key, value or {})

    def tables(self, key: str) -> list["Table"]:
        """The tables of an optional [[key]]."""
        value = self.take(key, required=False)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.report(f"“{key}”应写成 [[{key}]]", key)
            return []
        return [self.inner(key, item, place) for place, item in enumerate(value)]

    def close(self) -> None:
        for key in self.values:
            if key not in self._asked:
                self.report(f"不认识的键“{key}”，{suggest(key, self._asked)}", key)


def suggest(written: str, known: Iterable[str]) -> str:
    """What the author may have meant, or all that can be written."""
    names = sorted(known)
    close = difflib.get_close_matches(written, names, n=1)
    return f"是否想写“{close[0]}”？" if close else f"可用：{'、'.join(names)}"
