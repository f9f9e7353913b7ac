"""What is public of a year's projects: sums by source and programme and the list, by a whitelist of columns with nobody in it.

No contractor, no clerk, no names of persons; the schools that use a project answer for it (谁使用谁负责).
"""

import datetime as dt
from collections import defaultdict

from povertyedu.publicity.publications import Section
from projects.enums import DisclosureKind, FundSource
from projects.models import Project

from .as_of import AsOf, Money, in_plan, picture

RULES = (
    "资金实行专户管理、专款专用，按来源分别记账，任何单位和个人不得挤占、挪用。",
    "谁使用谁负责：使用单位对资金使用、项目进展和工程质量负责；每半年由教育、财政部门检查一次。",
)


def paragraphs_of(kind: str, year: int, on: dt.date, note: str) -> list[str]:
    said = "计划资金" if kind == DisclosureKind.PLAN else "进展和资金使用"
    first = f"现将{year}年学校建设与设备项目{said}予以公开，数字截至{on.year}年{on.month}月{on.day}日。"
    return [first, *RULES, *([note] if note else [])]


def sections_of(kind: str, year: int, on: dt.date) -> list[Section]:
    """Return the tables of ``year``'s projects as they stood on ``on``; a constant number of queries."""
    # a system serves one county (docs/adr/0003)
    rows = picture(in_plan(Project.objects.filter(year=year), on).order_by("area_id", "pk"), on)
    make = {DisclosureKind.PLAN: _plan_list, DisclosureKind.PROGRESS: _progress_list}[DisclosureKind(kind)]
    return [_by_source(kind, rows), _by_programme(kind, rows), make(rows)]


def _sums(kind: str, money: Money) -> list[int | None]:
    if kind == DisclosureKind.PLAN:
        return [money.budget_fen]
    share = money.paid_fen * 100 // money.budget_fen if money.budget_fen else None
    return [money.budget_fen, money.arrived_fen, money.paid_fen, share]


def _heads(kind: str) -> list[list[str]]:
    planned = [["计划资金", "money"]]
    return (
        planned
        if kind == DisclosureKind.PLAN
        else [*planned, ["到位", "money"], ["支付", "money"], ["支付率", "percent"]]
    )


def _by_source(kind: str, rows: list[AsOf]) -> Section:
    sums: dict[str, Money] = defaultdict(Money)
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        for source, money in row.money.items():
            sums[source] += money
            counts[source] += 1
    return {
        "title": "资金来源",
        "heads": [["资金来源", "text"], ["项目数", "int"], *_heads(kind)],
        "rows": [
            [source.label, counts[source], *_sums(kind, sums[source])]
            for source in FundSource
            if source in sums
        ],
        "total": ["合计", len(rows), *_sums(kind, sum(sums.values(), Money()))],
    }


def _by_programme(kind: str, rows: list[AsOf]) -> Section:
    groups: dict[str, list[AsOf]] = defaultdict(list)
    for row in rows:
        groups[row.project.programme.name].append(row)
    built = [] if kind == DisclosureKind.PLAN else [["已竣工", "int"]]
    lines = [
        [
            name,
            len(group),
            *([_built(group)] if built else []),
            *_sums(kind, sum((row.total for row in group), Money())),
        ]
        for name, group in sorted(groups.items())
    ]
    total = sum((row.total for row in rows), Money())
    return {
        "title": "建设规划",
        "heads": [["建设规划", "text"], ["项目数", "int"], *built, *_heads(kind)],
        "rows": lines,
        "total": ["合计", len(rows), *([_built(rows)] if built else []), *_sums(kind, total)],
    }


def _built(rows: list[AsOf]) -> int:
    return sum(1 for row in rows if row.finished_on)


def _user_of(row: AsOf) -> str:
    """Return who uses the project and answers for it: its schools, else its township or county."""
    return "、".join(row.schools) or row.project.area.name


def _plan_list(rows: list[AsOf]) -> Section:
    heads = [
        ["项目", "text"], ["建设规划", "text"], ["地点", "text"], ["使用（责任）单位", "text"], ["建设内容", "text"], ["计划竣工", "text"],
        ["资金来源", "text"], ["计划资金", "money"],
    ]  # fmt: skip
    lines = [
        [
            row.project.name, row.project.programme.name, row.project.area.name, _user_of(row), row.content, str(row.due_on or ""),
            "、".join(label for label, money in row.sources if money.budget_fen), row.total.budget_fen,
        ]
        for row in rows
    ]  # fmt: skip
    total = sum((row.total for row in rows), Money())
    return {
        "title": "项目清单", "heads": heads, "rows": lines,
        "total": ["合计", "", "", "", "", "", "", total.budget_fen],
    }  # fmt: skip


def _progress_list(rows: list[AsOf]) -> Section:
    heads = [
        ["项目", "text"], ["地点", "text"], ["使用（责任）单位", "text"], ["状态", "text"], ["形象进度", "percent"], ["计划竣工", "text"],
        ["实际竣工", "text"], ["计划资金", "money"], ["到位", "money"], ["支付", "money"],
    ]  # fmt: skip
    lines = [
        [
            row.project.name, row.project.area.name, _user_of(row), row.state_words, row.percent, str(row.due_on or ""),
            str(row.finished_on or ""), row.total.budget_fen, row.total.arrived_fen, row.total.paid_fen,
        ]
        for row in rows
    ]  # fmt: skip
    total = sum((row.total for row in rows), Money())
    return {
        "title": "项目清单", "heads": heads, "rows": lines,
        "total": ["合计", "", "", "", None, "", "", total.budget_fen, total.arrived_fen, total.paid_fen],
    }  # fmt: skip
