"""The register of teachers as a workbook; its headings are those the import reads."""

from io import BytesIO

from django.db.models import QuerySet
from django.utils import timezone

from povertyedu.workbooks.writing import LedgerColumn, write_table
from teachers.enums.registry import ServiceKind
from teachers.models import ServiceTerm, Teacher

COLUMNS = (
    LedgerColumn("工号", width=12), LedgerColumn("姓名", width=10), LedgerColumn("性别", width=6), LedgerColumn("出生日期", width=12),
    LedgerColumn("学段", width=10), LedgerColumn("任教学科", width=12), LedgerColumn("能教全科", width=9), LedgerColumn("职称", width=8),
    LedgerColumn("骨干教师", width=12), LedgerColumn("来源", width=16), LedgerColumn("参加工作日期", width=13), LedgerColumn("学校", width=24),
    LedgerColumn("聘任日期", width=12), LedgerColumn("编制情况", width=9), LedgerColumn("家庭所在乡镇", width=13), LedgerColumn("愿到偏远学校", width=12),
    LedgerColumn("家庭需要照顾", width=12), LedgerColumn("服务期种类", width=14), LedgerColumn("服务期起", width=12), LedgerColumn("服务期止", width=12),
    LedgerColumn("状态", width=12), LedgerColumn("备注", width=24),
)  # fmt: skip


def workbook_of(rows: QuerySet[Teacher], *, words: str, by: str) -> bytes:
    """Return ``rows`` as an .xlsx without numbers of identity; queries do not grow with the rows."""
    out, at = BytesIO(), timezone.localtime()
    found = list(rows.with_post().select_related("home_area").order_by("code"))
    terms = {
        term.teacher_id: term
        for term in ServiceTerm.objects.running()
        .filter(teacher__in=rows.order_by().values("pk"))
        .order_by("-until")
    }
    write_table(
        out, COLUMNS, (_line(row, terms.get(row.pk)) for row in found), title="教师名册", name="教师名册", unit_line=f"筛选条件：{words}",
        right_line=f"{by} {at:%Y-%m-%d %H:%M} 导出",
    )  # fmt: skip
    return out.getvalue()


def _line(row: Teacher, term: ServiceTerm | None) -> list:
    post = row.post
    return [
        row.code, row.name, row.get_sex_display(), f"{row.birth_on}", row.get_stage_display(), row.get_subject_display(), _yes(row.can_teach_all),
        row.get_title_display(), row.get_backbone_display(), row.get_origin_display(), f"{row.began_on}",
        post.school.name if post else "", f"{post.since}" if post else "", post.get_kind_display() if post else "",
        row.home_area.path if row.home_area else "", _yes(row.willing_remote), _yes(row.family_care),
        ServiceKind(term.kind).label if term else "", f"{term.since}" if term else "", f"{term.until}" if term else "",
        row.get_state_display(), row.remark,
    ]  # fmt: skip


def _yes(value: bool) -> str:
    return "是" if value else "否"
