"""双月报基础表: its rows as they stand or as they were frozen, beside those of the table before."""

from dataclasses import dataclass

from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from projects.enums import ProjectState
from projects.models import BaseTable, BaseTableRow, Period, Project

from .as_of import AsOf, in_plan, picture

MONEY = ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")
TABS = {"all": "全部", "explain": "需说明", "changed": "有变化", "new": "新列入"}


@dataclass
class Compared:
    """A row beside the same project's in the table before; ``before`` is None for a project that was not in it."""

    row: BaseTableRow
    before: BaseTableRow | None
    is_first_table: bool

    @property
    def is_new(self) -> bool:
        return self.before is None and not self.is_first_table

    def grown(self, name: str) -> int:
        return getattr(self.row, name) - (getattr(self.before, name) if self.before else 0)

    @property
    def percent_grown(self) -> int:
        return self.grown("percent")

    @property
    def arrived_grown(self) -> int:
        return self.grown("arrived_fen")

    @property
    def paid_grown(self) -> int:
        return self.grown("paid_fen")

    @property
    def budget_grown(self) -> int:
        return self.grown("budget_fen")

    @property
    def state_before(self) -> str:
        """The state it had, where it has another now."""
        return self.before.get_state_display() if self.before and self.before.state != self.row.state else ""

    @property
    def has_changed(self) -> bool:
        return bool(self.before) and (
            bool(self.state_before) or any(self.grown(name) for name in (*MONEY, "percent"))
        )

    @property
    def reasons(self) -> list[str]:
        """Why words are asked for: figures that fell, work that stands or is late."""
        row, found = self.row, []
        if self.before:
            if self.percent_grown < 0:
                found.append("进度比上期低")
            found += [
                f"{label}比上期少"
                for name, label in zip(MONEY, ("预算", "到位", "合同", "支付"), strict=True)
                if self.grown(name) < 0
            ]
            if row.state == ProjectState.UNDER_WAY and not self.percent_grown:
                found.append("两个月没有进展")
        if row.is_late:
            found.append("超期")
        if row.state == ProjectState.HALTED:
            found.append("停工")
        return found

    @property
    def lacks_words(self) -> bool:
        return bool(self.reasons) and not self.row.note


def period_begun() -> Period:
    """Return the period whose table is the newest to be made out today, by the county's options."""
    chosen = options("project_report_months", "project_report_day")
    return Period.begun_by(
        today(), odd=chosen["project_report_months"] == "单月", day=chosen["project_report_day"]
    )


def rows_of(table: BaseTable) -> list[BaseTableRow]:
    """Return the rows in the order of projects: frozen ones as kept, else worked out with the notes written so far."""
    if table.is_frozen:
        return list(table.rows.order_by("project"))
    notes = dict(table.rows.values_list("project", "note"))
    # a system serves one county (docs/adr/0003)
    found = picture(in_plan(Project.objects.order_by("pk"), table.last), table.last)
    return [_row(table, each, notes.get(each.project.pk, "")) for each in found]


def _row(table: BaseTable, of: AsOf, note: str) -> BaseTableRow:
    it = of.project
    days = {
        name: str(getattr(of, name) or "") for name in ("starts_on", "due_on", "started_on", "finished_on")
    }
    facts = {
        "code": it.code, "name": it.name, "programme": it.programme.name, "year": it.year, "area": it.area.name,
        "schools": "、".join(of.schools), "kind": it.get_kind_display(), "content": of.content, "content_done": of.content_done,
    }  # fmt: skip
    return BaseTableRow(
        table=table, project=it, facts=facts | days, state=of.state, percent=of.percent, is_late=of.is_late, note=note,
        by_source={source: list(money.as_dict().values()) for source, money in of.money.items()}, **of.total.as_dict(),
    )  # fmt: skip


def table_before(table: BaseTable) -> BaseTable | None:
    """Return the last table that was handed in for earlier months."""
    return (
        BaseTable.objects.frozen().filter(area=table.area_id, last__lt=table.last).order_by("-last").first()
    )


def compared(table: BaseTable, rows: list[BaseTableRow]) -> list[Compared]:
    """Put each row beside that of the table before; two queries."""
    last = table_before(table)
    before = {row.project_id: row for row in last.rows.all()} if last else {}
    return [Compared(row, before.get(row.project_id), last is None) for row in rows]


def gone_since(table: BaseTable, rows: list[BaseTableRow]) -> list[BaseTableRow]:
    """Return what stood in the table before and is no longer listed."""
    last = table_before(table)
    here = {row.project_id for row in rows}
    return [row for row in last.rows.all() if row.project_id not in here] if last else []


def of_tab(rows: list[Compared], tab: str) -> list[Compared]:
    keeps = {
        "all": lambda each: True, "explain": lambda each: bool(each.reasons), "changed": lambda each: each.has_changed,
        "new": lambda each: each.is_new,
    }[tab]  # fmt: skip
    return [each for each in rows if keeps(each)]


def sums(rows: list[Compared]) -> dict:
    """Return what the rows add up to, and how much more that is than before."""
    found = {name: sum(getattr(each.row, name) for each in rows) for name in MONEY}
    grown = {f"{name}_grown": sum(each.grown(name) for each in rows) for name in MONEY}
    return found | grown | {"count": len(rows)}
