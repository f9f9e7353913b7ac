"""资金到账: receipts of funds, one line each, booked as from the form."""

import re
from typing import Any

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import Term
from povertyedu.workbooks.cells import (
    EMPTY,
    CellError,
    Cleaned,
    clean_code,
    clean_text,
    clean_yuan_to_fen,
)
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from subsidies.actions.funds import LARGEST_FEN, NewReceipt, book_receipts, standing_keys
from subsidies.enums import Kind, fund_sources
from subsidies.models import Programme

_SOURCES = dict(fund_sources())
SOURCE_WORDS = {label: code for code, label in _SOURCES.items()} | {
    "中央": "central", "中央资金": "central", "省级": "province", "省级资金": "province", "省财政": "province",
    "市级财政": "prefecture", "州级财政": "prefecture", "市级": "prefecture", "州级": "prefecture",
    "县级": "county", "县级资金": "county", "县财政": "county", "本级财政": "county", "捐赠": "social", "社会捐赠": "social",
}  # fmt: skip
_APART = re.compile(r"[、,，;；/\n]+")
_YEAR = re.compile(r"(20[0-9]{2})(?:年度?)?").fullmatch


def clean_year(cell: Any) -> Cleaned:
    """A budget year: 2020, 2020年. Error: value_unknown."""
    text = clean_code(cell).value
    if not text:
        return EMPTY
    if match := _YEAR(text):
        return Cleaned(int(match[1]))
    raise CellError("value_unknown", "预算年度应为 2020 这样的四位年份；请核对。")


class FundReceiptResource(ImportResource):
    """Money received by document. What stands booked already is left as it is; nothing booked is ever changed."""

    kind = "fund-receipts"
    label = "资金到账"
    permission = Permission.MANAGE_FUNDS
    needs_term = False
    preview = ("number", "source", "programmes", "received_on", "amount_fen")
    key_column = "number"
    conflict_message = "同一笔到账在文件里出现了两次，年度、学期或备注不同；请核对后只保留正确的一行。"
    note = "一行一笔到账；一个文号下达给几个项目、分别有金额的，分几行填写。登记后不能修改，只能冲销。"

    number = Column(
        "指标文号", aliases=("文号", "资金文号", "下达文号", "文件号", "文件文号"), required=True, clean=short_text(80), width=24,
        as_text=True,
    )  # fmt: skip
    source = Column(
        "资金来源", aliases=("来源", "资金级次", "资金性质"), required=True, clean=one_of(SOURCE_WORDS, "资金来源"),
        choices=known_value_words(SOURCE_WORDS), width=18,
    )  # fmt: skip
    programmes = Column(
        "可用项目", aliases=("资助项目", "项目", "项目名称", "资金用途", "用途"), required=True, clean=clean_text, width=30,
        note="几个项目用顿号隔开，写法同“资助标准”。",
    )  # fmt: skip
    received_on = Column("到账日期", aliases=("到账时间", "收到日期", "入账日期", "下达日期"), required=True, clean=clean_date, width=14)  # fmt: skip
    amount_fen = Column("金额（元）", aliases=("金额", "到账金额", "下达金额", "资金额度"), required=True, clean=clean_yuan_to_fen, width=14)  # fmt: skip
    year = Column("预算年度", aliases=("年度", "年份"), clean=clean_year, note="不填按到账日期的年份")
    term = Column("学期", clean=clean_text, width=18, note="只用于某个学期的才填，如“2020年秋季学期”。")
    remark = Column("备注", aliases=("说明",), clean=short_text(200), width=24)

    def look_up(self, rows, context: Context) -> None:
        payable = Programme.objects.exclude(kind=Kind.LOAN).values_list("code", "name")
        self.programme_words = {word: code for code, name in payable for word in (name, code)}
        self.terms = {word: term for term in Term.objects.all() for word in _term_words(term)}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        programmes = self._programmes(row)
        day, fen, year = values["received_on"], values["amount_fen"], values["year"]
        if day and day > today():
            row.reject("received_on", "date_invalid", "到账日期晚于今天；还没有到账的不登记，请核对。")
        if fen is not None and not 0 < fen <= LARGEST_FEN:
            row.reject(
                "amount_fen",
                "amount_invalid",
                "金额应大于零，且不超过一千亿元；冲销请在“资金管理”里办理，不能填负数。",
            )
        term = self._term(row)
        if term and year and term.year != year:
            row.reject("year", "value_unknown", f"{term}属于 {term.year} 年，与预算年度不一致；请核对。")
        if row.errors:
            return
        row.found = NewReceipt(
            number=values["number"], source=values["source"], programmes=programmes, received_on=day, amount_fen=fen,
            year=year or (term.year if term else day.year), term=term.pk if term else None, note=values["remark"] or "",
        )  # fmt: skip

    def _programmes(self, row: Row) -> tuple[str, ...]:
        words = [word.strip() for word in _APART.split(row.values["programmes"] or "") if word.strip()]
        unknown = [word for word in words if word not in self.programme_words]
        if unknown:
            row.reject(
                "programmes", "value_unknown",
                f"没有叫“{'、'.join(unknown)[:60]}”的资助项目；请照“资助标准”页的项目名称填写，几个项目用顿号隔开。",
            )  # fmt: skip
        return tuple(dict.fromkeys(self.programme_words[word] for word in words if word not in unknown))

    def _term(self, row: Row) -> Term | None:
        text = "".join((row.values["term"] or "").split())
        if text and text not in self.terms:
            row.reject(
                "term", "value_unknown", f"没有“{text[:20]}”这个学期；请写成“2020年秋季学期”，或留空。"
            )
        return self.terms.get(text)

    def key(self, row: Row):
        return row.found.key if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        self.standing = standing_keys([row.found.number for row in rows if row.found])

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        return [] if row.found.key in self.standing else None

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        book_receipts(by=by, receipts=[row.found for row in created])


def _term_words(term: Term) -> list[str]:
    season = "秋" if term.season == Season.AUTUMN else "春"
    return [
        term.pk, "".join(str(term).split()), f"{term.year}年{season}季学期", f"{term.year}年{season}季", f"{term.year}{season}",
        f"{term.year}{season}季学期",
    ]  # fmt: skip
