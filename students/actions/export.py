"""The list of children as a workbook."""

from django.utils import timezone

from povertyedu.jobs.made import Made
from povertyedu.jobs.progress import NO_PROGRESS, counted
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import LedgerColumn, write_table
from students.numbers import NUMBERS
from students.queries import area_names

COLUMNS = (
    LedgerColumn("学校", width=22), LedgerColumn("学段", width=10), LedgerColumn("年级", width=8),
    LedgerColumn("班级", width=8), LedgerColumn("姓名", width=10), LedgerColumn("性别", width=6),
    LedgerColumn("身份证件号", width=22), LedgerColumn("学籍号", width=23), LedgerColumn("民族", width=8),
    LedgerColumn("户籍地", width=18), LedgerColumn("住宿", width=6), LedgerColumn("困难类型", width=24),
    LedgerColumn("监护人", width=10), LedgerColumn("监护人关系", width=8), LedgerColumn("联系电话", width=14),
    LedgerColumn("开户人", width=10), LedgerColumn("开户银行", width=16), LedgerColumn("银行账号", width=23),
    LedgerColumn("状态", width=8),
)  # fmt: skip


def export_students(out, *, by, term: Term, rows, words: list[str], full: bool, progress=NO_PROGRESS) -> Made:
    """Write ``rows`` (enrolments of ``term``) as a workbook. Streamed; the caller leaves the AccessEvent.

    ``words`` tell the filter, ``full`` leaves numbers in clear.
    """
    count = rows.order_by().count()
    names = area_names(rows.order_by().values_list("home_area", flat=True).distinct())
    found = rows.select_related(
        "school", "school_class", "student__guardian", "student__bank_account"
    ).order_by("school_area", "school_id", "stage", "grade", "school_class__name", "pk")
    at = timezone.localtime()
    lines = (_line(row, names, full) for row in found.iterator(chunk_size=1000))
    write_table(
        out,
        COLUMNS,
        counted(lines, progress, count),
        title=f"{term} 学生名单",
        name="学生名单",
        unit_line=f"筛选条件：{'；'.join(words) or '全部'}",
        right_line=f"共 {count:,} 人，{by.name} {at:%Y-%m-%d %H:%M} 导出",
    )
    kind = "完整号码" if full else "号码隐去中间几位"
    what = f"学生名单 {count} 人，{kind}；{'；'.join(words) or '全部'}"
    return Made(f"学生名单{at:%Y%m%d-%H%M}.xlsx", what[:200])


def _line(row, names: dict[str, str], full: bool) -> list[str]:
    student = row.student
    guardian = student.guardian if hasattr(student, "guardian") else None
    account = student.bank_account if hasattr(student, "bank_account") else None

    def number(name: str) -> str:
        value = NUMBERS[name].read(student)
        return NUMBERS[name].mask(value) if value and not full else value

    return [
        row.school.name if row.school else row.outside_school,
        row.get_stage_display(),
        row.grade_name,
        row.school_class.name if row.school_class else "",
        student.name,
        student.get_sex_display(),
        number("id_number"),
        number("student_no"),
        student.ethnicity,
        names.get(row.home_area, ""),
        "寄宿" if row.boarding else "走读",
        "、".join(row.category_labels),
        guardian.name if guardian else "",
        guardian.relation if guardian else "",
        number("phone"),
        account.holder if account else "",
        account.bank if account else "",
        number("account_number"),
        row.get_status_display(),
    ]
