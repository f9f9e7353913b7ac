"""The lists of dropout control as workbooks: streamed, a thousand children in memory, for who waits or by a job."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from dropout.enums import Line
from dropout.models import Case, Duty, Screening
from dropout.queries.warnings import with_children
from povertyedu.jobs.made import Made
from povertyedu.jobs.progress import NO_PROGRESS, counted
from povertyedu.options.registry import option
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import LedgerColumn, write_table
from students.models import Enrolment
from students.queries import READINGS, area_names

CHUNK = 1000
WARNINGS = (
    LedgerColumn("姓名", width=10), LedgerColumn("学校", width=22), LedgerColumn("班级", width=14), LedgerColumn("等级", width=8),
    LedgerColumn("得分", width=8), LedgerColumn("为什么预警", width=70), LedgerColumn("从", width=12), LedgerColumn("此前得分", width=10),
)  # fmt: skip
LEDGER = (
    LedgerColumn("姓名", width=10), LedgerColumn("出生日期", width=12), LedgerColumn("学校", width=22), LedgerColumn("年级班级", width=14),
    LedgerColumn("户籍地", width=20), LedgerColumn("重点群体", width=20), LedgerColumn("情形", width=10), LedgerColumn("依据", width=22),
    LedgerColumn("处理", width=10), LedgerColumn("说明", width=24), LedgerColumn("处理人", width=10),
)  # fmt: skip
CASES = (
    LedgerColumn("序号", "int", width=6), LedgerColumn("姓名", width=10), LedgerColumn("学校", width=22), LedgerColumn("年级班级", width=14),
    LedgerColumn("户籍地", width=20), LedgerColumn("类别", width=10), LedgerColumn("来源", width=12), LedgerColumn("离校日期", width=12),
    LedgerColumn("建案日期", width=12), LedgerColumn("状态", width=12),
    *(
        LedgerColumn(f"{line}{heading}", width=width)
        for line in Line.labels
        for heading, width in (("任务", 18), ("责任人", 10), ("电话", 14), ("期限", 12))
    ),
    LedgerColumn("逾期", width=8), LedgerColumn("返校日期", width=12), LedgerColumn("销号日期", width=12),
)  # fmt: skip
HANDOVER = (
    LedgerColumn("小学", width=22), LedgerColumn("班级", width=10), LedgerColumn("姓名", width=10), LedgerColumn("户籍地", width=20),
    LedgerColumn("是否接到", width=10), LedgerColumn("现在的学校", width=22),
)  # fmt: skip
UNITS = {"warnings": "人", "ledger": "人", "cases": "件", "handover": "人"}


def write_list(
    out, which: str, rows: QuerySet, *, name: str, words: str, subject: Any, reading: str, by: str, progress=NO_PROGRESS
) -> Made:  # fmt: skip
    """Write ``rows`` of a list (a key of :data:`WRITERS`) to ``out``, in the list's own order; the caller leaves the AccessEvent."""
    columns, lines_of, title_of = WRITERS[which]
    count, at = rows.order_by().count(), timezone.localtime()
    write_table(
        out, columns, counted(lines_of(rows, subject), progress, count), title=title_of(name, subject, reading), name=name,
        unit_line=f"筛选条件：{words or '全部'}", right_line=f"共 {count:,} {UNITS[which]}，{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return Made(f"{name}{at:%Y%m%d}.xlsx", f"{name} {count} {UNITS[which]}；{words or '全部'}"[:200])


def _by_thousand(rows: Iterator) -> Iterator[list]:
    while some := list(islice(rows, CHUNK)):
        yield some


def _warnings(rows: QuerySet, term: Term) -> Iterator[list]:
    for some in _by_thousand(rows.order_by("-points", "pk").iterator(chunk_size=CHUNK)):
        for score, child, before in with_children(some, term):
            yield [
                child.student.name, str(child.school or ""), str(child.school_class or child.grade_name), score.get_level_display(),
                str(score.points), "；".join(item["words"] for item in score.items), f"{score.since}", str(before.points) if before else "",
            ]  # fmt: skip


def _ledger(rows: QuerySet, screening: Screening) -> Iterator[list]:
    names = area_names(rows.order_by().values_list("home_area", flat=True).distinct())
    found = rows.select_related("school", "school_class").order_by("school_area", "school_id", "pk")
    for row in found.iterator(chunk_size=CHUNK):
        why = f"{row.get_explained_as_display()} {row.reason}" if row.explained_as and row.is_worked else ""
        yield [
            row.name, str(row.birth_date or ""), row.school.name if row.school else "",
            f"{row.grade_name}{row.school_class.name if row.school_class else ''}", names.get(row.home_area, ""), "、".join(row.category_labels),
            row.get_standing_display(), row.get_ground_display(), row.get_follow_up_display(), why, row.followed_by,
        ]  # fmt: skip


def _cases(rows: QuerySet, subject: Any) -> Iterator[list]:
    names = area_names(rows.order_by().values_list("home_area", flat=True).distinct())
    number, found = 0, rows.with_child().order_by("school_area", "school__name", "grade", "home_area", "pk")
    for some in _by_thousand(found.iterator(chunk_size=CHUNK)):
        duties: dict[int, dict[str, Duty]] = {}
        for duty in Duty.objects.open().filter(case__in=some).select_related("person"):
            duties.setdefault(duty.case_id, {})[duty.line] = duty
        for case in some:
            number += 1
            yield _case(number, case, names, duties.get(case.pk, {}))


def _case(number: int, case: Case, names: dict[str, str], duties: dict[str, Duty]) -> list:
    """Return one case; why the child is away is not in it."""
    lines: list[Any] = []
    for line in Line.values:
        duty = duties.get(line)
        if duty is None:
            lines += ["", "", "", ""]
            continue
        person = duty.person
        lines += [
            duty.text,
            person.name if person else "县教育局",
            person.phone if person else "",
            _day(duty.due_on),
        ]
    late = any(duty.is_overdue for duty in duties.values())
    return [
        number, case.student.name, str(case.school or ""), case.class_name, names.get(case.home_area, ""), case.get_kind_display(),
        case.get_origin_display(), _day(case.since), _day(case.opened_on), case.get_state_display(), *lines,
        "是" if late else "", _day(case.returned_on), _day(case.closed_on),
    ]  # fmt: skip


def _day(day) -> str:
    return f"{day or ''}"


def _handover(rows: QuerySet, term: Term) -> Iterator[list]:
    names = area_names(rows.order_by().values_list("home_area", flat=True).distinct())
    found = rows.select_related("student", "school", "school_class").order_by(
        "school_area", "school_id", "pk"
    )
    for some in _by_thousand(found.iterator(chunk_size=CHUNK)):
        now = Enrolment.objects.select_related("school").in_bulk(
            [row.arrived_at for row in some if row.arrived_at]
        )
        for row in some:
            seat = now.get(row.arrived_at)
            yield [
                row.school.name, row.school_class.name if row.school_class else "", row.student.name, names.get(row.home_area, ""),
                "接到" if row.arrived_at else "没有接到", "" if seat is None else seat.school.name if seat.school else seat.outside_school,
            ]  # fmt: skip


WRITERS: dict[str, tuple[tuple[LedgerColumn, ...], Callable, Callable]] = {
    "warnings": (WARNINGS, _warnings, lambda name, term, reading: f"{term} {name}"),
    "ledger": (
        LEDGER,
        _ledger,
        lambda name, it, reading: f"{it.term} {name}（{it.on}，{READINGS[reading]}）",
    ),
    "cases": (CASES, _cases, lambda name, it, reading: f"{option('county_name')}{name}"),
    "handover": (HANDOVER, _handover, lambda name, term, reading: f"{term} {name}"),
}
