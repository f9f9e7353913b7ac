"""Opening files: good ones read whole, hostile and broken ones each answered with a sentence."""

import datetime as dt
import re
import socket
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from povertyedu.workbooks import reading
from povertyedu.workbooks.cells import NOT_CALCULATED
from povertyedu.workbooks.headers import data_rows, find_header, pick_sheets
from povertyedu.workbooks.reading import Limits, WorkbookError, open_workbook


@pytest.fixture
def workbook(tmp_path):
    """A good .xlsx of two sheets: rows with a gap, a formula's value, dates; and a hidden sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "花名册"
    sheet["A2"], sheet["B2"] = "姓名", "身份证件号"
    sheet["A5"], sheet["B5"], sheet["C5"], sheet["D5"] = "罗娜", "529901201307310596", dt.date(2013, 7, 31), 6
    sheet.merge_cells("A1:D1")
    hidden = book.create_sheet("字典")
    hidden["A1"] = "是"
    hidden.sheet_state = "hidden"
    path = tmp_path / "good.xlsx"
    book.save(path)
    return path


def refused(path, **limits):
    with pytest.raises(WorkbookError) as error:
        open_workbook(path, limits=Limits(**limits))
    assert error.value.message.endswith("。")
    assert "{" not in error.value.message
    return error.value.code


def repacked(source, target, *, change=None, add=None):
    """A copy of an archive with parts changed by name or added."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(name, content) if change else content)
        for name, content in (add or {}).items():
            new.writestr(name, content)
    return target


# --- good files -----------------------------------------------------------------------------------


def test_open_workbook_gives_excels_row_numbers_values_and_visibility(workbook):
    sheets = open_workbook(workbook)
    assert [(sheet.name, sheet.visible) for sheet in sheets] == [("花名册", True), ("字典", False)]
    assert sheets[0].rows == [
        (2, ["姓名", "身份证件号", "", ""]),
        (5, ["罗娜", "529901201307310596", dt.date(2013, 7, 31), 6.0]),
    ]
    assert sheets[0].merged == [(1, 0, 1, 3)]


def test_open_workbook_data_beginning_in_column_c_keeps_its_indexes(tmp_path):
    book = openpyxl.Workbook()
    book.active["C4"] = "姓名"
    book.save(tmp_path / "c.xlsx")
    assert open_workbook(tmp_path / "c.xlsx")[0].rows == [(4, ["", "", "姓名"])]


def test_open_workbook_formula_gives_its_value(workbook, tmp_path):
    def with_formula(name, content):
        return content.replace(b"<v>6</v>", b"<f>3+3</f><v>6</v>") if name.endswith("sheet1.xml") else content

    assert open_workbook(repacked(workbook, tmp_path / "f.xlsx", change=with_formula))[0].rows[1][1][3] == 6.0


def test_open_workbook_errors_and_formulas_without_a_result_are_no_blanks(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["姓名", "户籍村", "班级"], ["罗娜", "#N/A", "=1+1"], ["李红", "", '=IF(1,"","")']):
        sheet.append(row)
    sheet["E6"], sheet["B8"] = "=B2", "#REF!"  # right of and below whatever holds a value
    book.save(tmp_path / "plain.xlsx")

    def empty_text(name, content):  # what Excel stores of a formula that gives an empty text
        return re.sub(rb'<c r="C3"(.*?)<v(?: ?/>|></v>)', rb'<c r="C3" t="str"\1<v></v>', content)

    rows = open_workbook(repacked(tmp_path / "plain.xlsx", tmp_path / "f.xlsx", change=empty_text))[0].rows
    assert [(number, [*row, "", ""][:5]) for number, row in rows] == [
        (1, ["姓名", "户籍村", "班级", "", ""]),
        (2, ["罗娜", "#N/A", NOT_CALCULATED, "", ""]),
        (3, ["李红", "", "", "", ""]),
        (6, ["", "", "", "", NOT_CALCULATED]),
        (8, ["", "#REF!", "", "", ""]),
    ]


