"""Word documents: what is written stands in the file as an office expects it."""

import io

import docx
import pytest
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from povertyedu.documents import Document


@pytest.fixture
def written():
    made = Document("关于核实的函", author="云岭县教育局")
    made.paragraph("遵义市教育局：", indent=False)
    made.paragraph("现将有关事项函告如下：")
    made.heading("名单")
    made.table(["学段", "人数"], [["小学", 3], ["初中", 12]])
    made.sign("云岭县教育局", "2026年11月20日")
    return docx.Document(io.BytesIO(made.content()))


def test_document_holds_its_parts_in_order(written):
    parts = [(one.style.name, one.text) for one in written.paragraphs]
    assert parts == [
        ("Title", "关于核实的函"),
        ("Normal", "遵义市教育局："),
        ("Normal", "现将有关事项函告如下："),
        ("Heading 1", "名单"),
        ("Normal", ""),
        ("Normal", "云岭县教育局"),
        ("Normal", "2026年11月20日"),
    ]
    [table] = written.tables
    assert [[cell.text for cell in row.cells] for row in table.rows] == [
        ["学段", "人数"],
        ["小学", "3"],
        ["初中", "12"],
    ]
    assert "w:tblHeader" in table.rows[0]._tr.xml


def test_document_is_a4_in_the_letters_of_offices(written):
    section, about = written.sections[0], written.core_properties
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)
    assert (about.title, about.author, about.comments) == ("关于核实的函", "云岭县教育局", "")
    body = written.styles["Normal"]
    assert (body.font.name, body.font.size) == ("仿宋", Pt(16))
    assert 'w:eastAsia="仿宋"' in body.element.xml
    _, to, text, *_, day = written.paragraphs
    assert (to.paragraph_format.first_line_indent, text.paragraph_format.first_line_indent) == (None, Pt(32))
    assert day.alignment == WD_ALIGN_PARAGRAPH.RIGHT


def test_document_leaves_out_what_no_xml_may_hold():
    made = Document("题\x00目")
    made.paragraph("甲\x0b乙\ud800<丙>&")
    made.table(["列\x1f"], [["值\ufffe"]])
    read = docx.Document(io.BytesIO(made.content()))
    assert [one.text for one in read.paragraphs] == ["题目", "甲乙<丙>&"]
    assert [row.cells[0].text for row in read.tables[0].rows] == ["列", "值"]
