"""Workbooks damaged in every way a disk, a mail or a converter damages them: always a sentence, never a 500."""

import io
import random
import zipfile

import pytest
from django.urls import reverse

from povertyedu.imports.models import ImportBatch
from povertyedu.imports.states import ImportState
from students.models import Student

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


@pytest.mark.parametrize("damage", [flipped, cut, doubled, rezipped, odd_cells], ids=lambda f: f.__name__)
def test_damaged_workbook_never_ends_in_an_error_page(
    client, administrator, xiazhai, village, autumn, damage
):
    sound = workbook(("学生花名册", [ROSTER, *(roster_row(xiazhai, n) for n in range(1, 9))]))
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
    assert Student.objects.count() == 0
