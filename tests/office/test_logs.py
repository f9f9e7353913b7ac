"""The two logs: filters, the diff of one event, export, and the log of the export."""

import datetime as dt
import io
import re
from pathlib import Path

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from povertyedu.audit.models import AccessEvent, AuditEvent
from povertyedu.office.words import ACTION_WORDS


@pytest.fixture
def audit(client, audit_administrator):
    client.force_login(audit_administrator)
    return client


def event(**fields) -> AuditEvent:
    fields = {
        "by_name": "陈数据", "by_role": "数据管理员", "action": "school.update", "subject_type": "orgs.school",
        "subject_id": "7", "subject_label": "城关镇下寨小学",
    } | fields  # fmt: skip
    at = fields.pop("at", None)
    made = AuditEvent.objects.create(**fields)
    if at:
        AuditEvent.objects.filter(pk=made.pk).update(at=at)
    return made


def shanghai(text: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, [3, 2, 1]),
        ({"person": "杨"}, [2]),
        ({"action": "area.update"}, [3]),
        ({"subject": "下寨"}, [2, 1]),
        ({"since": "2026-03-02", "until": "2026-03-02"}, [2]),
        ({"until": "2026-03-01"}, [1]),
    ],
)
def test_events_are_filtered_by_the_address(audit, wanted, found):
    events = [
        event(at=shanghai("2026-03-01 23:59:59")),
        event(by_name="杨丽", at=shanghai("2026-03-02 00:00:00")),
        event(action="area.update", subject_label="红星村", at=shanghai("2026-03-03 08:00:00")),
    ]

    page = audit.get(reverse("office:audit"), wanted).context["page"]

    assert [row.pk for row in page.rows] == [events[number - 1].pk for number in found]


def test_event_shows_who_what_and_old_and_new(audit):
    made = event(
        changes={"setting": ["乡村", "城区"], "gone": [None, [3, 4]], "stages": ["小学", ""], "rows": 7},
        reason="撤并",
    )

    page = audit.get(reverse("office:audit_event", args=[made.pk]))

    assert sorted(page.context["changes"], key=lambda change: change["label"]) == [
        {"label": "gone", "old": "", "new": "3、4"},
        {"label": "城乡类型", "old": "乡村", "new": "城区"},
        {"label": "学段", "old": "小学", "new": ""},
        {"label": "行数", "old": "", "new": "7"},
    ]
    assert "修改学校" in page.text
    assert "撤并" in page.text


def test_every_verb_in_the_code_has_a_word():
    root = Path(__file__).resolve().parents[2]
    files = [
        path
        for app in ("povertyedu", "students", "subsidies", "dropout", "projects")
        for path in (root / app).rglob("*.py")
    ]
    codes = {code for path in files for code in re.findall(r'action="([a-z_]+\.[a-z_]+)"', path.read_text())}

    assert len(codes) > 20
    assert sorted(codes - ACTION_WORDS.keys()) == []


def test_event_of_things_that_are_no_more_is_shown_as_it_was(audit):
    made = event(action="old.verb", subject_type="old.thing", changes={"x": ["1", "2"]})

    assert audit.get(reverse("office:audit_event", args=[made.pk])).status_code == 200


def test_export_holds_the_filtered_rows_as_text_and_is_logged(audit):
    event(
        subject_label="=1+1",
        changes={"setting": ["乡村", "城区"]},
        ip="10.0.0.1",
        at=shanghai("2026-03-01 08:00:00"),
    )
    event(by_name="别人")

    response = audit.post(reverse("office:audit_export"), {"person": "陈数据"})

    sheet = openpyxl.load_workbook(io.BytesIO(response.content)).active
    rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    head = next(number for number, row in enumerate(rows) if row[0] == "时间")
    assert rows[head + 1 :] == [
        [
            "2026-03-01 08:00:00",
            "陈数据",
            "数据管理员",
            "10.0.0.1",
            "修改学校",
            "学校",
            "=1+1",
            "城乡类型：乡村 → 城区",
            "",
        ]
    ]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    logged = AuditEvent.objects.latest("pk")
    assert (logged.by_name, logged.action, logged.changes) == (
        "李审计",
        "logs.export",
        {"log": ["", "操作日志"]},
    )


def test_access_log_says_whose_data_and_why_and_is_exported(audit):
    AccessEvent.objects.create(
        by_name="杨丽", kind="reveal", subject_type="students.student", subject_label="罗娜", fields="身份证件号",
        reason="核对户口簿",
    )  # fmt: skip

    page = audit.get(reverse("office:access_log"), {"kind": "reveal"})
    other = audit.get(reverse("office:access_log"), {"kind": "print"})
    exported = audit.post(reverse("office:access_export"))

    assert "核对户口簿" in page.text
    assert other.context["page"].rows == []
    assert "没有符合条件的记录" in other.text
    assert exported.status_code == 200
    assert AuditEvent.objects.get().changes == {"log": ["", "个人信息查阅记录"]}


def test_period_that_ends_before_it_begins_is_told(audit):
    response = audit.get(reverse("office:audit"), {"since": "2026-03-02", "until": "2026-03-01"})

    assert "结束日期早于开始日期，请核对。" in response.text


def test_export_is_no_page_to_open(audit):
    assert audit.get(reverse("office:audit_export")).status_code == 405
