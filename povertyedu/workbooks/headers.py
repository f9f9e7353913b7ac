"""Finding the header row of a clerk's sheet, and telling data rows from everything else on it."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from .cells import is_fault
from .reading import Row, Sheet

SEARCHED_ROWS = 30  # a header further down than this has not been seen


class HeadedColumn(Protocol):
    """What header finding needs to know of a column; `columns.Column` has it."""

    name: str
    heading: str
    aliases: Sequence[str]
    required: bool


class Unknown(NamedTuple):
    """A heading no column answers to, or one seen a second time."""

    index: int
    text: str


class Skipped(NamedTuple):
    """A sheet (`where` is its name) or a row (its number) left out, and the Chinese reason."""

    where: str | int
    reason: str


@dataclass(frozen=True)
class Header:
    """Where the columns are. `mapping` goes from column name to cell index (0 = column A)."""

    row_numbers: tuple[int, ...]
    mapping: dict[str, int]
    headings: dict[int, str] = field(default_factory=dict)
    unknown: list[Unknown] = field(default_factory=list)
    duplicates: list[Unknown] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)  # names of required columns not on the sheet


class Picked(NamedTuple):
    sheet: Sheet
    header: Header


# --- headings -------------------------------------------------------------------------------------

_MARKS = re.compile(r"[\s*★☆●※▲△#:;'\"“”‘’_\u200b-\u200f\ufeff]+")
_BRACKETS = re.compile(r"[(\[{【〔「《<][^)\]}】〕」》>]*[)\]}】〕」》>]?")
_GROUP_ENDING = re.compile(r"(?:基本|个人)?(?:信息|情况|资料)$")
_NUMBERING = re.compile(r"^[0-9一二三四五六七八九十]{1,3}[.、)]")
# Under a group that names another person, a bare "姓名" is that person's, never the pupil's.
_OTHER_PERSON = re.compile(r"监护|家长|父亲|母亲|家庭成员|成员|户主|联系人|班主任|帮扶|责任人|开户|负责人")


def normal_heading(text: Any) -> str:
    """A heading without what clerks and templates add to it: spaces, stars, full-width forms, line breaks."""
    if not isinstance(text, str):
        return ""
    text = _MARKS.sub("", unicodedata.normalize("NFKC", text)).upper()
    return _NUMBERING.sub("", text)


def bare_heading(text: str) -> str:
    """A normal heading without its bracketed hints: 金额(元), 姓名(必填)."""
    return _BRACKETS.sub("", text)


class Vocabulary:
    """The headings a set of columns answers to: own heading first, then aliases, in order of columns."""

    def __init__(self, columns: Iterable[HeadedColumn]):
        self.columns = list(columns)
        self.names: dict[str, str] = {}
        for form in (normal_heading, lambda text: bare_heading(normal_heading(text))):
            for column in self.columns:
                self.names.setdefault(form(column.heading), column.name)
            for column in self.columns:
                for alias in column.aliases:
                    self.names.setdefault(form(alias), column.name)
        self.names.pop("", None)

    def name_of(self, text: str) -> str | None:
        """The column a normal heading belongs to, or None."""
        return self.names.get(text) or self.names.get(bare_heading(text))

    def name_under(self, group: str, text: str) -> str | None:
        """The column of a heading that stands under another: 监护人 over 姓名 is 监护人姓名."""
        if not text:
            return self.name_of(group)
        if not group:
            return self.name_of(text)
        stem = _GROUP_ENDING.sub("", bare_heading(group))
        name = self.name_of(stem + text) or self.name_of(group + text)
        if name or _OTHER_PERSON.search(group):
            return name
        return self.name_of(text)


# --- the header row -------------------------------------------------------------------------------


def find_header(
    rows: Sequence[Row],
    columns: Iterable[HeadedColumn],
    merged: Sequence[tuple[int, int, int, int]] = (),
) -> Header | None:
    """The header among the first rows: one row, or two that belong together; None when there is none.

    The place with most columns recognised wins, the upper one when two are equal (headers are repeated
    further down), and one row is preferred to two. At least two columns must be recognised, or the only
    one there is.
    """
    vocabulary = columns if isinstance(columns, Vocabulary) else Vocabulary(columns)
    rows = rows[:SEARCHED_ROWS]
    singles, pairs = [], []
    for place, (number, cells) in enumerate(rows):
        texts = [normal_heading(cell) for cell in cells]
        singles.append(
            _header((number,), texts, [vocabulary.name_of(text) for text in texts], vocabulary, cells)
        )
        if place + 1 < len(rows) and _may_be_second(rows[place + 1][1]):
            pairs.append(_two_rows(number, texts, rows[place + 1], vocabulary, merged))
    best = max(singles + pairs, key=lambda header: len(header.mapping), default=None)  # the first of equals
    needed = max(1, min(2, len(vocabulary.columns)))
    return best if best and len(best.mapping) >= needed else None


def _header(
    numbers: tuple[int, ...],
    texts: list[str],
    names: list[str | None],
    vocabulary: Vocabulary,
    shown: Sequence[Any],
) -> Header:
    mapping: dict[str, int] = {}
    unknown, duplicates = [], []
    for index, name in enumerate(names):
        if name is None:
            if texts[index]:
                unknown.append(Unknown(index, str(shown[index])))
        elif name in mapping:
            duplicates.append(Unknown(index, str(shown[index])))
        else:
            mapping[name] = index
    missing = [column.name for column in vocabulary.columns if column.required and column.name not in mapping]
    headings = {index: str(shown[index]) for index, text in enumerate(texts) if text}
    return Header(numbers, mapping, headings, unknown, duplicates, missing)


def _two_rows(number: int, upper: list[str], second: Row, vocabulary: Vocabulary, merged) -> Header:
    lower = [normal_heading(cell) for cell in second[1]]
    width = max(len(upper), len(lower))
    upper = upper + [""] * (width - len(upper))
    lower = lower + [""] * (width - len(lower))
    groups = _groups(number, upper, lower, merged)
    names = [vocabulary.name_under(group, text) for group, text in zip(groups, lower, strict=True)]
    texts = [text or group for group, text in zip(groups, lower, strict=True)]
    shown = [
        group if not text or group == text else group + text
        for group, text in zip(groups, lower, strict=True)
    ]
    return _header((number, second[0]), texts, names, vocabulary, shown)


def _groups(number: int, upper: list[str], lower: list[str], merged) -> list[str]:
    """The upper heading over each column: spread over its merged cells, or, unmerged, to the next one."""
    spans = {left: right for top, left, bottom, right in merged if top <= number <= bottom}
    groups, group, until = [], "", -1
    for index, text in enumerate(upper):
        if text:
            group, until = text, spans.get(index, index if spans else len(upper))
        elif index > until or not lower[index]:
            group = ""
        groups.append(group)
    return groups


def _may_be_second(cells: Sequence[Any]) -> bool:
    """Whether a row could be the lower half of a header: words only, no numbers, no long digits."""
    texts = [cell for cell in cells if cell != ""]
    return bool(texts) and all(isinstance(cell, str) and not re.search(r"[0-9]{4}", cell) for cell in texts)


# --- the sheets -----------------------------------------------------------------------------------


class Choice(NamedTuple):
    """What a person said of one sheet. `columns`: cell index to column name, "" for one that is not read."""

    skip: bool = False
    head: int | None = None  # the row of its headings, where the one that was found is not it
    columns: Mapping[int, str] | None = None


def pick_sheets(
    sheets: Iterable[Sheet], columns: Iterable[HeadedColumn], choices: Mapping[str, Choice] | None = None
) -> tuple[list[Picked], list[Skipped]]:
    """The visible sheets that have a header, and the others with the reason they were left out.

    `choices`, by name of sheet, go before what is found.
    """
    vocabulary, choices = Vocabulary(columns), choices or {}
    picked, skipped = [], []
    for sheet in sheets:
        choice = choices.get(sheet.name)
        if not sheet.visible:
            skipped.append(Skipped(sheet.name, "隐藏的工作表，没有读取"))
        elif not sheet.rows:
            skipped.append(Skipped(sheet.name, "空的工作表"))
        elif choice and choice.skip:
            skipped.append(Skipped(sheet.name, "按您的选择没有读取"))
        elif header := (
            chosen_header(sheet, choice, vocabulary)
            if choice
            else find_header(sheet.rows, vocabulary, sheet.merged)
        ):
            picked.append(Picked(sheet, header))
        else:
            skipped.append(Skipped(sheet.name, "没有找到表头，当作说明页，没有读取"))
    return picked, skipped


def likeliest_header(sheet: Sheet, head: int | None = None) -> Header | None:
    """The row `head`, or the wordiest of the first rows, as a header none of whose headings is known."""
    rows = [row for row in sheet.rows[:SEARCHED_ROWS] if head is None or row[0] == head]
    best = max(rows, key=_words, default=None)
    if best is None or (head is None and _words(best) < 2):
        return None
    texts = [normal_heading(cell) for cell in best[1]]
    return _header((best[0],), texts, [None] * len(texts), Vocabulary(()), best[1])


def _words(row: Row) -> int:
    """How many cells of a row could be headings."""
    return sum(
        1
        for cell in row[1]
        if isinstance(cell, str) and 0 < len(cell) <= 20 and not re.search(r"[0-9]{4}", cell)
    )


def chosen_header(sheet: Sheet, choice: Choice, vocabulary: Vocabulary) -> Header | None:
    """The header as a person said it is; what was not said is found."""
    header = find_header(sheet.rows, vocabulary, sheet.merged)
    if choice.head and (header is None or header.row_numbers[-1] != choice.head):
        rows = [row for row in sheet.rows if row[0] == choice.head]
        header = find_header(rows, vocabulary) or likeliest_header(sheet, choice.head)
    header = header or likeliest_header(sheet)
    if header is None or choice.columns is None:
        return header if header and header.mapping else None
    mapping: dict[str, int] = {}
    for index, name in choice.columns.items():
        if name and index in header.headings:
            mapping.setdefault(name, index)
    unsaid = [Unknown(i, text) for i, text in header.headings.items() if i not in choice.columns]
    missing = [column.name for column in vocabulary.columns if column.required and column.name not in mapping]
    if not mapping:
        return None
    return Header(header.row_numbers, mapping, header.headings, unsaid, [], missing)


# --- the rows -------------------------------------------------------------------------------------

_TOTAL = re.compile(
    r"(?:本页|全校|全县|全镇|全乡|班级|学校)?(?:合计|总计|小计|共计|累计)(?:[0-9(:,.人名元户]|$)"
).match
_TOTAL_CELL = re.compile(r"(?:本页|全校|全县|全镇|全乡|班级|学校)?(?:合计|总计|小计|共计|累计):?").fullmatch
_SIGNATURE = re.compile(
    r"(?:填表|填报|制表|制作|审核|审批|复核|核对|经办|统计|报送|分管|主管|单位|学校|校长|负责|主要负责|联系)"
    r"(?:人|员|单位|领导|负责人|日期|时间|电话|签字|签名|盖章|意见)?(?:\(?(?:签字|签名|签章|盖章|公章|章)\)?)?(?::|$)"
).match
_SEAL = re.compile(r"公章|盖章|签章|签字|签名").search
_NOTE = re.compile(r"(?:备注|注|说明|填表说明|填写说明|注意事项)[0-9]?(?::|$)").match
# A date or a sentence that stands alone under the table; a name that lost the rest of its row is none.
_REMARK = re.compile(
    r"[0-9〇零一二三四五六七八九十]{2,4}年[0-9一二三四五六七八九十]{1,3}月([0-9一二三四五六七八九十]{1,3}[日号])?$|.*[，。；：,;]|本表|此表|(?![0-9A-Za-z]+$).{13,}"
).match
_FIRST_SIGNS = frozenset("合总小共累本全班学填制审复核经统报分主单校负联备注说公盖签(（# 　\xa0\t")


def data_rows(sheet: Sheet, header: Header, skipped: list[Skipped] | None = None) -> Iterator[Row]:
    """Rows below the header that hold data. Blank, total, signature and note rows are appended to `skipped`.

    Cells merged downwards (one 户编号 for a family) give their value to every row they cover.
    """
    last = header.row_numbers[-1]
    first = min(header.mapping.values())
    heading = header.headings.get(first, "")
    _fill_merged(sheet, last)
    for number, cells in sheet.rows:
        if number <= last:
            continue
        lead = cells[0]
        usual = lead.__class__ is float or (lead.__class__ is str and lead and lead[0] not in _FIRST_SIGNS)
        # The usual row begins with a serial number or a plain word; look closer only when it is thin.
        if usual and cells.count("") * 3 < len(cells) * 2 and cells[first : first + 1] != [heading]:
            yield number, cells
            continue
        if reason := _not_data(cells, header):
            if skipped is not None:
                skipped.append(Skipped(number, reason))
        else:
            yield number, cells


def _not_data(cells: list[Any], header: Header) -> str | None:
    """Why a row is no data, or None."""
    kept = set(header.mapping.values())
    if all(cell == "" or (index not in kept and is_fault(cell)) for index, cell in enumerate(cells)):
        return "空行"  # formulas drawn down past the last line, in columns that are not read
    texts = [(index, _squeezed(cell)) for index, cell in enumerate(cells) if isinstance(cell, str)]
    texts = [(index, text) for index, text in texts if text]
    others = sum(1 for cell in cells if not isinstance(cell, str))
    if not texts:
        return None if others else "空行"
    if _TOTAL(texts[0][1]):
        return "合计行"
    filled = len(texts) + others
    thin = filled * 3 <= len(cells) or filled <= 3
    if thin and any(_TOTAL_CELL(text) for _, text in texts[:3]):
        return "合计行"
    if thin and any(_SIGNATURE(text) or _SEAL(text) for _, text in texts):
        return "签字盖章行"
    if filled == 1 and (_NOTE(texts[0][1]) or (len(header.mapping) > 3 and _REMARK(texts[0][1]))):
        return "说明行"
    if len(texts) > 1 and not others and _repeats_header(texts, header):
        return "重复的表头"
    return None


def _repeats_header(texts: list[tuple[int, str]], header: Header) -> bool:
    return all(
        normal_heading(text) == normal_heading(header.headings.get(index, "")) for index, text in texts
    )


def _squeezed(text: str) -> str:
    """Half-width and without white space, but with its colons and brackets."""
    return "".join(unicodedata.normalize("NFKC", text).translate({0x200B: None, 0xFEFF: None}).split())


def _fill_merged(sheet: Sheet, last: int) -> None:
    """Give the value of a cell merged downwards, below the header, to every row it covers."""
    ranges = [
        (top, left, bottom)
        for top, left, bottom, right in sheet.merged
        if last < top < bottom and left == right
    ]
    if not ranges:
        return
    rows = dict(sheet.rows)
    budget = 10 * len(rows)  # ranges that overlap are a trick, and must not cost more than the file is worth
    for top, left, bottom in ranges:
        value = rows[top][left] if top in rows and left < len(rows[top]) else ""
        budget -= bottom - top
        if value == "" or budget < 0:
            continue
        for number in range(top + 1, bottom + 1):
            cells = rows.get(number)
            if cells and left < len(cells) and cells[left] == "":
                cells[left] = value