def test_open_workbook_errors_are_found_on_the_right_sheet_without_addresses_and_with_prefixes(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["姓名"])
    second = book.create_sheet("二班")
    second.append(["姓名", "年级", "班级"])
    second.append(["罗娜", "#VALUE!", "1班"])
    book.move_sheet("二班", -1)
    book.save(tmp_path / "two.xlsx")

    def bare(name, content):
        if not name.startswith("xl/worksheets/"):
            return content
        content = re.sub(rb'(<c|<row) r="[A-Z0-9]+"', rb"\1", content).replace(
            b"<worksheet xmlns=", b"<worksheet xmlns:x="
        )
        return re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", content)

    for path in (tmp_path / "two.xlsx", repacked(tmp_path / "two.xlsx", tmp_path / "bare.xlsx", change=bare)):
        sheets = open_workbook(path)
        assert [(sheet.name, sheet.rows) for sheet in sheets] == [
            ("二班", [(1, ["姓名", "年级", "班级"]), (2, ["罗娜", "#VALUE!", "1班"])]),
            ("Sheet", [(1, ["姓名"])]),
        ]


def test_open_workbook_nothing_but_formulas_without_results_is_not_empty(tmp_path):
    book = openpyxl.Workbook()
    book.active["B2"] = "=A1"
    book.save(tmp_path / "formulas.xlsx")
    assert open_workbook(tmp_path / "formulas.xlsx")[0].rows == [(2, ["", NOT_CALCULATED])]


def test_open_workbook_old_xls_errors_are_no_blanks(tmp_path):
    rows = [["姓名", "年级", "班级"], ["罗娜", 0x17, 0x2A]]
    expected = [(1, ["姓名", "年级", "班级"]), (2, ["罗娜", "#REF!", "#N/A"])]
    (tmp_path / "a.xls").write_bytes(old_xls(rows))
    assert open_workbook(tmp_path / "a.xls")[0].rows == expected
    (tmp_path / "small.xls").write_bytes(in_mini_sectors(old_xls(rows)))
    assert open_workbook(tmp_path / "small.xls")[0].rows == expected


def test_open_workbook_content_without_a_file(workbook):
    assert open_workbook(workbook.read_bytes(), name="花名册.xlsx") == open_workbook(workbook)
    with pytest.raises(WorkbookError, match="含有宏"):
        open_workbook(workbook.read_bytes(), name="花名册.xlsm")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_open_workbook_csv_in_every_encoding(tmp_path, encoding, delimiter):
    path = tmp_path / "表.csv"
    text = f'姓名{delimiter}备注\r\n\r\n罗娜{delimiter}"=1+1\n第二行"\r\n'
    path.write_bytes(text.encode(encoding))
    assert open_workbook(path)[0].rows == [(1, ["姓名", "备注"]), (3, ["罗娜", "=1+1\n第二行"])]


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.csv"])
def test_open_workbook_mislabelled_but_readable_is_read(workbook, tmp_path, name):
    (tmp_path / name).write_bytes(workbook.read_bytes())
    assert open_workbook(tmp_path / name)[0].name == "花名册"
    (tmp_path / name).write_text("姓名,备注\n罗娜,\n", encoding="gbk")
    assert open_workbook(tmp_path / name)[0].rows[1] == (2, ["罗娜", ""])


