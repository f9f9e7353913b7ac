"""Workbooks damaged in every way a disk, a mail or a converter damages them: always a sentence, never a 500."""

import io
import random
import zipfile

import openpyxl
import pytest
from django.urls import reverse

from povertyedu.imports.models import ImportBatch
from povertyedu.imports.states import ImportState
from students.models import Student
from tests.workbooks.test_reading import old_xls

from .conftest import ROSTER, roster_row, upload_of, workbook
from .test_pages import url, work

pytestmark = pytest.mark.django_db
ROUNDS = 6  # of each damage; seeded: the same on every machine
SUFFIXES = (".xlsx", ".xlsx", ".xlsx", ".csv", ".xls")


def flipped(content: bytes, chance: random.Random) -> bytes:
    """Some bytes turned into others."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 40)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def cut(content: bytes, chance: random.Random) -> bytes:
    """The end missing, as after a broken transfer."""
    return content[: chance.randrange(1, len(content))]


def doubled(content: bytes, chance: random.Random) -> bytes:
    """A piece copied to another place."""
    start = chance.randrange(len(content) - 1)
    at = chance.randrange(len(content))
    return content[:at] + content[start : start + 300] + content[at:]


def rezipped(content: bytes, chance: random.Random) -> bytes:
    """A sound archive one part of which is damaged, emptied or gone."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        names = source.namelist()
        victim = chance.choice(names)
        for name in names:
            part = source.read(name)
            if name == victim:
                how = chance.choice((flipped, cut, None, lambda *_: b"", lambda *_: b"<worksheet/>"))
                if how is None:
                    continue
                part = how(part, chance)
            target.writestr(name, part)
    return out.getvalue()


def odd_cells(content: bytes, chance: random.Random) -> bytes:
    """A sound workbook of what nobody expects in a cell."""
    odd = (None, "", " ", "\t", "=1/0", "#REF!", 1e300, -1, True, "９" * 400, "罗" * 5000, "1900-02-30", "\U0001f600", "\u200b", "'", "0" * 18)  # fmt: skip
    rows = [[chance.choice(odd) for _ in ROSTER] for _ in range(30)]
    return workbook(("学生花名册", [ROSTER, *rows]))


def odd(kind: str):
    """Return a damage: a part or a range that readers pass over and openpyxl stumbles on."""

    def damage(content: bytes, chance: random.Random) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(content))
        sheet, width = book["学生花名册"], len(ROSTER)
        if kind == "heading":
            sheet.merge_cells(start_row=1, start_column=width, end_row=1, end_column=width + 3)
        elif kind == "cell":
            sheet.merge_cells(start_row=10, start_column=width, end_row=10, end_column=width + 3)
        elif kind == "hidden":
            book.create_sheet("旧数据")["A1"] = "合计"
            book["旧数据"].sheet_state = "hidden"
        out, changed = io.BytesIO(), io.BytesIO()
        book.save(out)
        with zipfile.ZipFile(out) as source, zipfile.ZipFile(changed, "w") as target:
            for name in source.namelist():
                part = source.read(name)
                if (kind, name) in ODD:
                    old, new = ODD[kind, name]
                    assert old in part
                    part = part.replace(old, new)
                target.writestr(name, part)
        return changed.getvalue()

    damage.__name__ = f"odd {kind}"
    return damage


ODD = {
    ("date", "docProps/core.xml"): (b"Z</dcterms:created>", b"?</dcterms:created>"),
    ("validation", "xl/worksheets/sheet1.xml"): (
        b"</sheetData>", b'</sheetData><dataValidations count="1"><dataValidation type="colour" sqref="A2"/></dataValidations>',
    ),
    ("hidden", "xl/worksheets/sheet2.xml"): (
        b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    ),
}  # fmt: skip


def renamed(content: bytes, chance: random.Random) -> bytes:
    """A .csv, whatever its name says."""
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    lines = [",".join("" if cell is None else str(cell) for cell in row) for row in rows]
    return "\n".join(lines).encode(chance.choice(("utf-8-sig", "gb18030")))


def wrong_rows(answer) -> int:
    """Return how many rows of the download say what is wrong with them, in the clerk's workbook or in a list."""
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    told = 0
    for sheet in book.worksheets:
        column = None
        for row in sheet.iter_rows(values_only=True, max_row=200):
            if column is not None and row[column] is not None:
                told += 1
            if "错误说明" in row:
                column = row.index("错误说明")
    return told


def test_old_xls_called_xlsx_gives_its_errors_as_a_list(client, administrator, xiazhai, checked):
    content = old_xls([ROSTER, roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名="")])
    batch = checked(content, by=administrator, name="花名册.xlsx")
    assert batch.counts["rejected"] == 1
    client.force_login(administrator)
    assert wrong_rows(client.get(url("errors", batch))) == 1


DAMAGES = [
    flipped,
    cut,
    doubled,
    rezipped,
    odd_cells,
    renamed,
    *map(odd, ("validation", "date", "heading", "cell", "hidden")),
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda f: f.__name__)
def test_damaged_workbook_never_ends_in_an_error_page(
    client, administrator, xiazhai, village, autumn, damage
):
    rows = [*(roster_row(xiazhai, n) for n in range(1, 9)), roster_row(xiazhai, 9, 姓名="")]
    sound = workbook(("学生花名册", [ROSTER, *rows]))
    chance = random.Random(f"2020 {damage.__name__}")
    client.force_login(administrator)
    for round_ in range(ROUNDS):
        name = f"名册{round_}{chance.choice(SUFFIXES)}"
        answer = client.post(
            reverse("imports:upload"),
            {"kind": "roster", "term": "2020-autumn", "file": upload_of(damage(sound, chance), name)},
        )
        assert answer.status_code in (302, 422), name
        if answer.status_code == 422:
            continue
        batch = ImportBatch.objects.latest("pk")
        work(batch)
        page = client.get(url("detail", batch))
        assert page.status_code == 200, name
        assert batch.state in (ImportState.CHECKED, ImportState.REFUSED), name
        if batch.state == ImportState.REFUSED:
            assert batch.error.endswith("。"), name
            assert batch.error in page.content.decode(), name
            assert batch.staged.count() == 0
        elif batch.counts["rejected"]:
            told = wrong_rows(client.get(url("errors", batch)))
            assert told == batch.counts["rejected"], name
    assert Student.objects.count() == 0


@pytest.mark.parametrize("damage", [renamed, odd("validation"), odd("hidden")], ids=lambda f: f.__name__)
def test_command_gives_the_errors_of_what_cannot_be_marked_as_a_list(run, tmp_path, xiazhai, village, damage):
    content = workbook(("学生花名册", [ROSTER, roster_row(xiazhai, 1), roster_row(xiazhai, 2, 姓名="")]))
    errors = tmp_path / "errors.xlsx"
    answer = run("roster", damage(content, random.Random("2020")), "--term", "2020-autumn", "--errors", str(errors))  # fmt: skip
    assert answer["rejected"] == 1
    rows = openpyxl.load_workbook(errors).active.iter_rows(values_only=True)
    assert [row[1:3] for row in rows if row[1] == 3] == [(3, "没有填写姓名；请补填后重新上传。")]
