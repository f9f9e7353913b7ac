"""建设项目: lists of projects with what is built and the budget of each source; sums that do not add up are told."""

import re
from decimal import Decimal

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import AreaBook, AreaUnknown, SchoolBook
from povertyedu.imports.reading import Arrangement
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.imports.totals import WithTotals
from povertyedu.orgs.models import Area
from povertyedu.ui.numerals import wan
from povertyedu.workbooks.cells import EMPTY, CellError, Cleaned, clean_code, clean_text
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from projects.actions.register import NewProject, Quantity, register
from projects.enums import FundSource, ProjectKind
from projects.models import Programme, Project

from .units import clean_area, clean_count, clean_money, told_apart

KIND_WORDS = {kind.label: kind.value for kind in ProjectKind} | {
    "扩建": "extend", "改建": "extend", "重建": "rebuild", "整体重建": "rebuild", "搬迁": "relocate", "迁建": "relocate", "维修": "renovate",
    "改造": "renovate", "设备": "equip", "采购": "equip", "设备添置": "equip",
}  # fmt: skip
SOURCES = {f"{source.value}_fen": source for source in FundSource}
AREAS = {"teaching": "教学辅助用房", "living": "生活服务用房", "office": "行政办公用房"}
COUNTS = {
    "schools_count": ("学校", "所"), "books": ("图书", "册"), "computers": ("计算机", "台"), "desks": ("课桌椅", "套"), "beds": ("学生用床", "张"),
}  # fmt: skip
_APART = re.compile(r"[、,，;；/\n]+")
_YEAR = re.compile(r"(20[0-9]{2})(?:年度?)?").fullmatch


def clean_year(cell) -> Cleaned:
    """A year: 2020, 2020年. Error: value_unknown."""
    text = clean_code(cell).value
    if not text:
        return EMPTY
    if match := _YEAR(text):
        return Cleaned(int(match[1]))
    raise CellError("value_unknown", "年度应为 2020 这样的四位年份；请核对。")


def _money(heading: str, *aliases: str) -> Column:
    return Column(
        f"{heading}（万元）",
        aliases=(heading, *aliases),
        clean=clean_money,
        width=16,
        note="表头写明元或万元",
    )


