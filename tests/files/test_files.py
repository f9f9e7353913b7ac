"""Stored files: sealed on disk, streamed to their owner, logged, purged when their days are over."""

import datetime as dt
import hashlib

import pytest
from django.urls import reverse
from django.utils import timezone

from povertyedu.audit.models import AccessEvent
from povertyedu.files.actions import purge_due
from povertyedu.files.models import StoredFile

NAME = "2020年秋季学期 资助台账.xlsx"


@pytest.fixture
def content():
    return bytes(range(256)) * 6000  # more than one chunk of a MiB


@pytest.fixture
def ledger(clerk, content):
    return StoredFile.keep([content], name=NAME, purpose="ledger", owner=clerk)


def download(client, user, stored):
    client.force_login(user)
    return client.get(reverse("files:download", args=[stored.pk]))


def test_file_is_sealed_on_disk_and_plain_in_use(ledger, content):
    assert content[:64] not in ledger.path.read_bytes()
    assert b"".join(ledger.chunks()) == content
    assert (ledger.size, ledger.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_owner_downloads_the_plain_bytes_under_the_chinese_name(client, clerk, ledger, content):
    response = download(client, clerk, ledger)

    assert response.status_code == 200
    assert response.streaming
    assert b"".join(response.streaming_content) == content
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''"
        "2020%E5%B9%B4%E7%A7%8B%E5%AD%A3%E5%AD%A6%E6%9C%9F%20%E8%B5%84%E5%8A%A9%E5%8F%B0%E8%B4%A6.xlsx"
    )
    assert response["Cache-Control"] == "no-store"


def test_download_of_personal_data_leaves_an_access_event(client, clerk, ledger):
    download(client, clerk, ledger)

    event = AccessEvent.objects.get()
    assert (event.by_id, event.kind, event.subject_id) == (clerk.pk, "download", str(ledger.pk))
    assert event.reason == "下载本人上传或生成的文件（ledger）"


def test_download_of_an_empty_template_leaves_none(client, clerk):
    template = StoredFile.keep(
        [b"PK"], name="花名册模板.xlsx", purpose="template", owner=clerk, personal=False
    )

    assert download(client, clerk, template).status_code == 200
    assert not AccessEvent.objects.exists()


def test_file_of_another_is_not_found(client, neighbour, ledger):
    assert download(client, neighbour, ledger).status_code == 404
    assert not AccessEvent.objects.exists()


def test_file_lost_from_disk_is_not_found(client, clerk, ledger):
    ledger.path.unlink()

    assert download(client, clerk, ledger).status_code == 404
    assert not AccessEvent.objects.exists()


@pytest.mark.sql
def test_purge_removes_bytes_that_are_due_and_keeps_the_rows(client, clerk, ledger):
    now = timezone.now()
    due = StoredFile.keep(
        [b"x"], name="花名册.xlsx", purpose="import", owner=clerk, purge_after=now - dt.timedelta(days=1)
    )
    kept = StoredFile.keep(
        [b"x"], name="花名册.xlsx", purpose="import", owner=clerk, purge_after=now + dt.timedelta(days=1)
    )

    assert (purge_due(), purge_due()) == (1, 0)

    assert [stored.path.exists() for stored in (due, kept, ledger)] == [False, True, True]
    due.refresh_from_db()
    assert due.purged_at is not None
    assert download(client, clerk, due).status_code == 404
