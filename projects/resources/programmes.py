"""建设规划目标 and 规划完成数: the tables of plans, and what was counted of them; units told apart, contradictions told."""

import re
from collections import defaultdict
from decimal import Decimal

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.indicators.enums import TargetBasis
from povertyedu.indicators.plans import contradictions, plain
from povertyedu.indicators.queries import counts_of
from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_yes_no, compact, text_of
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from projects.actions import programmes as actions
from projects.enums import ProgrammeKind
from projects.models import Programme, ProgrammeTarget
from projects.queries.programmes import aims_of

from .projects import clean_year
from .units import scale_of

KIND_WORDS = {kind.label: kind.value for kind in ProgrammeKind}
BASIS_WORDS = {basis.label: basis.value for basis in TargetBasis} | {
    "新增": "added", "当年新增": "added", "当年": "added", "累计": "total", "合计": "total", "达到": "reached", "总数": "reached", "比例": "share",
    "不低于": "share",
}  # fmt: skip
LARGEST = Decimal(10) ** 12
_NUMBER = re.compile(r"([0-9]{1,13}(?:\.[0-9]{1,6})?)([^0-9.]{0,10})").fullmatch


def clean_number(cell) -> Cleaned:
    """A number with or without its unit (7600万元, 8%, 1,677), kept as the text of both. Error: number_invalid."""
    text = compact(text_of(cell)).replace(",", "").lstrip("≥>")
    if text in ("", "-", "—", "/"):
        return EMPTY
    if not _NUMBER(text):
        raise CellError("number_invalid", f"“{text[:20]}”不是数；请填数字，可以带单位，如 7600万元。")
    return Cleaned(text)


def number_in(text: str, unit: str) -> Decimal | None:
    """Return the number of a cleaned cell in ``unit``; None where the cell's own unit cannot be turned into it."""
    number, own = _NUMBER(text).groups()
    factor = scale_of(own or unit, unit)
    return None if factor is None else Decimal(number) * factor


class OfProgrammes(ImportResource):
    """What both tables share: a programme found by its name."""

    permission = Permission.MANAGE_PROJECTS
    needs_term = False
    key_column = "item"

    def look_up(self, rows, context: Context) -> None:
        self.programmes = {row.name: row for row in Programme.objects.order_by("pk")}

    def fingerprint(self, row: Row):
        return row.found

    def _number(self, row: Row, column: str, unit: str) -> Decimal | None:
        text = row.values[column]
        if not text or not unit:
            return None
        number = number_in(text, unit)
        if number is None:
            row.reject(column, "unit_unknown", f"“{text[:20]}”的单位换算不成“{unit}”；请核对数和单位。")
        elif number > LARGEST or number != round(number, 2):
            row.reject(
                column, "number_invalid", f"“{text[:20]}”太大，或小数超过两位（按“{unit}”）；请核对单位。"
            )
        else:
            return number
        return None

    def _actor(self, context: Context) -> Actor:
        return context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")


