"""办学条件缺口: what schools lack, one line an item."""

from decimal import Decimal

from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.places import SchoolBook
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.cells import clean_yes_no
from povertyedu.workbooks.columns import Column
from povertyedu.workflow.flow import Actor
from projects.actions.gaps import NewGap, report
from projects.enums import GapOrigin
from projects.models import Gap

from .units import clean_count


class GapResource(ImportResource):
    """Gaps by school and item. One that stands on the list already is left alone."""

    kind = "school-gaps"
    label = "办学条件缺口"
    permission = Permission.REPORT_NEEDS
    needs_term = False
    preview = ("school", "item", "needed", "present", "short", "hazard")
    key_column = "school"
    note = "一行一所学校的一项。缺口 = 应有 − 现有；填了缺口而对不上的会提醒两个数，按应有、现有登记。"

    school = Column(
        "学校",
        aliases=("学校名称", "学校标识码"),
        required=True,
        clean=short_text(80),
        width=26,
        as_text=True,
    )
    item = Column(
        "内容", aliases=("缺口内容", "项目", "缺口项目"), required=True, clean=short_text(40), width=18
    )
    unit = Column("单位", aliases=("计量单位",), required=True, clean=short_text(10))
    needed = Column("应有", aliases=("应有数", "标准数"), required=True, clean=clean_count)
    present = Column("现有", aliases=("现有数",), clean=clean_count, note="没有的填 0 或不填")
    short = Column("缺口", aliases=("缺口数", "短缺数"), clean=clean_count)
    hazard = Column(
        "安全隐患", aliases=("危房", "是否危房", "是否安全隐患"), clean=clean_yes_no, choices=("是", "否")
    )
    remark = Column("说明", aliases=("备注",), clean=short_text(200), width=24)

    def look_up(self, rows, context: Context) -> None:
        self.schools = SchoolBook()

    def examine(self, row: Row, context: Context) -> None:
        values = row.values
        word = values["school"]
        school = self.schools.named(word)
        if word and not school:
            row.reject(
                "school", "school_unknown", f"没有叫“{word[:40]}”的学校；请照学校名册填写名称或标识码。"
            )
        elif school and context.schools is not None and school.pk not in context.schools:
            row.reject("school", "out_of_scope", "不是您管理的学校，不能填报它的缺口。")
        needed, present = Decimal(values["needed"] or 0), Decimal(values["present"] or 0)
        if values["needed"] and needed <= present:
            row.reject("needed", "number_invalid", "应有数不大于现有数，没有缺口；请核对。")
        if values["short"] and Decimal(values["short"]) != needed - present:
            told = f"缺口写 {values['short']}，应有减现有是 {(needed - present).normalize():f}；按应有、现有登记。"
            row.warn("short", "total_differs", told)
        if not row.errors:
            row.found = NewGap(
                school.pk,
                values["item"],
                values["unit"],
                needed,
                present,
                bool(values["hazard"]),
                values["remark"] or "",
            )

    def key(self, row: Row):
        return (row.found.school, row.found.item) if row.found else None

    def fingerprint(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        schools = {row.found.school for row in rows if row.found}
        self.standing = set(Gap.objects.standing().filter(school__in=schools).values_list("school", "item"))

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        return [] if row.key in self.standing else None

    def write(self, created, updated, context: Context) -> None:
        by = context.by.as_actor(self.permission) if context.by else Actor(None, context.by_name, "")
        report(by=by, gaps=[row.found for row in created], origin=GapOrigin.IMPORTED)