def old_xls(rows, *, hidden=False, password=False):
    """A real BIFF8 workbook in an OLE container: one sheet of texts, numbers (float) and errors (int)."""

    def record(kind, body):
        return struct.pack("<HH", kind, len(body)) + body

    def text(value):
        return struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")

    cells = b""
    for y, row in enumerate(rows):
        for x, value in enumerate(row):
            where = struct.pack("<HHH", y, x, 0)
            if isinstance(value, float):
                cells += record(0x203, where + struct.pack("<d", value))
            elif isinstance(value, int):  # the number of an error: alone, or as the result of =NA()
                result = struct.pack("<BBBxxxH", 2, 0, value, 0xFFFF)
                formula = record(0x06, where + result + struct.pack("<HIH3s", 0, 0, 3, b"\x41\x0a\x00"))
                cells += formula if value == 0x2A else record(0x205, where + struct.pack("<BB", value, 1))
            else:
                cells += record(0x204, where + text(value))

    def begin(kind):
        return record(0x809, struct.pack("<HHHHII", 0x600, kind, 0x0DBB, 0x07CC, 0, 6))

    lock = record(0x2F, struct.pack("<HHH", 1, 1, 1) + b"\x5a" * 48) if password else b""
    name = struct.pack("<BB", 3, 1) + "花名册".encode("utf-16-le")
    place = len(begin(5) + lock) + 4 + 6 + len(name) + 4
    book = begin(5) + lock + record(0x85, struct.pack("<IBB", place, hidden, 0) + name) + record(0x0A, b"")
    book += begin(0x10) + cells + record(0x0A, b"")
    sectors = max(8, -(-len(book) // 512))
    book = book.ljust(sectors * 512, b"\0")

    def entry(name, kind, child, start, size):
        raw = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child)
        return raw.ljust(64, b"\0") + links + b"\0" * 36 + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, 0xFFFFFFFE, 0) + entry("Workbook", 2, 0xFFFFFFFF, 2, len(book))
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, 2 + sectors), 0xFFFFFFFE]
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(512, b"\xff")
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    head += struct.pack("<I", 0).ljust(436, b"\xff")
    return head + table + directory.ljust(512, b"\0") + book


