"""The workbook that goes between two counties: children by digest, and columns for the answer.

Above the heads stand the number of the letter, who asks, the term, and two proofs under the key: that the reader's
key is the right one, and that no row was changed. A workbook made elsewhere may lack them; digests speak for themselves.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from povertyedu.workbooks.cells import CellError, Cleaned, clean_text, clean_yuan_to_fen, text_of
from povertyedu.workbooks.columns import Column, RowReader, one_of
from povertyedu.workbooks.headers import data_rows, pick_sheets
from povertyedu.workbooks.reading import open_workbook
from povertyedu.workbooks.writing import LedgerColumn, write_table
from subsidies.enums import CountyAnswer

TITLE = "异地就读学生资助情况核实名单"
WORDS = {CountyAnswer.YES: "是", CountyAnswer.NO: "否", CountyAnswer.NOT_FOUND: "查无此人"}
_MEANINGS = {
    "是": CountyAnswer.YES, "否": CountyAnswer.NO, "查无此人": CountyAnswer.NOT_FOUND, "已资助": CountyAnswer.YES, "未资助": CountyAnswer.NO,
    "查无": CountyAnswer.NOT_FOUND, "无此人": CountyAnswer.NOT_FOUND,
}  # fmt: skip
_HEADS = {
    "number": re.compile(r"编号[：:]\s*([0-9A-Za-z-]{1,60})"), "asker": re.compile(r"来函单位[：:]\s*([^\s　]{1,80})"),
    "term": re.compile(r"学期[：:]\s*(\d{4}-(?:autumn|spring))"), "of_key": re.compile(r"密钥核对[：:]\s*([0-9a-f]{16})"),
    "of_list": re.compile(r"名单校验[：:]\s*([0-9a-f]{32})"),
}  # fmt: skip
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
SHOWN = 50  # errors told at once; more of them say the same


class ListRefused(ValueError):
    """A list refused whole; ``errors`` are Chinese sentences that name the row."""

    def __init__(self, errors: list[str]):
        super().__init__(errors[0])
        self.errors = errors[:SHOWN]


class ListRow(NamedTuple):
    """One child of a list; ``row`` is Excel's row number, ``answer`` is None where nothing was filled in."""

    row: int
    number: int
    digest: str
    name: str
    stage: str
    school: str
    answer: str | None = None
    programmes: str = ""
    fen: int | None = None
    note: str = ""

    @property
    def asked(self) -> tuple:
        """What the proof of the list covers: the row without its answer."""
        return self.number, self.digest, self.name, self.stage, self.school


@dataclass
class ListFile:
    """A list as it was read; what its head does not say is ""."""

    rows: list[ListRow] = field(default_factory=list)
    number: str = ""
    asker: str = ""
    term: str = ""
    of_key: str = ""
    of_list: str = ""


def _clean_number(cell) -> Cleaned:
    text = text_of(cell).strip()
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise CellError("number_unknown", f"序号“{text[:20]}”不是数字；请用发出的名单填写，不要改动序号。")
    return Cleaned(int(text))


def _clean_digest(cell) -> Cleaned:
    text = text_of(cell).strip().lower()
    if not _DIGEST(text):
        raise CellError("digest_unknown", "证件号摘要不完整；请用发出的名单填写，不要改动这一列。")
    return Cleaned(text)


def _columns() -> list[Column]:
    columns = {
        "number": Column("序号", required=True, clean=_clean_number),
        "digest": Column("证件号摘要", aliases=("摘要", "证件号码摘要"), required=True, clean=_clean_digest),
        "name": Column("姓名", aliases=("姓名（只留姓）",), clean=clean_text),
        "stage": Column("学段", clean=clean_text),
        "school": Column("就读学校", aliases=("学校",), clean=clean_text),
        "answer": Column("是否资助", aliases=("是否已资助",), clean=one_of(_MEANINGS)),
        "programmes": Column("资助项目", aliases=("项目",), clean=clean_text),
        "fen": Column("金额（元）", aliases=("金额", "资助金额"), clean=clean_yuan_to_fen),
        "note": Column("备注", aliases=("说明",), clean=clean_text),
    }  # fmt: skip
    for name, column in columns.items():
        column.name = name
    return list(columns.values())


def read_list(path: Path) -> ListFile:
    """Return a list; ListRefused when a cell is wrong, WorkbookError when it is no workbook."""
    columns = _columns()
    picked, _ = pick_sheets(open_workbook(path), columns)
    if not picked:
        raise ListRefused(["没有找到表头。需要的列：序号、证件号摘要、是否资助。"])
    found, errors = ListFile(), []
    for sheet, header in picked:
        if header.missing:
            lacking = "、".join(column.heading for column in columns if column.name in header.missing)
            raise ListRefused([f"工作表“{sheet.name}”缺少列：{lacking}。"])
        above = "　".join(
            text_of(cell) for number, cells in sheet.rows if number < header.row_numbers[0] for cell in cells
        )
        for name, pattern in _HEADS.items():
            if match := pattern.search(above):
                setattr(found, name, match[1])
        reader = RowReader(columns, header)
        for number, cells in data_rows(sheet, header):
            values, problems, _ = reader(cells)
            errors += [f"第 {number} 行：{problem.message}" for problem in problems]
            if not problems:
                texts = {
                    name: (values[name] or "")[:200]
                    for name in ("name", "stage", "school", "programmes", "note")
                }
                found.rows.append(
                    ListRow(
                        number,
                        values["number"],
                        values["digest"],
                        answer=values["answer"],
                        fen=values["fen"],
                        **texts,
                    )
                )
    if errors:
        raise ListRefused(errors)
    if not found.rows:
        raise ListRefused(["名单是空的，没有一名学生。"])
    if twice := _twice(found.rows):
        raise ListRefused(twice)
    return found


def _twice(rows: list[ListRow]) -> list[str]:
    """Return what is wrong with numbers and digests that stand in a list twice."""
    errors, numbers, digests = [], {}, {}
    for row in rows:
        if row.number in numbers:
            errors.append(f"第 {row.row} 行：序号 {row.number} 与第 {numbers[row.number]} 行重复。")
        elif row.digest in digests:
            errors.append(f"第 {row.row} 行：证件号摘要与第 {digests[row.digest]} 行重复。")
        numbers.setdefault(row.number, row.row)
        digests.setdefault(row.digest, row.row)
    return errors


def write_list(out, head: ListFile, rows: Iterable[ListRow], *, right_line: str = "") -> None:
    """Write a list to ``out``: the head it is found by, the children, and the answers as far as there are any."""
    columns = (
        LedgerColumn("序号", "int", width=6, summed=False), LedgerColumn("证件号摘要", width=24), LedgerColumn("姓名", width=8),
        LedgerColumn("学段", width=10), LedgerColumn("就读学校", width=24), LedgerColumn("是否资助", width=10),
        LedgerColumn("资助项目", width=24), LedgerColumn("金额（元）", "money", width=12, summed=False), LedgerColumn("备注", width=24),
    )  # fmt: skip
    write_table(
        out, columns, _cells(rows), title=TITLE, name="名单", right_line=right_line,
        unit_line=(
            f"编号：{head.number}　来函单位：{head.asker}　学期：{head.term}　密钥核对：{head.of_key}　名单校验：{head.of_list}"
        ),
    )  # fmt: skip


def _cells(rows: Iterable[ListRow]) -> Iterator[tuple]:
    for row in rows:
        answer = WORDS[CountyAnswer(row.answer)] if row.answer else ""
        yield (*row.asked, answer, row.programmes, row.fen, row.note)
