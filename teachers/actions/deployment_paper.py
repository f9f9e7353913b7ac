"""派遣函 (调令 for a secondment): what the bureau sends both sides, on A4, to be stamped."""

from povertyedu.documents import Document
from povertyedu.options.registry import option
from povertyedu.ui.templatetags.ui import date_cn
from teachers.enums.deployment import BESIDE_THE_POST, BINDING, DeploymentKind
from teachers.models import Deployment


def letter_of(deployment: Deployment) -> bytes:
    """Return the .docx of a deployment read with its people; before it is approved it says that it is a draft."""
    bureau, teacher = option("bureau_name"), deployment.teacher
    is_order = deployment.kind == DeploymentKind.SECONDMENT
    title = "教师借调令" if is_order else f"教师{deployment.get_kind_display()}派遣函"
    paper = Document(title, author=bureau)
    if deployment.document:
        paper.paragraph(deployment.document, centred=True)
    if deployment.state not in BINDING:
        paper.paragraph("（草稿，未经批准，不作依据）", centred=True)
    paper.paragraph(f"{deployment.sending.name}、{deployment.destination}：", indent=False)
    stays = "原校工作同时承担，" if deployment.kind in BESIDE_THE_POST else ""
    paper.paragraph(
        f"经研究，派{deployment.sending.name}教师{teacher.name}到{deployment.destination}{deployment.get_kind_display()}，"
        f"自{date_cn(deployment.since)}起至{date_cn(deployment.until)}止。{stays}人事关系、编制留在{deployment.sending.name}。"
    )
    paper.table(
        ["项目", "内容"],
        [
            ["姓名", f"{teacher.name}（工号 {teacher.code}）"],
            ["任教学科、职称", f"{teacher.get_subject_display()}、{teacher.get_title_display()}"],
            ["派出学校", deployment.sending.name],
            ["借调单位" if deployment.is_to_an_office else "接收学校", deployment.destination],
            ["起止日期", f"{date_cn(deployment.since)}至{date_cn(deployment.until)}"],
            ["事由", deployment.reason],
        ],
    )
    paper.paragraph(
        f"请{teacher.name}于{date_cn(deployment.since)}到{deployment.destination}报到。期满返回原校；需要延期的，提前向县教育局人事股申请。"
    )
    paper.sign(bureau, date_cn(deployment.approved_on) if deployment.approved_on else "　　年　　月　　日")
    return paper.content()