def in_mini_sectors(content):
    """The same workbook as old programs keep a small one: in sectors of 64 bytes within the root's stream."""
    book = content[512 * 3 :][:1024]
    directory = bytearray(content[1024:1536])
    struct.pack_into("<IQ", directory, 116, 3, len(book))  # the root's stream holds the small sectors
    struct.pack_into("<IQ", directory, 128 + 116, 0, len(book))
    small = [*range(1, len(book) // 64), 0xFFFFFFFE]
    chain = [0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, *range(4, 3 + len(book) // 512), 0xFFFFFFFE]
    head = bytearray(content[:512])
    struct.pack_into("<II", head, 0x3C, 2, 1)
    tables = [struct.pack(f"<{len(t)}I", *t).ljust(512, b"\xff") for t in (chain, small)]
    return bytes(head) + tables[0] + bytes(directory) + tables[1] + book


@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.csv"])
def test_open_workbook_old_xls_whatever_it_is_called(tmp_path, name):
    (tmp_path / name).write_bytes(old_xls([["姓名", "年级"], ["罗娜", 6.0]]))
    sheets = open_workbook(tmp_path / name)
    assert sheets == [reading.Sheet("花名册", True, [(1, ["姓名", "年级"]), (2, ["罗娜", 6.0])])]


def test_open_workbook_old_xls_truncated_or_hidden(tmp_path):
    content = old_xls([["姓名", "年级"], ["罗娜", 6.0]], hidden=True)
    (tmp_path / "a.xls").write_bytes(content)
    assert open_workbook(tmp_path / "a.xls")[0].visible is False
    (tmp_path / "a.xls").write_bytes(content[:1400])
    assert refused(tmp_path / "a.xls") in ("broken", "crashed", "empty")


# --- refused files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.xlsm", "a.XLSM"])
def test_open_workbook_macro_file_by_name(workbook, tmp_path, name):
    (tmp_path / name).write_bytes(workbook.read_bytes())
    assert refused(tmp_path / name) == "macros"


def test_open_workbook_macro_file_by_content(workbook, tmp_path):
    assert refused(repacked(workbook, tmp_path / "m.xlsx", add={"xl/vbaProject.bin": b"x"})) == "macros"


def test_open_workbook_other_extension(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    assert refused(tmp_path / "a.pdf") == "extension"


def test_open_workbook_too_large(workbook):
    assert refused(workbook, size=100) == "too_large"


def test_open_workbook_too_many_rows_columns_characters(workbook):
    assert refused(workbook, rows=1) == "too_many_rows"
    assert refused(workbook, columns=3) == "too_many_columns"
    assert refused(workbook, characters=50) == "too_much_text"


def test_open_workbook_zip_bomb(workbook, tmp_path):
    bomb = repacked(
        workbook, tmp_path / "bomb.xlsx", add={"xl/worksheets/sheet9.xml": b"<a>" + b" " * (30 * 2**20)}
    )
    assert bomb.stat().st_size < 2**20
    assert refused(bomb) == "zip_bomb"
    assert refused(workbook, unpacked=1000) == "zip_bomb"


def test_open_workbook_thousands_of_parts(workbook, tmp_path):
    parts = {f"xl/media/{number}": b"" for number in range(5001)}
    assert refused(repacked(workbook, tmp_path / "parts.xlsx", add=parts)) == "zip_bomb"


@pytest.mark.parametrize("part", ["sheet1.xml", "workbook.xml", "styles.xml"])
@pytest.mark.parametrize("lead", ["", "<!-- note -->\n", "\ufeff"])
def test_open_workbook_document_type(workbook, tmp_path, part, lead):
    def with_entities(name, content):
        if not name.endswith(part):
            return content
        body = re.sub(rb"^<\?xml.*?\?>\s*", b"", content)
        return f'{lead}<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'.encode() + body

    assert refused(repacked(workbook, tmp_path / "d.xlsx", change=with_entities)) == "entities"


def test_open_workbook_part_in_utf_16(workbook, tmp_path):
    def in_utf_16(name, content):
        return content.decode().encode("utf-16") if name.endswith("sheet1.xml") else content

    assert refused(repacked(workbook, tmp_path / "d.xlsx", change=in_utf_16)) == "entities"


def test_open_workbook_password(tmp_path):
    container = reading_ole("EncryptionInfo", "EncryptedPackage")
    (tmp_path / "p.xlsx").write_bytes(container)
    assert refused(tmp_path / "p.xlsx") == "password"


def test_open_workbook_old_xls_with_password(tmp_path):
    (tmp_path / "p.xls").write_bytes(old_xls([["姓名"]], password=True))
    assert refused(tmp_path / "p.xls") == "password"


def test_open_workbook_ole_of_other_kinds(tmp_path):
    for names, code in [
        (["WordDocument"], "unsupported"),
        (["_VBA_PROJECT_CUR", "Workbook"], "macros"),
        (["Rubbish"], "broken"),
    ]:
        (tmp_path / "o.xls").write_bytes(reading_ole(*names))
        assert refused(tmp_path / "o.xls") == code


def reading_ole(*names):
    """The head of an OLE container and a directory that names some streams."""
    entries = b"".join(name.encode("utf-16-le").ljust(128, b"\0") for name in names)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + entries.ljust(1024, b"\0")


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9, 0.99])
def test_open_workbook_truncated(workbook, tmp_path, keep):
    content = workbook.read_bytes()
    (tmp_path / "t.xlsx").write_bytes(content[: int(len(content) * keep)])
    assert refused(tmp_path / "t.xlsx") == "broken"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"   \r\n ", "empty"),
        (b",,,\r\n,,\r\n", "empty"),
        ("<html><table><tr><td>姓名</td></tr></table></html>".encode(), "unsupported"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "unsupported",
        ),
        (b"%PDF-1.7 ...", "unsupported"),
        (b"\x89PNG\r\n\x1a\n", "unsupported"),
        (bytes(range(256)) * 8, "unsupported"),
        (b"PK\x05\x06" + b"\0" * 18, "unsupported"),
        (b"PK\x03\x04rubbish", "broken"),
    ],
)
@pytest.mark.parametrize("name", ["a.xls", "a.xlsx", "a.csv"])
def test_open_workbook_content_that_is_no_workbook(tmp_path, content, code, name):
    (tmp_path / name).write_bytes(content)
    assert refused(tmp_path / name) == code


def test_open_workbook_archive_of_another_kind(tmp_path):
    for part, words in [
        ("word/document.xml", "Word"),
        ("xl/workbook.bin", ".xlsb"),
        ("content.xml", ".ods"),
        ("x.txt", "压缩包"),
    ]:
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
            archive.writestr(part, "<a/>")
        with pytest.raises(WorkbookError, match=words):
            open_workbook(tmp_path / "a.xlsx")


