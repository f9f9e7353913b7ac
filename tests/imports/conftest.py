"""Workbooks as clerks write them, and the command that imports them."""

import io
import json

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from povertyedu.imports import actions
from tests import factories

ROSTER = (
    "学校标识码", "学校名称", "学段", "年级", "班级", "姓名", "性别", "身份证件号", "全国学籍号", "出生日期", "户籍乡镇", "户籍村", "就读方式",
    "监护人姓名", "监护人身份证件号", "联系电话", "是否留守儿童", "开户人", "银行账号",
)  # fmt: skip


def workbook(*sheets) -> bytes:
    """Return an .xlsx of (name, rows) sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def roster_row(school, number: int, **cells) -> list:
    """Return a good row of ROSTER for child ``number`` of ``school``; ``cells`` by heading replace some."""
    birth = f"2010{number % 12 + 1:02d}{number % 28 + 1:02d}"
    id_number = factories.id_number(number, birth=birth)
    good = dict(zip(ROSTER, (
        school.code, school.name, "小学", "五年级", "1班", f"罗{'一二三四五六七八九十'[number % 10]}", "", id_number, f"G{id_number}", "",
        "城关镇", "红星村", "走读", "罗丽浩", "", "13929962626", "否", "", f"6226{number:013d}",
    ), strict=True))  # fmt: skip
    return list((good | cells).values())


def roster(school, count: int, **cells) -> bytes:
    rows = [roster_row(school, number, **cells) for number in range(1, count + 1)]
    return workbook(("学生花名册", [ROSTER, *rows]))


@pytest.fixture
def run(tmp_path):
    """Run import_workbook on a path or on bytes; return its one JSON object."""

    def run(kind: str, source, *options: str, name: str = "上传.xlsx") -> dict:
        path = source
        if isinstance(source, bytes):
            path = tmp_path / name
            path.write_bytes(source)
        out = io.StringIO()
        call_command("import_workbook", kind, str(path), *options, stdout=out, stderr=io.StringIO())
        lines = out.getvalue().splitlines()
        assert len(lines) == 1
        answer = json.loads(lines[0])
        answer.pop("seconds")
        return answer

    return run


@pytest.fixture
def count_queries():
    """Return a function that runs another and tells how many queries it took."""

    def count(action) -> int:
        with CaptureQueriesContext(connection) as captured:
            action()
        return len(captured)

    return count


@pytest.fixture
def village(db):
    return factories.village()


@pytest.fixture
def checked(village, autumn):
    """Return a function that uploads a workbook as ``by`` and checks it, as the worker would."""

    def checked(content: bytes, *, by, kind: str = "roster", name: str = "花名册.xlsx"):
        batch = actions.receive(chunks=[content], name=name, kind=kind, term=autumn, by=by)
        return actions.check(batch=batch)

    return checked


def upload_of(content: bytes, name: str = "花名册.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)
