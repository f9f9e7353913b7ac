"""The bank's return workbook (回盘), read and compared with the file it answers.

Columns: 流水号 or 序号, 姓名 (of the account), 账号, 金额, 结果 (成功/失败), 原因. One wrong row refuses the
whole file: half an answer is worse than none.
"""

import re
from pathlib import Path
from typing import NamedTuple

from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import (
    CellError,
    Cleaned,
    clean_bank_account,
    clean_text,
    clean_yuan_to_fen,
    text_of,
)
from povertyedu.workbooks.columns import Column, RowReader
from povertyedu.workbooks.headers import data_rows, pick_sheets
from povertyedu.workbooks.ledger import yuan
from povertyedu.workbooks.reading import open_workbook
from subsidies.models import BankFile

SHOWN = 50  # errors told at once; more of them say the same
PAID = {"成功", "发放成功", "交易成功", "已到账", "代发成功"}
FAILED = {"失败", "发放失败", "交易失败", "退票", "代发失败"}
_SERIAL = re.compile(r"(?P<file>.+-\d{2,})-(?P<number>\d{5,})")


class ReturnRefused(ValueError):
    """A return refused whole; ``errors`` are Chinese sentences that name the row."""

    def __init__(self, errors: list[str]):
        super().__init__(errors[0])
        self.errors = errors


class ReturnRow(NamedTuple):
    """One row of a return: Excel's row number, the number in our file, and what the bank says."""

    row: int
    file: str  # the file named in the serial, "" where only a number was given
    bank_no: int
    holder: str
    account: str
    fen: int
    paid: bool
    reason: str


def clean_serial(cell) -> Cleaned:
    """Return (file, number) of a 流水号, or ("", number) of a 序号."""
    text = text_of(cell).strip()
    if match := _SERIAL.fullmatch(text):
        return Cleaned((match["file"], int(match["number"])), None)
    if text.isascii() and text.isdigit():
        return Cleaned(("", int(text)), None)
    raise CellError("serial_unknown", f"流水号“{text[:30]}”不是本系统导出的流水号。")


def clean_result(cell) -> Cleaned:
    """Return whether the bank paid."""
    text = text_of(cell).strip()
    if text in PAID or text in FAILED:
        return Cleaned(text in PAID, None)
    raise CellError("result_unknown", f"结果“{text[:20]}”看不懂，应为“成功”或“失败”。")


def _columns() -> list[Column]:
    columns = {
        "serial": Column("流水号", aliases=("序号", "明细序号", "明细流水号"), required=True, clean=clean_serial),
        "holder": Column("开户人", aliases=("姓名", "户名", "账户名", "收款人"), required=True, clean=clean_text),
        "account": Column("银行账号", aliases=("账号", "卡号", "收款账号"), required=True, clean=clean_bank_account),
        "fen": Column("金额", aliases=("金额（元）", "发放金额", "交易金额"), required=True, clean=clean_yuan_to_fen),
        "paid": Column("结果", aliases=("处理结果", "发放结果", "状态"), required=True, clean=clean_result),
        "reason": Column("原因", aliases=("失败原因", "备注", "说明"), clean=clean_text),
    }  # fmt: skip
    for name, column in columns.items():
        column.name = name
    return list(columns.values())


def read_return(path: Path) -> list[ReturnRow]:
    """Return the rows of a return workbook; ReturnRefused when a cell is wrong, WorkbookError when it is no workbook."""
    columns = _columns()
    picked, _ = pick_sheets(open_workbook(path), columns)
    if not picked:
        raise ReturnRefused(["没有找到回盘的表头。需要的列：流水号、姓名、账号、金额、结果、原因。"])
    rows, errors = [], []
    for sheet, header in picked:
        if header.missing:
            lacking = "、".join(column.heading for column in columns if column.name in header.missing)
            raise ReturnRefused([f"工作表“{sheet.name}”缺少列：{lacking}。"])
        reader = RowReader(columns, header)
        for number, cells in data_rows(sheet, header):
            values, problems, _ = reader(cells)
            errors += [f"第 {number} 行：{problem.message}" for problem in problems]
            if not problems:
                file, bank_no = values["serial"]
                rows.append(
                    ReturnRow(
                        number, file, bank_no, values["holder"], values["account"], values["fen"],
                        values["paid"], values["reason"] or "",
                    )
                )  # fmt: skip
    if errors:
        raise ReturnRefused(errors[:SHOWN])
    return rows


def check_return(bank_file: BankFile, rows: list[ReturnRow]) -> None:
    """Compare a return with what was sent: each line once, none foreign, none missing, name, account and amount the same."""
    sent = {
        number: (holder, account, fen)
        for number, holder, account, fen in bank_file.lines.values_list(
            "bank_no", "account_holder", "account_hash", "amount_fen"
        )
    }
    errors, seen = [], {}
    for row in rows:
        expected = sent.get(row.bank_no) if row.file in ("", str(bank_file)) else None
        if expected is None:
            errors.append(f"第 {row.row} 行：流水号不在文件 {bank_file} 中，可能是别的批次的回盘。")
        elif row.bank_no in seen:
            errors.append(f"第 {row.row} 行：与第 {seen[row.bank_no]} 行是同一笔，重复了。")
        else:
            errors += [f"第 {row.row} 行：{what}" for what in _differences(row, expected)]
        seen.setdefault(row.bank_no, row.row)
    if missing := sorted(set(sent) - set(seen)):
        shown = "、".join(bank_file.serial(number) for number in missing[:5])
        errors.append(
            f"回盘缺少 {len(missing)} 笔：{shown}{'等' if len(missing) > 5 else ''}。请向银行要完整的回盘。"
        )
    if errors:
        raise ReturnRefused(errors[:SHOWN])


def _differences(row: ReturnRow, expected: tuple[str, str, int]) -> list[str]:
    """Return what differs, in words that never repeat an account number."""
    holder, account, fen = expected
    found = []
    if row.holder != holder:
        found.append(f"开户人是“{row.holder}”，送出的是“{holder}”。")
    if keyed_hash(row.account) != account:
        found.append(f"{row.holder} 的银行账号与送出的不同。")
    if row.fen != fen:
        found.append(f"{row.holder} 的金额是 {yuan(row.fen)} 元，送出的是 {yuan(fen)} 元。")
    return found
