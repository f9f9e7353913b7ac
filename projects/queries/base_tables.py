"""双月报基础表: its rows as they stand or as they were frozen, beside those of the table before."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from povertyedu.options.registry import options
from povertyedu.orgs.calendar import today
from projects.enums import ProjectState
from projects.models import (
    BaseTable,
    BaseTableRow,
    FundEntry,
    Period,
    PlanChange,
    ProgressReport,
    Project,
    ProjectDecision,
)

from .as_of import AsOf, in_plan, picture

MONEY = ("budget_fen", "arrived_fen", "contracted_fen", "paid_fen")
TABS = {
    "all": ("全部", Q()), "explain": ("需说明", ~Q(reasons="")), "changed": ("有变化", Q(has_changed=True)), "new": ("新列入", Q(is_new=True)),
}  # fmt: skip
# What figures are drawn from: where each of these has got to tells whether a table has to be drawn anew.
BOOKS = (FundEntry, ProgressReport, ProjectDecision, PlanChange, Project)


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
            if self.before.facts["due_on"] and row.facts["due_on"] > self.before.facts["due_on"]:
                found.append("计划竣工推迟")
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
        return list(table.rows.order_by("project_id"))
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


def compared(table: BaseTable, rows: Sequence[BaseTableRow], *, of_page: bool = False) -> list[Compared]:
    """Put each row beside that of the table before; two queries. ``of_page``: read only those of the few rows given."""
    last, before = table_before(table), {}
    if last:
        found = last.rows.filter(project__in=[row.project_id for row in rows]) if of_page else last.rows.all()
        before = {row.project_id: row for row in found}
    return [Compared(row, before.get(row.project_id), last is None) for row in rows]


def marked(table: BaseTable) -> list[BaseTableRow]:
    """Return the rows worked out, each with why words are asked for and whether it is new or has changed."""
    found = compared(table, rows_of(table))
    for each in found:
        row = each.row
        row.reasons, row.has_changed, row.is_new = "、".join(each.reasons), each.has_changed, each.is_new
    return [each.row for each in found]


def books_now() -> str:
    """Return where the books stand that figures are drawn from; one query."""
    newest = {
        f"book{number}": Subquery(book.objects.order_by("-pk").values("pk")[:1])
        for number, book in enumerate(BOOKS)
    }
    found = BaseTable.objects.order_by("pk").annotate(**newest).values_list(*newest)[:1]
    return " ".join(str(pk or 0) for pk in found[0]) if found else ""


def gone_since(table: BaseTable) -> list[BaseTableRow]:
    """Return what stood in the table before and is no longer listed."""
    last = table_before(table)
    return list(last.rows.exclude(project__in=table.rows.values("project"))) if last else []


def sums(table: BaseTable) -> dict:
    """Return what the rows kept add up to, how much more that is than before, and how many lack words; three queries."""
    adding = {name: Coalesce(Sum(name), 0) for name in MONEY}
    lacking = Count("pk", filter=~Q(reasons="") & Q(note=""))
    found = table.rows.aggregate(count=Count("pk"), lacking=lacking, **adding)
    last = table_before(table)
    before = last.rows.filter(project__in=table.rows.values("project")).aggregate(**adding) if last else {}
    return found | {f"{name}_grown": found[name] - before.get(name, 0) for name in MONEY}
