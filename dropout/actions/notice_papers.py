"""入学通知书 on paper, with the receipt the guardian signs."""

from collections.abc import Sequence

from dropout.models import EntryNotice
from povertyedu.documents import Document
from povertyedu.options.registry import option
from povertyedu.ui.templatetags.ui import date_cn

LAW = "《中华人民共和国义务教育法》第十一条：凡年满六周岁的儿童，其父母或者其他法定监护人应当送其入学接受并完成义务教育。"


def paper_of(notices: Sequence[EntryNotice], year: int) -> bytes:
    """Return one .docx with ``notices`` (their student and school read along), one after another."""
    bureau = option("bureau_name")
    document = Document(f"{year}年义务教育入学通知书", author=bureau)
    for notice in notices:
        school = notice.school.name if notice.school else "＿＿＿＿＿＿＿＿"
        document.heading(f"{notice.get_stage_display()}入学通知书")
        document.paragraph(
            f"{notice.guardian or '＿＿＿＿'}（{notice.student.name}的监护人）：", indent=False
        )
        document.paragraph(LAW)
        document.paragraph(
            f"请于 {year} 年秋季学期开学前，送{notice.student.name}到{school}报到入学，按时完成义务教育，不得辍学。因身体状况需要延缓入学的，由监护人向乡镇人民政府或县教育局申请。"
        )
        document.table(
            ["回执", ""],
            [
                ["学生", notice.student.name],
                ["学校", school],
                ["监护人签收", "　"],
                ["日期", "　　年　　月　　日"],
            ],
        )
        document.sign(bureau, date_cn(notice.made_on))
    return document.content()
