"""The workbooks that answer a list: to the province (省), to the poverty office (扶贫、乡村振兴部门)."""

import io
from collections.abc import Iterator

from django.utils import timezone

from povertyedu.audit.models import record_access
from povertyedu.orgs.models import Term
from povertyedu.ui.templatetags.ui import mask_id
from povertyedu.workbooks.ledger import LedgerColumn, LedgerSheet, Row, write_ledger
from povertyedu.workflow.flow import Actor
from students.enums import DisposalCode
from students.models import Comparison
from students.queries.comparison import findings_of, rows_in
from students.queries.identification import (
    by_disposal,
    households_of,
    households_of_children,
    not_on_roster,
    off_list,
    on_roster,
)

AUDIENCES = {"province": "省级", "poverty-office": "扶贫（乡村振兴）部门"}
_PERSON = (LedgerColumn("姓名", width=10), LedgerColumn("身份证号", width=22))
_HERE = (LedgerColumn("学校", width=24), LedgerColumn("学段", width=10), LedgerColumn("年级", width=8))
_LISTED = (LedgerColumn("名单学段", width=10), LedgerColumn("名单学校", width=24))
_DISPOSED = (
    LedgerColumn("处置", width=14), LedgerColumn("责任人", width=10), LedgerColumn("说明", width=26), LedgerColumn("日期", "date", width=12),
)  # fmt: skip
_HOUSEHOLD = (
    LedgerColumn("户编号", width=20),
    LedgerColumn("户主", width=10),
    LedgerColumn("乡镇村", width=20),
)


def write_feedback(
    *, by: Actor, user, term: Term, audience: str, full: bool, reason: str
) -> tuple[str, bytes]:  # fmt: skip
    """Write the answer to the list of ``term`` for ``audience`` (a key of AUDIENCES); return file name and bytes.

    ``full`` leaves ID numbers in clear. The province is told of every child on the list and of those off it;
    the poverty office of those not found and those off the list, with household numbers. Leaves an AccessEvent.
    """
    number = (lambda text: text) if full else mask_id
    here = on_roster(term, user=user, reading="school_area")
    missing = not_on_roster(term, user=user)
    off = off_list(term, user=user, reading="school_area")
    sheets = [_summary(term, here.count(), missing, off.count())]
    if audience == "province":
        sheets.append(_sheet("名单内在读", (*_PERSON, *_HERE), _enrolled(here, number)))
    sheets.append(_missing_sheet(missing, number, households=audience == "poverty-office"))
    sheets.append(_sheet("名单外建档立卡", (*_PERSON, *_HERE, *_HOUSEHOLD), _off(off, number)))
    out = io.BytesIO()
    write_ledger(out, *sheets)
    label = AUDIENCES[audience]
    kind = "完整证件号" if full else "证件号隐去中间几位"
    record_access(by, kind="download", subject=term, fields=f"{label}名单核查反馈表，{kind}", reason=reason)
    return f"{term}名单核查反馈表（{label}）{timezone.localtime():%Y%m%d}.xlsx", out.getvalue()


def _sheet(name: str, columns, rows, *, unit_line: str = "") -> LedgerSheet:
    return LedgerSheet(
        name=name, title=name, columns=columns, rows=(Row(row) for row in rows), unit_line=unit_line, grand_total=""
    )  # fmt: skip


def _summary(term: Term, here: int, missing, off: int) -> LedgerSheet:
    counted = by_disposal(missing)
    total = sum(counted.values())
    rows = [("名单人数", here + total), ("本县在读（直接资助，不需申请）", here), ("花名册查不到", total)]
    rows += [(f"　其中：{code.label}", counted[code]) for code in DisposalCode if code in counted]
    if "" in counted:
        rows.append(("　其中：尚未登记处置", counted[""]))
    rows.append(("本县在读、建档立卡、不在名单", off))
    columns = (LedgerColumn("项目", width=40), LedgerColumn("人数", "int", width=12, summed=False))
    return _sheet("汇总", columns, rows, unit_line=str(term))


def _enrolled(rows, number) -> Iterator[tuple]:
    for row in _ordered(rows):
        yield (row.student.name, number(row.student.id_number), *_here(row))


def _ordered(rows):
    rows = rows.select_related("student", "school").order_by("school_area", "school", "stage", "grade", "pk")
    return rows.iterator(chunk_size=2000)


def _here(row) -> tuple[str, str, str]:
    return (str(row.school or row.outside_school), row.get_stage_display(), row.grade_name)


def _off(rows, number) -> Iterator[tuple]:
    households = households_of_children(rows)
    for row in _ordered(rows):
        yield (
            row.student.name,
            number(row.student.id_number),
            *_here(row),
            *_household(households.get(row.student_id)),
        )


def _household(status) -> tuple[str, str, str]:
    if status is None:
        return ("", "", "")
    household = status.household
    return (household.number, household.head_name, household.area.path if household.area else "")


def _missing_sheet(rows, number, *, households: bool) -> LedgerSheet:
    columns = (*_PERSON, *_LISTED, *_DISPOSED, *(_HOUSEHOLD if households else ()))
    return _sheet("名单内未在册", columns, _missing(rows, number, households=households))


def _missing(rows, number, *, households: bool) -> Iterator[tuple]:
    known = households_of(rows.values("id_hash")) if households else {}
    for entry in rows.order_by("pk").iterator(chunk_size=2000):
        line = (entry.name, number(entry.id_number), entry.stage_text, entry.school_text, *_told(entry))
        yield (*line, *_household(known.get(entry.id_hash))) if households else line


def _told(row) -> tuple:
    disposal = getattr(row, "disposal", None)
    if disposal is None:
        return ("尚未登记", "", "", None)
    owner = disposal.owner.name if disposal.owner else ""
    return (disposal.get_code_display(), owner, disposal.note, disposal.decided_on)


def write_comparison(
    *, by: Actor, user, comparison: Comparison, full: bool, reason: str
) -> tuple[str, bytes]:
    """Write the findings of a frozen comparison, a sheet each; return file name and bytes. Leaves an AccessEvent."""
    number = (lambda text: text) if full else mask_id
    found = findings_of(comparison)
    columns = (
        LedgerColumn("项目", width=40),
        LedgerColumn("人数", "int", width=12, summed=False),
        LedgerColumn("分母", "int", width=12, summed=False),
    )
    sides = [
        (f"{'甲方' if side.is_left else '乙方'}：{side.label}", side.people, None)
        for side in comparison.sides.all()
    ]
    summary = [*sides, *((one["text"], one["count"], one["whole"]) for one in found)]
    sheets = [_sheet("汇总", columns, summary, unit_line=f"{comparison}　{comparison.term}")]
    for one in found:
        rows = rows_in(comparison, one["tab"], {}, user=user)
        sheets.append(
            _sheet(
                one["text"],
                (*_PERSON, LedgerColumn("村或学校", width=26), *_DISPOSED),
                _compared(rows, number),
            )
        )
    out = io.BytesIO()
    write_ledger(out, *sheets)
    kind = "完整证件号" if full else "证件号隐去中间几位"
    record_access(by, kind="download", subject=comparison, fields=f"名单比对结果，{kind}", reason=reason)
    return f"{comparison}.xlsx", out.getvalue()


def _compared(rows, number) -> Iterator[tuple]:
    for row in rows.order_by("pk").iterator(chunk_size=2000):
        yield (row.name, number(row.id_number), row.place, *_told(row))
