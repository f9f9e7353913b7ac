"""The ledgers and the handover list as workbooks."""

from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table
from students.queries import area_names

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    LedgerColumn("姓名", width=10), LedgerColumn("出生日期", width=12), LedgerColumn("学校", width=22), LedgerColumn("年级班级", width=14),
    LedgerColumn("户籍地", width=20), LedgerColumn("重点群体", width=20), LedgerColumn("情形", width=10), LedgerColumn("依据", width=22),
    LedgerColumn("处理", width=10), LedgerColumn("说明", width=24), LedgerColumn("处理人", width=10),
)  # fmt: skip
HANDOVER = (
    LedgerColumn("小学", width=22), LedgerColumn("班级", width=10), LedgerColumn("姓名", width=10), LedgerColumn("户籍地", width=20),
    LedgerColumn("是否接到", width=10), LedgerColumn("现在的学校", width=22),
)  # fmt: skip


def ledger_workbook(rows, *, title: str, words: str, by: str) -> bytes:
    """Return ``rows`` (screening rows) as an .xlsx; streamed, two queries."""
    names = area_names(rows.order_by().values_list("home_area", flat=True).distinct())
    found = rows.select_related("school", "school_class").order_by("school_area", "school_id", "pk")
    return _written(COLUMNS, (_line(row, names) for row in found.iterator(chunk_size=1000)), title, words, by)


def _line(row, names: dict[str, str]) -> list[str]:
    why = f"{row.get_explained_as_display()} {row.reason}" if row.explained_as else ""
    return [
        row.name, str(row.birth_date or ""), row.school.name if row.school else "", f"{row.grade_name}{row.school_class.name if row.school_class else ''}",
        names.get(row.home_area, ""), "、".join(row.category_labels), row.get_standing_display(), row.get_ground_display(), row.get_follow_up_display(),
        why, row.followed_by,
    ]  # fmt: skip


def handover_workbook(rows, arrived: dict, *, title: str, by: str) -> bytes:
    """Return last year's sixth grade as an .xlsx; ``arrived``: enrolment key -> the enrolment of this year."""
    names = area_names(row.home_area for row in rows)
    lines = (
        [
            row.school.name, row.school_class.name if row.school_class else "", row.student.name, names.get(row.home_area, ""),
            "接到" if row.arrived_at else "没有接到", _where(arrived.get(row.arrived_at)),
        ]
        for row in rows
    )  # fmt: skip
    return _written(HANDOVER, lines, title, "", by)


def _where(seat) -> str:
    return "" if seat is None else seat.school.name if seat.school else seat.outside_school


def _written(columns, lines, title: str, words: str, by: str) -> bytes:
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out,
        columns,
        lines,
        title=title,
        name="台账",
        unit_line=f"筛选条件：{words or '全部'}",
        right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )
    return out.getvalue()
