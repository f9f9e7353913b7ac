"""控辍个案台账: the cases of a list as a workbook, with the duty of each line; why a child is away is not in it."""

from typing import Any

from django.utils import timezone

from dropout.enums import Line
from dropout.models import Case, Duty
from povertyedu.options.registry import option
from povertyedu.workbooks.writing import LedgerColumn, write_table
from povertyedu.workflow.flow import Actor
from students.queries import area_names

COLUMNS = (
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


def write_cases(rows, out, *, words: str, by: Actor) -> int:
    """Write ``rows`` (cases) to ``out`` in the order of school and household; return how many."""
    cases = list(rows.with_child().order_by("school_area", "school__name", "grade", "home_area", "pk"))
    homes = area_names(case.home_area for case in cases)
    duties: dict[int, dict[str, Duty]] = {}
    for duty in Duty.objects.open().filter(case__in=rows.values("pk")).select_related("person"):
        duties.setdefault(duty.case_id, {})[duty.line] = duty
    write_table(
        out, COLUMNS, (_line(n, case, homes, duties.get(case.pk, {})) for n, case in enumerate(cases, 1)),
        title=f"{option('county_name')}控辍个案台账", name="控辍个案", unit_line=words,
        right_line=f"{by.name} {timezone.localtime():%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return len(cases)


def _line(number: int, case: Case, homes: dict[str, str], duties: dict[str, Duty]) -> list[Any]:
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
        number, case.student.name, str(case.school or ""), case.class_name, homes.get(case.home_area, ""), case.get_kind_display(),
        case.get_origin_display(), _day(case.since), _day(case.opened_on), case.get_state_display(), *lines,
        "是" if late else "", _day(case.returned_on), _day(case.closed_on),
    ]  # fmt: skip


def _day(day) -> str:
    return f"{day or ''}"
