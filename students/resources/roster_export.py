"""Children of a term in the roster's own columns: what goes out comes in again without loss."""

from collections.abc import Iterable, Sequence

from django.utils import timezone

from povertyedu.audit.models import record_access
from povertyedu.orgs.models import Area, Term
from povertyedu.workbooks.writing import LedgerColumn, write_table
from students.facts import Fact, facts_in_use
from students.models import Enrolment
from students.numbers import NUMBERS

from .fact_columns import cells as fact_cells
from .roster import RosterResource

MASKED = {
    "id_number": "id_number", "student_no": "student_no", "phone": "phone", "guardian_id": "guardian_id_number", "account": "account_number",
}  # fmt: skip


def roster_columns() -> list[tuple[str, str]]:
    """Return (name, heading) of the columns that can be taken out, in the roster's order."""
    return [(column.name, column.heading) for column in RosterResource().columns()]


def export_roster(
    out, *, by, term: Term, rows, columns: Sequence[str], words: list[str], full: bool, reason: str
) -> str:
    """Write ``rows`` (enrolments of ``term``) with ``columns`` of the roster; return the file's name.

    ``words`` tell the filter, ``full`` leaves numbers in clear. Leaves one AccessEvent with ``reason``.
    """
    found = list(
        rows.select_related("school", "school_class", "student__guardian", "student__bank_account").order_by(
            "school_area", "school_id", "stage", "grade", "school_class__name", "pk"
        )
    )
    by_name = {column.name: column for column in RosterResource().columns()}
    chosen = [by_name[name] for name in columns if name in by_name]
    at = timezone.localtime()
    write_table(
        out,
        [LedgerColumn(column.heading, width=column.width) for column in chosen],
        lines(found, [column.name for column in chosen], full=full),
        title=f"{term} 学生花名册",
        name="学生花名册",
        unit_line=f"筛选条件：{'；'.join(words) or '全部'}",
        right_line=f"共 {len(found):,} 人，{by.name} {at:%Y-%m-%d %H:%M} 导出",
    )
    numbers = "完整号码" if full else "号码隐去中间几位"
    what = f"学生花名册 {len(found)} 人，{numbers}；{'、'.join(column.heading for column in chosen)}"
    record_access(by, kind="download", subject=term, fields=what[:200], reason=reason)
    return f"学生花名册{at:%Y%m%d-%H%M}.xlsx"


def lines(rows: Iterable[Enrolment], names: Sequence[str], *, full: bool) -> Iterable[list[str]]:
    """Yield the cells of each row, every one of them text that the roster's cleaners read back."""
    areas = {code: (name, level) for code, name, level in Area.objects.values_list("code", "name", "level")}
    facts = facts_in_use()
    for row in rows:
        cells = _cells(row, areas, facts)
        if not full:
            for column, number in MASKED.items():
                cells[column] = NUMBERS[number].mask(cells[column]) if cells[column] else ""
        yield [cells[name] for name in names]


def _cells(row: Enrolment, areas: dict, facts: list[Fact]) -> dict[str, str]:
    student, school = row.student, row.school
    guardian = student.guardian if hasattr(student, "guardian") else None
    account = student.bank_account if hasattr(student, "bank_account") else None
    township, village = _home(student.home_area_id or "", areas)
    return {
        "school_code": school.code if school else "",
        "school_name": school.name if school else row.outside_school,
        "stage": row.get_stage_display(),
        "grade": row.grade_name,
        "class_name": row.school_class.name if row.school_class else "",
        "name": student.name,
        "sex": student.get_sex_display(),
        "ethnicity": student.ethnicity,
        "id_kind": student.get_id_kind_display(),
        "id_number": student.id_number,
        "student_no": student.student_no,
        "birth_date": f"{student.birth_date:%Y-%m-%d}" if student.birth_date else "",
        "home_township": township,
        "home_village": village,
        "hukou": student.get_hukou_display(),
        "boarding": "住校" if row.boarding else "走读",
        "entered_on": f"{row.entered_on:%Y-%m}" if row.entered_on else "",
        "major": row.major,
        "agri_major": "是" if row.agri_major else "否",
        "guardian_name": guardian.name if guardian else "",
        "guardian_relation": guardian.relation if guardian else "",
        "guardian_id": guardian.id_number if guardian else "",
        "phone": student.phone,
        "is_left_behind": "是" if student.is_left_behind else "否",
        "holder": account.holder if account else "",
        "holder_relation": account.get_relation_display() if account else "",
        "bank": account.bank if account else "",
        "account": account.number if account else "",
        "remark": student.remark,
        **fact_cells(row.facts, facts),
    }


def _home(code: str, areas: dict) -> tuple[str, str]:
    """Return township and village as the roster names them; two villages of one name by their code."""
    if len(code) < 12:
        return areas.get(code, ("",))[0], ""
    township, village = areas.get(code[:9], ("",))[0], areas.get(code, ("",))[0]
    same = sum(1 for other, (name, _) in areas.items() if name == village and other[:9] == code[:9])
    return township, village if same == 1 else code