class ProgrammeTargetResource(OfProgrammes):
    """Targets of plans by year; a plan that is not known is made when its kind and years are given."""

    kind = "programme-targets"
    label = "建设规划目标"
    preview = ("programme", "year", "item", "basis", "planned", "unit", "clause")
    conflict_message = (
        "同一规划、年度、内容、口径、出处的目标在文件里出现了两次，数不同；两处说法不同的，请写明各自的出处。"
    )
    note = "一行一项目标。口径说明这个数是当年完成、累计、年末达到还是比例；规划还没有的，写明类别和起止年度，会一并新建。"

    programme = Column(
        "建设规划", aliases=("规划", "规划名称", "计划名称"), required=True, clean=short_text(80), width=24
    )
    kind_of = Column("类别", aliases=("规划类别",), clean=one_of(KIND_WORDS, "类别"), choices=known_value_words(KIND_WORDS), note="规划还没有时填")  # fmt: skip
    first_year = Column("起始年度", aliases=("开始年度",), clean=clean_year, note="规划还没有时填")
    last_year = Column("截止年度", aliases=("结束年度",), clean=clean_year, note="规划还没有时填")
    document = Column("依据文件", aliases=("文号",), clean=short_text(120), width=20)
    year = Column("年度", aliases=("目标年度", "完成年度"), required=True, clean=clean_year)
    item = Column("内容", aliases=("目标内容", "指标", "项目"), required=True, clean=short_text(40), width=24)
    basis = Column("口径", aliases=("计算口径",), clean=one_of(BASIS_WORDS, "口径"), choices=known_value_words(BASIS_WORDS), note="不填为当年完成")  # fmt: skip
    planned = Column(
        "计划数", aliases=("目标", "目标数", "数量", "目标值"), required=True, clean=clean_number
    )
    unit = Column("单位", aliases=("计量单位",), clean=short_text(10), note="不填用计划数里的单位")
    clause = Column("出处", aliases=("条款",), clean=short_text(80), width=20)
    inferred = Column("年度为推定", aliases=("推定",), clean=clean_yes_no, choices=("是", "否"))

    def look_up(self, rows, context: Context) -> None:
        super().look_up(rows, context)
        self.new: dict[str, Programme] = {}

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        programme = self._programme(row)
        basis = values["basis"] or TargetBasis.ADDED.value
        unit = values["unit"] or (values["planned"] and _NUMBER(values["planned"])[2]) or ""
        if values["planned"] and not unit:
            row.reject("unit", "unit_unknown", "没有写单位；请填所、平方米、人、万元、% 等。")
        planned = self._number(row, "planned", unit)
        if planned is not None and planned <= 0:
            row.reject("planned", "number_invalid", "计划数应大于零；没有目标的年度不要列。")
        if planned is not None and basis == TargetBasis.SHARE and planned > 100:
            row.reject("planned", "number_invalid", "口径是比例，计划数应在 0 到 100 之间；请核对口径。")
        if programme and values["year"] and not programme.first_year <= values["year"] <= programme.last_year:
            row.reject(
                "year",
                "value_unknown",
                f"“{programme.name}”是 {programme.years} 年的规划，没有 {values['year']} 年；请核对。",
            )
        if not row.errors:
            row.found = (
                programme.name, values["year"], values["item"], basis, values["clause"] or "", planned, unit, bool(values["inferred"]),
            )  # fmt: skip

    def _programme(self, row: Row) -> Programme | None:
        values = row.values
        name = values["programme"]
        if not name:
            return None
        if found := self.programmes.get(name) or self.new.get(name):
            return found
        if not (values["kind_of"] and values["first_year"] and values["last_year"]):
            row.reject(
                "programme", "value_unknown",
                f"没有叫“{name[:40]}”的建设规划；请在这一行写明类别、起始年度、截止年度，或先在“建设规划”里新建。",
            )  # fmt: skip
            return None
        if values["last_year"] < values["first_year"]:
            row.reject("last_year", "value_unknown", "截止年度不能早于起始年度；请核对。")
            return None
        self.new[name] = Programme(
            name=name, kind=values["kind_of"], first_year=values["first_year"], last_year=values["last_year"],
            document=values["document"] or "",
        )  # fmt: skip
        return self.new[name]

    def key(self, row: Row):
        return row.found[:5] if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        known = ProgrammeTarget.objects.select_related("programme").order_by("pk")
        self.known = {_key_of(target): target for target in known}
        self._tell_contradictions([row for row in rows if row.found])

    def _tell_contradictions(self, rows) -> None:
        """Warn of two figures of one plan at the row of the later one, whether the file or the book has the other."""
        of: dict[str, dict] = defaultdict(dict)
        for key, target in self.known.items():
            of[key[0]][key] = target
        by_place = {}
        for row in rows:
            of[row.found[0]][row.key] = self._target(row)
            by_place[row.key] = row
        for name in {row.found[0] for row in rows}:
            for aim, text in contradictions(aims_of(of[name].values())):
                row = by_place.get((name, aim.year, aim.item, aim.basis, aim.clause))
                row = row or next(each for each in rows if each.found[0] == name)
                row.warn("planned", "total_differs", text)

    def _target(self, row: Row) -> ProgrammeTarget:
        name, year, item, basis, clause, planned, unit, inferred = row.found
        return ProgrammeTarget(
            programme=self.programmes.get(name) or self.new[name], year=year, item=item, basis=basis, clause=clause, planned=planned, unit=unit,
            is_inferred=inferred,
        )  # fmt: skip

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        planned, unit, inferred = row.found[5:]
        told = [
            ("计划数", f"{plain(known.planned)}{known.unit}", f"{plain(planned)}{unit}"),
            ("年度为推定", "是" if known.is_inferred else "否", "是" if inferred else "否"),
        ]
        return [Change(*each) for each in told if each[1] != each[2]]

    def write(self, created, updated, context: Context) -> None:
        by, rows = self._actor(context), [*created, *updated]
        for name in dict.fromkeys(row.found[0] for row in rows):
            if name not in self.programmes:
                self.programmes[name] = actions.keep(by=by, programme=self.new[name])
        targets = [self._target(row) for row in rows]
        for row, target in zip(rows, targets, strict=True):
            if known := self.known.get(row.key):
                target.indicator = known.indicator
        actions.set_targets(by=by, targets=targets)


