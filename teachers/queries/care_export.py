"""Insurances, checks and candidates of a round as workbooks, in the columns they are imported by."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table
from teachers.models import TiltEntry, TiltList

INSURANCE_COLUMNS = (
    LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("学校", width=26), LedgerColumn("种类", width=14),
    LedgerColumn("缴纳起始", "date", width=12), LedgerColumn("停缴日期", "date", width=12), LedgerColumn("说明", width=24),
)  # fmt: skip
CHECK_COLUMNS = (
    LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("学校", width=26), LedgerColumn("年度", "int", width=8),
    LedgerColumn("通知日期", "date", width=12), LedgerColumn("体检机构", width=20), LedgerColumn("体检日期", "date", width=12),
    LedgerColumn("没有体检的原因", width=24),
)  # fmt: skip
TILT_COLUMNS = (
    LedgerColumn("次序", "int", width=7), LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("名称", width=24),
    LedgerColumn("年度", "int", width=8), LedgerColumn("乡村任教（月）", "int", width=12), LedgerColumn("评分", width=9), LedgerColumn("乡村加分", width=9),
    LedgerColumn("合计", width=9), LedgerColumn("结果", width=10),
)  # fmt: skip


def insurances_workbook(rows, *, words: str, by: str) -> bytes:
    """Return insurances of teachers read with their posts, running and ended; no column tells an amount."""
    lines = (
        [*_who(row.teacher), row.get_kind_display(), row.since, row.until, row.note]
        for row in rows
    )  # fmt: skip
    return _written(INSURANCE_COLUMNS, lines, "教师公积金和社会保险缴纳名册", "公积金和社保", words, by)


def checks_workbook(rows, *, words: str, by: str) -> bytes:
    """Return who was invited to a year's check and who went; results are never in it."""
    lines = (
        [*_who(row.teacher), row.year, row.invited_on, row.hospital, row.done_on, row.missed] for row in rows
    )
    return _written(CHECK_COLUMNS, lines, "教师免费体检名册", "教师体检", words, by)


def tilt_workbook(tilt: TiltList, entries: Sequence[TiltEntry], *, by: str) -> bytes:
    """Return the candidates of a round in their order, with what their rural years gave."""
    lines = (
        [
            number, entry.teacher.code, entry.teacher.name, tilt.name, tilt.year, entry.rural_months, f"{entry.base_points / 100:.2f}",
            f"{entry.rural_points / 100:.2f}", f"{entry.points / 100:.2f}", "评上" if entry.chosen else "",
        ]
        for number, entry in enumerate(entries, start=1)
    )  # fmt: skip
    return _written(TILT_COLUMNS, lines, f"{tilt}人选名册", "人选", tilt.document, by)


def _who(teacher) -> list:
    return [teacher.code, teacher.name, teacher.post.school.name if teacher.post else ""]


def _written(columns, lines: Iterable[list], title: str, name: str, words: str, by: str) -> bytes:
    out, at = BytesIO(), timezone.localtime()
    write_table(
        out, columns, lines, title=title, name=name, unit_line=words, right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出"
    )  # fmt: skip
    return out.getvalue()