def test_open_workbook_never_follows_a_link_out(workbook, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = f"http://127.0.0.1:{server.getsockname()[1]}/list.xlsx"
        link = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath" '
            f'Target="{place}" TargetMode="External"/></Relationships>'
        )
        parts = {"xl/externalLinks/_rels/externalLink1.xml.rels": link}

        def linked(name, content):  # the sheets themselves point outside, as links and as their own place
            if name == "xl/_rels/workbook.xml.rels":
                outside = f'<Relationship Id="rId77" Type="x" TargetMode="External" Target="{place}"/>'
                return content.replace(b"</Relationships>", f"{outside}</Relationships>".encode())
            return content

        sheets = open_workbook(repacked(workbook, tmp_path / "out.xlsx", change=linked, add=parts))
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()
    assert sheets == open_workbook(workbook)


def test_open_workbook_empty_workbook(tmp_path):
    openpyxl.Workbook().save(tmp_path / "e.xlsx")
    assert refused(tmp_path / "e.xlsx") == "empty"


def test_open_workbook_stray_cell_in_the_last_corner_ends_the_child_not_the_parent(workbook, tmp_path):
    def stretched(name, content):
        corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        return content.replace(b"</sheetData>", corner) if name.endswith("sheet1.xml") else content

    assert refused(repacked(workbook, tmp_path / "far.xlsx", change=stretched)) in ("memory", "crashed")


def test_open_workbook_child_without_memory(tmp_path):
    (tmp_path / "long.csv").write_bytes(b"name,note\n" * 2_000_000)
    assert refused(tmp_path / "long.csv", memory=48 * 2**20) == "memory"


def test_open_workbook_takes_too_long(workbook):
    assert refused(workbook, seconds=0) == "timeout"


def test_open_workbook_child_that_dies_in_mid_sentence(workbook, tmp_path, monkeypatch):
    dying = tmp_path / "dying.py"
    dying.write_text(
        "import os, sys; sys.stdout.write('{\"rows\"'); sys.stdout.flush(); os.kill(os.getpid(), 11)"
    )
    monkeypatch.setattr(reading, "PARSER", dying)
    assert refused(workbook) == "crashed"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_open_workbook_damaged_anywhere_is_read_or_refused(workbook, data):
    content = bytearray(workbook.read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = workbook.with_name("damaged.xlsx")
    damaged.write_bytes(content)
    try:
        assert open_workbook(damaged)
    except WorkbookError as error:
        assert error.code in reading.MESSAGES  # noqa: PT017  either outcome is right


def test_open_workbook_annotated_messages_have_no_gaps():
    for code in reading.MESSAGES:
        for kind in reading.KINDS:
            assert "{" not in reading.refusal(code, Limits(), kind=kind).message


# --- the shared samples ---------------------------------------------------------------------------


class Wanted:
    def __init__(self, name, heading, *aliases):
        self.name, self.heading, self.aliases, self.required = name, heading, aliases, True


SAMPLE_COLUMNS = [
    Wanted("name", "姓名", "学校名称", "名称"),
    Wanted("id", "身份证件号", "身份证号", "证件号码", "残疾证号", "学校标识码", "区划代码"),
]


@pytest.mark.samples
@pytest.mark.parametrize("county", ["county-a", "county-b"])
@pytest.mark.parametrize(
    ("name", "sheets"),
    [
        ("areas", 1),
        ("schools", 1),
        ("roster", 1),
        ("registered-poor", 1),
        ("categories", 5),
        ("target-list", 1),
        ("away", 1),
    ],
)
def test_samples_header_found_on_every_sheet(shared_samples, county, name, sheets):
    picked, skipped = pick_sheets(open_workbook(shared_samples / county / f"{name}.xlsx"), SAMPLE_COLUMNS)
    assert len(picked) == sheets
    assert skipped == []
    assert [one.header.missing for one in picked] == [[]] * sheets


@pytest.mark.samples
@pytest.mark.parametrize(("county", "rows"), [("county-a", 3000), ("county-b", 3024)])
def test_samples_roster_has_exactly_its_rows(shared_samples, county, rows):
    sheet = open_workbook(shared_samples / county / "roster.xlsx")[0]
    skipped = []
    header = find_header(sheet.rows, SAMPLE_COLUMNS, sheet.merged)
    assert sum(1 for _ in data_rows(sheet, header, skipped)) == rows
    assert [row.reason for row in skipped] == ([] if county == "county-a" else ["合计行", "签字盖章行"])
