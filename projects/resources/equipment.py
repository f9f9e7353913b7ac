"""设备采购清单 and 学校资产: who gets how many of what at which price; what schools had before the ledger began."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import known_value_words, one_of, short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.reading import Arrangement
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.imports.totals import WithTotals
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.ui.numerals import yuan
from povertyedu.workbooks.columns import Column
from povertyedu.workbooks.dates import clean_date
from povertyedu.workflow.flow import Actor
from projects.actions.assets import OldStock, register_stock
from projects.actions.purchases import NewItem, NewPurchase, draw_up, extend
from projects.enums import EquipmentKind, PurchaseState
from projects.models import Asset, Project, Purchase, PurchaseShare

from .units import clean_count, clean_money, told_apart

KIND_WORDS = {kind.label: kind.value for kind in EquipmentKind} | {
    "电脑": "computers", "学生计算机": "computers", "教师计算机": "computers", "课桌凳": "desks", "学生课桌椅": "desks", "床": "beds", "床位": "beds", "学生床": "beds",
    "设备": "instruments", "仪器": "instruments", "设备仪器": "instruments", "教学设备": "instruments", "实验仪器": "instruments", "炊具": "kitchen", "厨房设备": "kitchen",
}  # fmt: skip
clean_kind = one_of(KIND_WORDS, "类别")
# Columns that both kinds have.
SCHOOL = partial(
    Column,
    "学校",
    aliases=("学校名称", "学校标识码", "收货学校"),
    required=True,
    clean=short_text(80),
    width=26,
    as_text=True,
)
SORT = partial(
    Column,
    "类别",
    aliases=("设备类别", "种类"),
    required=True,
    clean=clean_kind,
    choices=known_value_words(KIND_WORDS),
)
NAME = partial(
    Column, "品名", aliases=("设备名称", "名称", "物品名称"), required=True, clean=short_text(40), width=18
)
MODEL = partial(Column, "规格型号", aliases=("型号", "规格"), clean=short_text(60), width=16, as_text=True)
UNIT = partial(Column, "单位", aliases=("计量单位",), required=True, clean=short_text(10))
PRICE = partial(
    Column,
    "单价（元）",
    aliases=("单价",),
    required=True,
    clean=clean_money,
    width=12,
    note="表头写明元或万元",
)


class _OfSchool(ImportResource):
    """What both kinds have: a school by name or code, a whole number of things at a price."""

    needs_term = False
    key_column = "school"

    def arrange(self, sheet, header) -> Arrangement:
        """Have each number told with the unit of its heading."""
        change = told_apart(sheet, header, money=self.money, measured=["quantity"])
        return Arrangement(header, change=change)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()

    def _school(self, row: Row, context: Context):
        word = row.values["school"]
        school = self.schools.named(word)
        if word and not school:
            row.reject(
                "school", "school_unknown", f"没有叫“{word[:40]}”的学校；请照学校名册填写名称或标识码。"
            )
        elif school and context.schools is not None and school.pk not in context.schools:
            row.reject("school", "out_of_scope", "不是您管理的学校，不能登记它的设备。")
        return school

    def _number(self, row: Row) -> int:
        number = Decimal(row.values["quantity"] or 0)
        if row.values["quantity"] and (number != int(number) or not 0 < number < 10**8):
            row.reject("quantity", "number_invalid", f"数量“{row.values['quantity']}”应为整数；请核对。")
        return int(number)


@dataclass(frozen=True)
class Line:
    """One row of a list: so many of an item for a school."""

    title: str
    project: int | None
    supplier: str
    item: tuple[str, str]  # name, model
    kind: str
    unit: str
    price_fen: int
    school: int
    quantity: int


class PurchaseResource(WithTotals, _OfSchool):
    """Purchase lists with their shares, a draft each. A list that left its draft is not changed by a file."""

    kind = "purchases"
    label = "设备采购清单"
    permission = Permission.MANAGE_PROJECTS
    preview = ("title", "school", "name", "quantity", "price_fen", "amount_fen")
    conflict_message = "同一清单、同一学校、同一品名型号在文件里出现了两次，数量不同；请合并成一行。"
    note = "一行一所学校的一种设备。同名的清单合成一张，数量按学校相加；金额与数量乘单价不等的，提醒两个数，按数量乘单价登记。"
    money = ("price_fen", "amount_fen")

    title = Column(
        "清单名称", aliases=("采购清单", "清单", "采购项目"), required=True, clean=short_text(80), width=24
    )
    project = Column(
        "项目编号",
        aliases=("建设项目编号", "项目代码"),
        clean=short_text(20),
        as_text=True,
        note="用项目资金买的填",
    )
    school = SCHOOL()
    sort = SORT()
    name = NAME()
    model = MODEL()
    unit = UNIT()
    quantity = Column("数量", aliases=("分配数", "采购数量"), required=True, clean=clean_count)
    price_fen = PRICE()
    amount_fen = Column("金额（元）", aliases=("金额", "总价", "小计"), clean=clean_money, width=14)
    supplier = Column("供应商", aliases=("供货单位", "中标单位"), clean=short_text(80), width=20)

    def look_up(self, rows, context: Context) -> None:
        super().look_up(rows, context)
        self.county = (
            Area.objects.filter(level="county").order_by("code").values_list("code", flat=True).first()
        )
        wanted = {row.values["project"] for row in rows if row.values["project"]}
        self.projects = {
            code: (pk, area) for code, pk, area in Project.objects.standing().filter(code__in=wanted).values_list("code", "pk", "area_id")
        }  # fmt: skip
        self.first: dict[tuple, tuple] = {}  # list, name, model -> kind, unit, price of its first row
        self.of_list: dict[str, int | None] = {}
        for total, of_sheet in self.totals_told(rows):
            given = total["amount_fen"]
            added = sum(
                int(Decimal(row.values["quantity"] or 0) * (row.values["price_fen"] or 0)) for row in of_sheet
            )
            if given and added and given != added:
                told = f"合计行的金额 {yuan(given)} 元，各行相加 {yuan(added)} 元，相差 {yuan(abs(given - added))} 元；按各行登记。"
                of_sheet[0].warn("amount_fen", "total_differs", told)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        school, number = self._school(row, context), self._number(row)
        project = self._project(row)
        self._same_item(row)
        cost = number * (values["price_fen"] or 0)
        if values["amount_fen"] and cost and values["amount_fen"] != cost:
            told = f"金额写 {yuan(values['amount_fen'])} 元，数量乘单价是 {yuan(cost)} 元，相差 {yuan(abs(cost - values['amount_fen']))} 元；按数量乘单价登记。"
            row.warn("amount_fen", "total_differs", told)
        if not row.errors:
            row.found = Line(
                values["title"], project, values["supplier"] or "", (values["name"], values["model"] or ""), values["sort"], values["unit"],
                values["price_fen"], school.pk, number,
            )  # fmt: skip

    def _project(self, row: Row) -> int | None:
        code, name = row.values["project"], row.values["title"]
        if code and code not in self.projects:
            row.reject(
                "project", "value_unknown", f"没有编号为“{code[:20]}”的项目；请核对“项目管理”里的编号。"
            )
            return None
        pk = self.projects[code][0] if code else None
        if name and self.of_list.setdefault(name, pk) != pk:
            row.reject(
                "project",
                "value_conflict",
                f"清单“{name[:40]}”前面的行写的是另一个项目；一张清单只属于一个项目。",
            )
        return pk

    def _same_item(self, row: Row) -> None:
        """Hold a row whose item has another kind, unit or price than before: one line of a list has one price."""
        values = row.values
        said = (values["sort"], values["unit"], values["price_fen"])
        if None in said or not values["name"]:
            return
        first = self.first.setdefault((values["title"], values["name"], values["model"] or ""), said)
        if first != said:
            told = f"“{values['name']}”前面写的是 {EquipmentKind(first[0]).label}、{first[1]}、单价 {yuan(first[2])} 元，这里不同；不同的型号请写不同的规格型号。"
            row.reject("price_fen", "value_conflict", told)

    def key(self, row: Row):
        return (row.found.title, row.found.item, row.found.school) if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        names = {row.found.title for row in rows if row.found}
        self.known = {purchase.name: purchase for purchase in Purchase.objects.filter(name__in=names)}
        shares = PurchaseShare.objects.filter(item__purchase__name__in=names)
        self.shares, self.items = {}, {}
        for name, item, model, price, school, quantity in shares.values_list(
            "item__purchase__name", "item__name", "item__model", "item__price_fen", "school", "quantity"
        ):
            self.shares[name, (item, model), school] = quantity
            self.items[name, (item, model)] = price

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        line, known = row.found, self.known.get(row.found.title)
        if known is None:
            return None
        price = self.items.get((line.title, line.item))
        if price is not None and price != line.price_fen:
            row.reject(
                "price_fen",
                "value_conflict",
                f"清单上这一项单价是 {yuan(price)} 元；请核对，或在清单页上修改。",
            )
            return None
        there = self.shares.get(row.key)
        if there == line.quantity:
            return []
        if there is not None or known.state != PurchaseState.DRAFT:
            state = known.get_state_display()
            row.reject(
                "title",
                "exists",
                f"已有清单“{known.name}”（{state}），内容和这一行不同；改动请在清单页上办理。",
            )
        return None

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        lists: dict[str, list[Line]] = defaultdict(list)
        for row in created:
            lists[row.found.title].append(row.found)
        for name in [name for name in lists if name in self.known]:
            extend(by=by, purchase=self.known[name], items=_items(lists.pop(name)))
        draw_up(by=by, lists=[self._purchase(name, lines) for name, lines in lists.items()])

    def _purchase(self, name: str, lines: list[Line]) -> NewPurchase:
        areas = dict(self.projects.values())
        supplier = next((line.supplier for line in lines if line.supplier), "")
        project = lines[0].project
        return NewPurchase(
            name, areas.get(project) or self.county, project, supplier, items=tuple(_items(lines))
        )


def _items(lines: list[Line]) -> list[NewItem]:
    """Put the rows of one list together, item by item."""
    found: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        found[line.item].append(line)
    return [
        NewItem(
            kind=of[0].kind, name=name, model=model, unit=of[0].unit, price_fen=of[0].price_fen, quantity=sum(line.quantity for line in of),
            shares={line.school: line.quantity for line in of},
        )
        for (name, model), of in found.items()
    ]  # fmt: skip


class AssetResource(_OfSchool):
    """Old stock of schools. A card that is there is left alone: it changes by decisions only."""

    kind = "school-assets"
    label = "学校资产"
    permission = Permission.KEEP_ASSETS
    preview = ("school", "code", "name", "quantity", "price_fen", "acquired_on")
    conflict_message = "同一学校的同一资产编号在文件里出现了两次，内容不同；请核对后只保留正确的一行。"
    note = "只登记台账建立以前就有的；采购的验收后自动入账。学校填报的现状不因此改变。"
    money = ("price_fen",)

    school = SCHOOL()
    code = Column(
        "资产编号", aliases=("编号", "卡片编号"), required=True, clean=short_text(30), as_text=True, width=14
    )
    sort = SORT()
    name = NAME()
    model = MODEL()
    unit = UNIT()
    quantity = Column("数量", aliases=("在册数", "实有数"), required=True, clean=clean_count)
    price_fen = PRICE()
    acquired_on = Column(
        "取得日期", aliases=("购置日期", "购入日期", "入账日期"), required=True, clean=clean_date, width=12
    )
    place = Column("存放地点", aliases=("地点", "存放处"), clean=short_text(60), width=14)
    document = Column("依据", aliases=("凭证", "来源"), clean=short_text(80), width=18)

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        school, number = self._school(row, context), self._number(row)
        if values["acquired_on"] and values["acquired_on"] > today():
            row.reject("acquired_on", "date_invalid", "取得日期不能晚于今天；请核对。")
        if not row.errors:
            row.found = OldStock(
                school.pk, values["code"], values["sort"], values["name"], values["unit"], number, values["price_fen"], values["acquired_on"],
                values["model"] or "", values["place"] or "", values["document"] or "",
            )  # fmt: skip

    def key(self, row: Row):
        return (row.found.school, row.found.code) if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        schools = {row.found.school for row in rows if row.found}
        cards = Asset.objects.filter(school__in=schools).values_list("school", "code", "name", "price_fen")
        self.cards = {(school, code): (name, price) for school, code, name, price in cards}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.cards.get(row.key)
        if known is None:
            return None
        if known != (row.found.name, row.found.price_fen):
            told = f"台账上这个编号是“{known[0]}”、单价 {yuan(known[1])} 元，和这一行不同；没有改动，请核对编号。"
            row.warn("code", "card_differs", told)
        return []

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        register_stock(by=by, rows=[row.found for row in created])
