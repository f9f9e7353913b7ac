"""控辍个案卷宗: all that is kept of one case as one Word document, A4."""

from django.utils import timezone

from dropout.queries.dossier import Dossier
from povertyedu.documents import Document
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today


def dossier_docx(file: Dossier) -> bytes:
    """Return the whole file of a case; every part is there, an empty one says so."""
    paper = Document("控辍保学个案卷宗", author=option("bureau_name"))
    _facts(paper, file)
    _lines(paper, file)
    _plan(paper, file)
    _done(paper, file)
    _papers(paper, file)
    _decided(paper, file)
    _pictures(paper, file)
    paper.sign(option("bureau_name"), f"{today():%Y年%m月%d日}")
    return paper.content()


def _table(paper: Document, title: str, heads: list[str], rows: list[list], empty: str) -> None:
    paper.heading(title)
    if rows:
        paper.table(heads, rows)
    else:
        paper.paragraph(empty)


def _facts(paper: Document, file: Dossier) -> None:
    case = file.case
    guardian = file.guardian
    rows = [
        ["姓名", case.student.name], ["类别", case.get_kind_display()], ["状态", case.get_state_display()],
        ["来源", case.get_origin_display()], ["学校班级", case.place_name], ["户籍地", file.home or "未登记"],
        ["监护人", f"{guardian.name}（{guardian.relation or '关系未登记'}）" if guardian else "未登记"],
        ["离校日期", f"{case.since}"], ["建案日期", f"{case.opened_on}"], ["返校日期", f"{case.returned_on or '—'}"],
        ["结果", case.get_outcome_display() or "—"], ["销号日期", f"{case.closed_on or '—'}"], ["发现情况", case.note or "—"],
    ]  # fmt: skip
    _table(paper, "一、基本情况", ["项目", "内容"], rows, "")


def _lines(paper: Document, file: Dossier) -> None:
    rows = [
        [line["name"], step.link.label, step.holder.name if step.holder else "空缺", step.holder.phone if step.holder else ""]
        for line in file.lines
        for step in line["steps"]
    ]  # fmt: skip
    _table(paper, "二、两条线责任人", ["线", "层级", "责任人", "电话"], rows, "县里还没有设责任层级。")
    climbs = [
        [row.on, row.duty.get_line_display(), row.duty.text, row.get_why_display(), row.link.label if row.link else "县教育局", row.missed_on or ""]
        for row in file.escalations
    ]  # fmt: skip
    _table(paper, "三、逾期上报", ["日期", "线", "任务", "原因", "到", "逾期期限"], climbs, "没有逾期上报。")


def _plan(paper: Document, file: Dossier) -> None:
    rows = [
        [f"{timezone.localtime(plan.made_at):%Y-%m-%d}", "、".join(plan.cause_labels), plan.situation, plan.told,
         plan.get_placement_display(), plan.leader.name if plan.leader else "", f"{plan.target_on}"]
        for plan in ([file.plan] if file.plan else []) + file.old_plans
    ]  # fmt: skip
    heads = ["制定", "原因", "具体情况", "措施", "安置", "牵头人", "目标"]
    _table(paper, "四、一人一案方案", heads, rows, "还没有制定方案。")


def _done(paper: Document, file: Dossier) -> None:
    visits = [
        [f"{row.on}", row.get_line_display(), row.visitor, row.get_way_display(), row.get_met_display(), row.get_result_display(), row.text]
        for row in reversed(file.visits)
    ]  # fmt: skip
    _table(
        paper,
        "五、走访记录",
        ["日期", "线", "走访人", "方式", "见到", "结果", "情况"],
        visits,
        "没有走访记录。",
    )
    lessons = [
        [f"{row.on}", row.lessons, row.subject, row.teacher, row.remark] for row in reversed(file.lessons)
    ]
    _table(paper, "六、送教记录", ["日期", "课时", "内容", "教师", "情况"], lessons, "没有送教记录。")


def _papers(paper: Document, file: Dossier) -> None:
    rows = [
        ["限期复学通知书", row.number, f"{row.issued_on}", f"{row.due_on} 前", f"{row.delivered_on or '未送达'} {row.delivered_to}", row.standing[1]]
        for row in file.orders
    ]  # fmt: skip
    rows += [["协议书", row.guardian, f"{row.issued_on}", "", f"{row.signed_on or '未签订'}", row.standing[1]] for row in file.agreements]  # fmt: skip
    rows += [
        ["四不办理", row.get_kind_display(), f"{row.approved_on or '待批准'}", "", f"{row.lifted_on or '未解除'}", row.standing[1]]
        for row in file.denials
    ]  # fmt: skip
    _table(
        paper,
        "七、文书",
        ["文书", "编号、对象", "日期", "期限", "送达、签订、解除", "情况"],
        rows,
        "没有文书。",
    )


def _decided(paper: Document, file: Dossier) -> None:
    ends = [
        [row.get_kind_display(), row.get_outcome_display(), row.reason, row.evidence.name, row.proposed_by, row.get_answer_display() or "待复核", row.answered_by]
        for row in reversed(file.proposals)
    ]  # fmt: skip
    heads = ["事项", "结果", "说明", "佐证材料", "提出人", "复核", "复核人"]
    _table(paper, "八、销号与复核", heads, ends, "没有提请。")
    rows = [
        [f"{timezone.localtime(row.at):%Y-%m-%d %H:%M}", row.by_name, row.label, row.said.text if hasattr(row, "said") else ""]
        for row in file.decisions
    ]  # fmt: skip
    _table(paper, "九、办理记录", ["时间", "办理人", "步骤", "理由"], rows, "")


def _pictures(paper: Document, file: Dossier) -> None:
    """Put the photos and scans in; one that cannot be read, or is not there any more, is named."""
    paper.heading("十、照片和扫描件")
    if not file.pictures:
        paper.paragraph("没有照片。")
    for number, (caption, stored) in enumerate(file.pictures, 1):
        there = stored.path.exists() and paper.picture(b"".join(stored.chunks()))
        paper.paragraph(
            f"图 {number}　{caption}" + ("" if there else f"（{stored.name}，未能放入）"), centred=True
        )