class ProjectResource(WithTotals):
    """Projects of a plan. What is registered already is left alone: its money changes by verbs with a document only."""

    kind = "projects"
    label = "建设项目"
    permission = Permission.MANAGE_PROJECTS
    needs_term = False
    preview = (
        "name",
        "programme",
        "year",
        "total_fen",
        "central_fen",
        "province_fen",
        "county_fen",
        "other_fen",
    )
    key_column = "name"
    conflict_message = (
        "同一规划、同一年度、同名的项目在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    )
    note = "一行一个项目。金额的表头写明元、万元还是亿元；合计与各项相加不等的，会提醒两个数，按各项登记。"

    name = Column(
        "项目名称", aliases=("工程名称", "项目", "建设项目"), required=True, clean=short_text(120), width=30
    )
    programme = Column("建设规划", aliases=("规划", "所属规划", "项目类别", "工程类别"), required=True, clean=short_text(80), width=20, note="照“建设规划”里的名称")  # fmt: skip
    year = Column(
        "计划年度", aliases=("年度", "实施年度", "建设年度", "开工年度"), required=True, clean=clean_year
    )
    nature = Column("建设性质", aliases=("性质",), clean=one_of(KIND_WORDS, "建设性质"), choices=known_value_words(KIND_WORDS), note="不填为新建")  # fmt: skip
    township = Column(
        "所在乡镇",
        aliases=("乡镇", "建设地点", "地点"),
        clean=clean_text,
        note="不填按学校所在地，全县性的填县名",
    )
    schools = Column(
        "项目学校",
        aliases=("学校", "学校名称", "建设学校"),
        clean=clean_text,
        width=24,
        note="几所用顿号隔开",
    )
    area = Column(
        "建筑面积（平方米）",
        aliases=("校舍总面积", "总面积", "建筑面积", "建设面积"),
        clean=clean_area,
        width=14,
    )
    teaching = Column(
        "教学辅助用房（平方米）", aliases=("教学及辅助用房", "教学辅助用房"), clean=clean_area, width=14
    )
    living = Column(
        "生活服务用房（平方米）", aliases=("生活用房", "生活服务用房"), clean=clean_area, width=14
    )
    office = Column(
        "行政办公用房（平方米）", aliases=("行政用房", "办公用房", "行政办公用房"), clean=clean_area, width=14
    )
    schools_count = Column("学校数（所）", aliases=("学校数", "校数"), clean=clean_count)
    books = Column("图书（册）", aliases=("图书",), clean=clean_count)
    computers = Column("计算机（台）", aliases=("计算机", "电脑"), clean=clean_count)
    desks = Column("课桌椅（套）", aliases=("课桌椅", "课桌凳"), clean=clean_count)
    beds = Column("学生用床（张）", aliases=("学生用床", "床位"), clean=clean_count)
    equipment_fen = _money("设备仪器价值", "设备仪器", "教学仪器设备")
    total_fen = _money("总投资", "资金合计", "总资金", "投资合计", "计划投资", "预计投资")
    central_fen = _money("中央资金", "中央")
    province_fen = _money("省级资金", "省级", "省资金")
    prefecture_fen = _money("市州资金", "市级资金", "州级资金")
    county_fen = _money("县级资金", "县级配套", "县级配套资金", "县资金")
    agriculture_fen = _money("整合涉农资金", "涉农资金", "整合涉农扶贫资金")
    loan_fen = _money("贷款", "教育扶贫贷款", "银行贷款")
    donation_fen = _money("捐赠", "社会捐赠")
    other_fen = _money("其他资金", "其他")
    starts_on = Column(
        "计划开工", aliases=("计划开工日期", "开工时间", "开工日期"), clean=clean_date, width=14
    )
    due_on = Column("计划竣工", aliases=("计划竣工日期", "竣工时间", "完工时间"), clean=clean_date, width=14)
    document = Column("预算文号", aliases=("文号", "资金文号"), clean=short_text(80), width=18, as_text=True)
    remark = Column("备注", aliases=("说明", "建设内容"), clean=short_text(300), width=24)

    def arrange(self, sheet, header) -> Arrangement:
        """Have each number told with the unit of its heading."""
        change = told_apart(
            sheet, header, money=["equipment_fen", "total_fen", *SOURCES], measured=["area", *AREAS, *COUNTS]
        )
        return self.with_total(sheet, Arrangement(header, change=change))

    def look_up(self, rows, context: Context) -> None:
        self.programmes = {}
        for programme in Programme.objects.order_by("pk"):
            self.programmes[programme.name] = programme
        self.areas, self.books_of_schools = AreaBook(), SchoolBook()
        self.county = (
            Area.objects.filter(level="county").order_by("code").values_list("code", flat=True).first()
        )
        self._compare_totals(rows)

    def _compare_totals(self, rows) -> None:
        """Tell at a sheet's first row where the sheet's own total is not what its rows add up to."""
        for given, of_sheet in self.totals_told(rows):
            for column in ("total_fen", *SOURCES):
                added = sum(row.values[column] or 0 for row in of_sheet)
                if given[column] and added and given[column] != added:
                    heading = self.fields[column].heading.partition("（")[0]
                    of_sheet[0].warn(
                        column,
                        "total_differs",
                        _differ(f"合计行的{heading}", given[column], "各行相加", added),
                    )

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        programme = self._programme(row)
        schools, area = self._place(row)
        budget = {source.value: values[column] for column, source in SOURCES.items() if values[column]}
        told = self._check_money(row, budget)
        quantities = self._quantities(row, told)
        if row.errors:
            return
        row.found = NewProject(
            name=values["name"], kind=values["nature"] or ProjectKind.BUILD.value, programme=programme.pk, year=values["year"], area=area,
            schools=schools, budget=budget, quantities=quantities, starts_on=values["starts_on"], due_on=values["due_on"], document=values["document"] or "",
            note=values["remark"] or "", differs="".join(told),
        )  # fmt: skip

    def _programme(self, row: Row) -> Programme | None:
        name, year = row.values["programme"], row.values["year"]
        if not name:
            return None
        found = self.programmes.get(name)
        if found is None:
            row.reject(
                "programme",
                "value_unknown",
                f"没有叫“{name[:40]}”的建设规划；请先在“建设规划”里新建，或照已有的名称填写。",
            )
        elif year and not found.first_year <= year <= found.last_year:
            row.reject(
                "year", "value_unknown", f"“{found.name}”是 {found.years} 年的规划，没有 {year} 年；请核对。"
            )
        return found

    def _place(self, row: Row) -> tuple[tuple[int, ...], str]:
        words = [word.strip() for word in _APART.split(row.values["schools"] or "") if word.strip()]
        found = [self.books_of_schools.named(word) for word in words]
        if unknown := [word for word, school in zip(words, found, strict=True) if school is None]:
            row.reject(
                "schools",
                "school_unknown",
                f"没有叫“{'、'.join(unknown)[:60]}”的学校；请照学校名册填写名称或标识码。",
            )
        schools = [school for school in found if school]
        try:
            named = self.areas.find(row.values["township"], None)
        except AreaUnknown as unknown:
            row.reject("township", "area_unknown", str(unknown))
            return (), ""
        townships = {school.area[:9] for school in schools}
        area = named or (townships.pop() if len(townships) == 1 else self.county)
        return tuple(school.pk for school in schools), area

    def _check_money(self, row: Row, budget: dict[str, int]) -> list[str]:
        """Return what to keep of a total that its parts do not add up to."""
        total, parts = row.values["total_fen"], sum(budget.values())
        if total and not parts:
            row.reject(
                "total_fen",
                "sources_missing",
                "只有总投资，没有分资金来源；请把总投资分到各来源的列，来源不清楚的填在“其他资金”。",
            )
        elif total and total != parts:
            text = f"{_differ('总投资', total, '各来源相加', parts)}按各来源登记。"
            row.warn("total_fen", "total_differs", text)
            return [text]
        return []

    def _quantities(self, row: Row, told: list[str]) -> tuple[Quantity, ...]:
        values = row.values
        found = [
            Quantity(item, "平方米", Decimal(values[name])) for name, item in AREAS.items() if values[name]
        ]
        total, parts = Decimal(values["area"] or 0), sum((each.planned for each in found), Decimal(0))
        if total and found and total != parts:
            text = f"建筑面积 {total:,f} 平方米，各类用房相加 {parts:,f} 平方米；按各类用房登记。"
            row.warn("area", "total_differs", text)
            told.append(text)
        elif total and not found:
            found = [Quantity("建筑面积", "平方米", total)]
        found += [
            Quantity(item, unit, Decimal(values[name]))
            for name, (item, unit) in COUNTS.items()
            if values[name]
        ]
        if values["equipment_fen"]:
            found.append(Quantity("设备仪器价值", "元", Decimal(values["equipment_fen"]) / 100))
        return tuple(found)

    def key(self, row: Row):
        return (row.found.programme, row.found.year, row.found.name) if row.found else None

    def fingerprint(self, row: Row):
        return (
            row.found.total_fen,
            row.found.schools,
            tuple(sorted(row.found.budget.items())),
            row.found.quantities,
        )

    def look_up_records(self, rows, context: Context) -> None:
        wanted = {row.found.programme for row in rows if row.found}
        known = Project.objects.filter(programme__in=wanted).with_sums()
        self.known = {(project.programme_id, project.year, project.name): project for project in known}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.key)
        if known is None:
            return None
        if known.budget_fen != row.found.total_fen:
            told = _differ("已登记的预算", known.budget_fen, "文件里", row.found.total_fen)
            row.warn(
                "total_fen", "budget_differs", f"{told}没有改动；预算变动请在项目页下达预算或申请资金调剂。"
            )
        return []

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        register(by=by, projects=[row.found for row in created])


def _differ(first: str, one: int, second: str, other: int) -> str:
    """Both figures and what is between them, in 万元."""
    return f"{first} {wan(one)} 万元，{second} {wan(other)} 万元，相差 {wan(abs(one - other))} 万元；"
