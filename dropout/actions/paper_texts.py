"""The words of 限期复学通知书 and 协议书, for the printed page and the Word document alike.

A county's own wording goes into the Word document before it is stamped. The law: 义务教育法 arts. 5, 11 and 58.
"""

from typing import NamedTuple

from dropout.models import Agreement, ReturnOrder
from povertyedu.documents import Document


class Text(NamedTuple):
    """One paper: who it is for, what it says, who signs; ``parties`` sign side by side."""

    title: str
    number: str
    to: str
    paragraphs: tuple[str, ...]
    signs: tuple[str, ...]
    receipt: tuple[str, ...] = ()


def day_words(day) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def order_text(order: ReturnOrder) -> Text:
    """Return the notice by which a township asks a guardian to send the child back by a day (facts.md 5)."""
    child, township = order.case.student, order.township.name
    at = order.case.school or "就近的学校"
    return Text(
        title="限期复学通知书",
        number=order.number,
        to=f"{order.guardian}（{child.name}的监护人）：",
        paragraphs=(
            f"经查，您监护的适龄儿童、少年{child.name}，自{day_words(order.case.since)}起没有到校接受义务教育。",
            "《中华人民共和国义务教育法》第五条规定，适龄儿童、少年的父母或者其他法定监护人应当依法保证其按时入学接受并完成义务教育；"
            "第十一条规定，因身体状况需要延缓入学或者休学的，应当提出申请，由当地乡镇人民政府或者县级人民政府教育行政部门批准。",
            f"现通知您于{day_words(order.due_on)}前送{child.name}返回{at}就读。"
            "有困难的，请在期限内告诉乡镇人民政府或者学校，我们帮助解决。",
            "逾期无正当理由不送子女入学的，将依照《中华人民共和国义务教育法》第五十八条给予批评教育，责令限期改正。",
        ),
        signs=(f"{township}人民政府", day_words(order.issued_on)),
        receipt=("送达回证", "受送达人签字：", "送达方式：", "送达人：", "送达日期：　　　年　　月　　日"),
    )


def agreement_text(agreement: Agreement) -> Text:
    """Return the agreement of Linxia's plan 二（二）4: no work outside, and the child is sent to school."""
    child, township = agreement.case.student, agreement.township.name
    at = agreement.case.school or "学校"
    return Text(
        title="控辍保学协议书",
        number="",
        to=f"甲方：{township}人民政府　　乙方：{agreement.guardian}（{child.name}的监护人）",
        paragraphs=(
            "为保证适龄儿童、少年依法接受并完成九年义务教育，双方约定如下：",
            f"一、乙方不让{child.name}外出打工，不让其在义务教育阶段辍学、失学。",
            f"二、乙方按时送{child.name}到{at}就读，直至完成九年义务教育；因病等确需请假、休学的，按规定办理手续。",
            "三、甲方会同学校帮助乙方解决子女就学的困难，落实应享受的教育资助。",
            "四、本协议一式三份，甲方、乙方、学校各一份，自双方签字之日起生效。",
        ),
        signs=(f"甲方（盖章）：{township}人民政府", "乙方（签字）：", "　　　年　　月　　日"),
    )


def docx_of(text: Text) -> bytes:
    """Return a paper as a Word document, A4."""
    paper = Document(text.title)
    if text.number:
        paper.paragraph(text.number, centred=True)
    paper.paragraph(text.to, indent=False)
    for words in text.paragraphs:
        paper.paragraph(words)
    paper.sign(*text.signs)
    if text.receipt:
        paper.heading(text.receipt[0])
        for words in text.receipt[1:]:
            paper.paragraph(words, indent=False)
    return paper.content()