def _key_of(target: ProgrammeTarget) -> tuple:
    return target.programme.name, target.year, target.item, target.basis, target.clause


class ProgrammeCountResource(OfProgrammes):
    """How much of an item of a plan stood on a day; the same day again corrects it."""

    kind = "programme-counts"
    label = "规划完成数"
    preview = ("programme", "item", "on", "value", "whole")
    conflict_message = "同一规划、内容、日期的完成数在文件里出现了两次，数不同；请只保留正确的一行。"
    note = "一行一项内容的一天。数量是截至这一天共有多少，不是当年新增；比例可以填部分数和总数。"

    programme = Column(
        "建设规划", aliases=("规划", "规划名称"), required=True, clean=short_text(80), width=24
    )
    item = Column("内容", aliases=("目标内容", "指标", "项目"), required=True, clean=short_text(40), width=24)
    on = Column("截至日期", aliases=("日期", "截至"), required=True, clean=clean_date, width=14)
    value = Column("数量", aliases=("完成数", "共有", "累计完成"), required=True, clean=clean_number)
    whole = Column("总数", aliases=("应有",), clean=clean_number, note="比例的分母，没有的不填")
    source = Column("数据来源", aliases=("来源", "备注"), clean=short_text(120), width=24)

    def look_up(self, rows, context: Context) -> None:
        super().look_up(rows, context)
        self.units = {
            (name, item): unit
            for name, item, unit in ProgrammeTarget.objects.order_by("-pk").values_list(
                "programme__name", "item", "unit"
            )
        }

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        name, item = values["programme"], values["item"]
        if name and name not in self.programmes:
            row.reject(
                "programme", "value_unknown", f"没有叫“{name[:40]}”的建设规划；请照“建设规划”里的名称填写。"
            )
        elif name and item and (name, item) not in self.units:
            row.reject(
                "item",
                "value_unknown",
                f"“{name[:40]}”没有“{item}”这项目标；请先定目标，或照目标的写法填写。",
            )
        unit = self.units.get((name, item), "")
        whole = (
            self._number(row, "whole", "" if unit == "%" else unit) if unit != "%" else _bare(values["whole"])
        )
        value = (
            _bare(values["value"]) if whole is not None and unit == "%" else self._number(row, "value", unit)
        )
        if whole is not None and value is not None and not 0 < whole >= value:
            row.reject("whole", "number_invalid", "总数应大于零，也不能小于数量；请核对。")
        if not row.errors and name and item:
            row.found = (name, item, values["on"], value, whole, values["source"] or "")

    def key(self, row: Row):
        return row.found[:3] if row.found else None

    def look_up_records(self, rows, context: Context) -> None:
        plans = {self.programmes[row.found[0]].plan for row in rows if row.found}
        self.known = {
            (plan, item, reading.on): reading
            for (plan, item), readings in counts_of(plans).items()
            for reading in readings
        }

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        name, item, on, value, whole, _ = row.found
        known = self.known.get((self.programmes[name].plan, item, on))
        if known is None:
            return None
        told = [("数量", known.value, value), ("总数", known.whole, whole)]
        return [
            Change(heading, *("—" if each is None else plain(each) for each in (old, new)))
            for heading, old, new in told
            if old != new
        ]

    def write(self, created, updated, context: Context) -> None:
        by = self._actor(context)
        of: dict[tuple, dict] = defaultdict(dict)
        for name, item, on, value, whole, source in (row.found for row in [*created, *updated]):
            of[name, on, source][item] = (value, whole)
        for (name, on, source), done in of.items():
            actions.count_done(by=by, programme=self.programmes[name], on=on, done=done, note=source)


def _bare(text: str | None) -> Decimal | None:
    """The number of a cleaned cell in whatever unit: parts and whole of a share may be yuan, schools, anything alike."""
    return Decimal(_NUMBER(text)[1]) if text else None
