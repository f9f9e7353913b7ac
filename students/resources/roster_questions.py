"""What a person is asked of a roster's headings before its rows are checked: which column is the school, who boards."""

from collections.abc import Collection

from povertyedu.imports.reading import SERIAL, FileRows
from povertyedu.imports.rows import Context
from povertyedu.workbooks.headers import Header, normal_heading

from .boarding import may_tell_boarding
from .roster_school import COLUMNS


def question(read: FileRows, settled: Collection[str], context: Context) -> str:
    """Return the sentence that asks which heading is which, "" where all is clear or no clearer for asking.

    ``settled`` are the sheets whose columns a person has named.
    """
    for sheet, header in read.headers.items():
        if sheet in settled:
            continue
        told = _of_school(read, sheet, header, context) or _of_boarding(sheet, header)
        if told:
            return f"工作表“{sheet}”{told}"
    return ""


def _of_school(read: FileRows, sheet: str, header: Header, context: Context) -> str:
    """One question instead of an error on every row; the clerk of one school need not name it."""
    if not header.mapping.keys().isdisjoint(COLUMNS) or (
        context.schools is not None and len(context.schools) == 1
    ):
        return ""
    first = next((row for row in read.rows if row.sheet == sheet), None)
    if first is None or first.values["school_code"] or first.values["school_name"]:
        return ""  # the title names it
    unknown = _unknown(header)
    if not unknown:
        return "没有学校标识码，也没有学校名称；请在表里补上一列，或在表格标题里写明“学校名称：…”，再上传。"
    return f"没有认出哪一列是学校标识码或学校名称（没有认出的表头：{'、'.join(unknown)}）；请指明后再核对。"


def _of_boarding(sheet: str, header: Header) -> str:
    """A column of boarders that is not read would make day pupils of them all, without a word."""
    if "boarding" in header.mapping:
        return ""
    found = [text for text in _unknown(header) if may_tell_boarding(text)]
    if not found:
        return ""
    return (
        f"没有认出“就读方式”列；表头“{found[0]}”写的是不是住校、走读？请指明后再核对，不是的选“（不读取）”。"
    )


def _unknown(header: Header) -> list[str]:
    return [each.text.strip()[:20] for each in header.unknown if normal_heading(each.text) not in SERIAL][:8]
