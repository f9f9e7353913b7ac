"""The letter that goes with a list to the county of study: the same sentences on paper and as .docx; it names no child."""

from dataclasses import dataclass

from django.db.models import Count

from povertyedu.documents import Document
from povertyedu.options.registry import options
from povertyedu.orgs.enums import Stage
from povertyedu.ui.templatetags.ui import date_cn
from subsidies.models import Exchange

TITLE = "关于核实异地就读学生资助情况的函"


@dataclass(frozen=True)
class Letter:
    """A letter in its parts, from top to bottom."""

    number: str
    to: str
    paragraphs: tuple[str, ...]
    signed: tuple[str, str]
    title: str = TITLE

    def as_docx(self) -> bytes:
        document = Document(self.title, author=self.signed[0])
        document.paragraph(self.number, centred=True)
        document.paragraph(self.to, indent=False)
        for text in self.paragraphs:
            document.paragraph(text)
        document.sign(*self.signed)
        return document.content()


def letter_of(exchange: Exchange) -> Letter:
    counted = dict(exchange.lines.order_by().values_list("stage").annotate(n=Count("pk")))
    total = sum(counted.values())
    stages = "、".join(f"{label} {counted[stage]} 人" for stage, label in Stage.choices if stage in counted)
    said = options("bureau_name", "county_name", "aid_office_phone", "exchange_days")
    until = f" {date_cn(exchange.due_on)}前" if exchange.due_on else f"收函后 {said['exchange_days']} 日内"
    return Letter(
        number=f"〔　　　　〕　　号　　核实编号：{exchange.number}",
        to=f"{exchange.recipient}：",
        paragraphs=(
            f"按照教育扶贫资助“流入地为主、流出地兜底”“不重不漏”的要求，学生在就读地受助的，户籍地不再资助；就读地没有资助的，由户籍地兜底。{said['county_name']}户籍的家庭经济困难学生中，现有 {total} 人在贵地就读，需要核实 {exchange.term}是否已由贵地资助。现将有关事项函告如下：",
            f"一、名单为 Excel 文件，共 {total} 人（{stages}）。为保护未成年人个人信息，证件号以摘要代替，姓名只留姓；比对用的密钥另行送达。",
            "二、请贵单位逐人填写“是否资助”（是、否、查无此人），已资助的填写资助项目和金额，请勿改动序号和证件号摘要。使用本系统的，在“异地就读核实—答复外县来函”中上传名单、输入密钥，即可生成答复名单。",
            f"三、请于{until}将填好的名单和复函退回。逾期没有答复的，我们将再次核实。",
            f"联系电话：{said['aid_office_phone']}",
        ),
        signed=(said["bureau_name"], date_cn(exchange.sent_on) if exchange.sent_on else "　　年　　月　　日"),
    )
