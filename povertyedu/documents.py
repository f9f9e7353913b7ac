"""Word documents (.docx) as an office sends them: A4, a title, paragraphs, tables, a signature; to be filled in further and stamped.

letter = Document("关于……的函")
letter.paragraph("遵义市教育局：", indent=False)
letter.table(["学段", "人数"], [["小学", 3]])
letter.sign("云岭县教育局", "2026年11月20日")
content = letter.content()
"""

import datetime as dt
import io
import re
from collections.abc import Iterable, Sequence

import docx
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.image.exceptions import InvalidImageStreamError, UnexpectedEndOfFileError, UnrecognizedImageError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Page and letters of 党政机关公文格式 (GB/T 9704): what an office expects on its desk.
_MARGINS = {"top_margin": 37, "bottom_margin": 35, "left_margin": 28, "right_margin": 26}
_BODY, _TITLE = ("仿宋", 16), ("黑体", 22)
_PICTURE_WIDTH = 120  # millimetres
_LINE = 28  # points from one line to the next
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Document:
    """One document, written from top to bottom."""

    def __init__(self, title: str, *, author: str = ""):
        self._file = docx.Document()
        section = self._file.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        for name, millimetres in _MARGINS.items():
            setattr(section, name, Mm(millimetres))
        for style, (font, size) in {"Normal": _BODY, "Title": _TITLE, "Heading 1": ("黑体", 16)}.items():
            _letter(self._file.styles[style], font, size)
        about = self._file.core_properties
        about.title, about.author, about.comments = _clean(title), _clean(author), ""
        about.created = about.modified = dt.datetime.now(dt.UTC).replace(tzinfo=None, microsecond=0)
        self._file.add_paragraph(_clean(title), style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER

    def heading(self, text: str) -> None:
        self._file.add_paragraph(_clean(text), style="Heading 1")

    def paragraph(self, text: str, *, indent: bool = True, centred: bool = False) -> None:
        """Write a paragraph; its first line is moved in by two letters unless ``indent`` is false or it is centred."""
        written = self._file.add_paragraph(_clean(text))
        written.paragraph_format.line_spacing = Pt(_LINE)
        written.paragraph_format.space_after = Pt(0)
        if centred:
            written.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif indent:
            written.paragraph_format.first_line_indent = Pt(2 * _BODY[1])

    def table(self, heads: Sequence[str], rows: Iterable[Sequence]) -> None:
        """Write a table with lines; its heads stand on each page again."""
        table = self._file.add_table(rows=1, cols=len(heads), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        _fill(table.rows[0], heads)
        again = OxmlElement("w:tblHeader")
        again.set(qn("w:val"), "true")
        table.rows[0]._tr.get_or_add_trPr().append(again)
        for row in rows:
            _fill(table.add_row(), row)

    def picture(self, content: bytes) -> bool:
        """Put a picture in the middle of the page; return False for content that is none that Word shows."""
        try:
            self._file.add_picture(io.BytesIO(content), width=Mm(_PICTURE_WIDTH))
        except (UnrecognizedImageError, UnexpectedEndOfFileError, InvalidImageStreamError):
            return False
        self._file.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
        return True

    def sign(self, *lines: str) -> None:
        """Write who signs and the day, to the right, some lines below."""
        self._file.add_paragraph()
        for line in lines:
            written = self._file.add_paragraph(_clean(line))
            written.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            written.paragraph_format.right_indent = Pt(2 * _BODY[1])
            written.paragraph_format.space_after = Pt(0)

    def content(self) -> bytes:
        out = io.BytesIO()
        self._file.save(out)
        return out.getvalue()


def _letter(style, font: str, size: int) -> None:
    """Set the letters of a style, Chinese and Latin ones; black, without the template's line below."""
    style.font.name, style.font.size = font, Pt(size)
    style.font.color.rgb = docx.shared.RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]
    for name in ("w:eastAsia", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), font)
    for border in style.element.findall(f".//{qn('w:pBdr')}"):
        border.getparent().remove(border)


def _fill(row, values: Sequence) -> None:
    for cell, value in zip(row.cells, values, strict=True):
        cell.text = _clean(str(value))


def _clean(text: str) -> str:
    """Take out what no XML may hold."""
    return _ILLEGAL.sub("", text)
