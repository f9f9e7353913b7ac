"""The disk is full: while an upload is stored, while a workbook is made, in the middle of the writing.

/dev/full refuses every byte as a full disk does. A full database is the real one on SQLite (no page may be
added); on PostgreSQL a trigger raises the error that a full disk raises there.
"""

import errno
import tempfile

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from povertyedu.files.disk import DISK_FULL, is_disk_full
from povertyedu.files.models import StoredFile
from povertyedu.imports import actions
from povertyedu.imports.models import ImportBatch
from povertyedu.jobs.actions import create
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import run
from students.models import Student
from tests import factories

from .conftest import roster, upload_of
from .test_pages import UPLOAD, mixed, url, work

pytestmark = [pytest.mark.django_db, pytest.mark.sql]


@pytest.fixture
def full_store(tmp_path, monkeypatch):
    """Uploads are kept where no byte fits."""
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    monkeypatch.setattr(StoredFile, "path", property(lambda stored: link))
    return link


@pytest.fixture
def full_temporary_folder(monkeypatch):
    """Temporary files have no room."""
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *args, **kwargs: open("/dev/full", "w+b"))  # noqa: SIM115  closed by who asked for it


def test_upload_that_does_not_fit_is_told_on_the_form_and_nothing_is_kept(
    client, administrator, xiazhai, village, autumn, full_store
):
    client.force_login(administrator)
    page = client.post(
        UPLOAD, {"kind": "roster", "term": "2020-autumn", "file": upload_of(roster(xiazhai, 2))}
    )
    assert (page.status_code, DISK_FULL in page.content.decode()) == (422, True)
    assert (ImportBatch.objects.count(), StoredFile.objects.count(), Job.objects.count()) == (0, 0, 0)
    assert not full_store.is_symlink()  # the half file is gone


def test_upload_that_does_not_fit_while_it_comes_in_is_told(administrator, settings, monkeypatch, village):
    """Django lays a larger upload into a temporary file before any view is asked."""

    def no_room(self, raw_data, start):
        self.file.close()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(
        "django.core.files.uploadhandler.TemporaryFileUploadHandler.receive_data_chunk", no_room
    )
    settings.FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    page = client.post(UPLOAD, {"kind": "roster", "file": upload_of(b"x" * 100)})
    assert (page.status_code, "服务器磁盘已满" in page.content.decode()) == (507, True)
    assert ImportBatch.objects.count() == 0


def test_workbook_of_errors_that_does_not_fit_is_told(
    client, administrator, xiazhai, checked, full_temporary_folder
):
    batch = checked(mixed(xiazhai), by=administrator)
    client.force_login(administrator)
    page = client.get(url("errors", batch), follow=True).content.decode()
    assert f"错误行没有下载成。{DISK_FULL}" in page


def test_other_download_that_does_not_fit_is_told(administrator, xiazhai, checked, full_temporary_folder):
    batch = checked(mixed(xiazhai), by=administrator)
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    page = client.get(url("absent_download", batch))
    assert (page.status_code, "请联系系统管理员清理磁盘" in page.content.decode()) == (507, True)


def test_any_other_fault_is_still_a_fault(administrator, monkeypatch, village):
    def broken(*args, **kwargs):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", broken)
    client = Client(raise_request_exception=False)
    client.force_login(administrator)
    assert client.get(reverse("imports:template", args=["roster"])).status_code == 500
    assert not is_disk_full(OperationalError("locked"))


# --- the database ---------------------------------------------------------------------------------


@pytest.fixture
def full_database(real_commits):
    """Fill the database's disk, as far as the writing of guardians and all that follows goes; call to empty it."""
    full = False

    def fill(*, table: str = "students_guardian"):
        nonlocal full
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("VACUUM")  # no free page is left within the file either
                cursor.execute("PRAGMA page_count")
                (pages,) = cursor.fetchone()
                cursor.execute(f"PRAGMA max_page_count = {pages + 1}")
            else:
                cursor.execute(
                    "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
                    "'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''53100''; END'"
                )
                cursor.execute(f"CREATE TRIGGER no_room BEFORE INSERT ON {table} EXECUTE FUNCTION no_room()")
        full = True

    def empty():
        nonlocal full
        with connection.cursor() as cursor:
            if full and connection.vendor == "sqlite":
                cursor.execute("PRAGMA max_page_count = 1073741823")
            elif full:
                cursor.execute("DROP FUNCTION no_room() CASCADE")
        full = False

    fill.empty = empty
    yield fill
    empty()


def run_job(batch: ImportBatch) -> None:
    """Do the batch's job as a worker does, its failures included."""
    batch.refresh_from_db()
    run(batch.job_id)
    batch.refresh_from_db()


def test_disk_full_in_the_middle_of_the_writing_leaves_nothing_half_done(
    client, administrator, xiazhai, checked, full_database
):
    batch = checked(roster(xiazhai, 400), by=administrator)
    client.force_login(administrator)
    client.post(url("apply", batch))
    full_database()

    run_job(batch)

    assert (batch.state, batch.error, batch.job.state, batch.job.error) == (
        "checked",
        DISK_FULL,
        "failed",
        DISK_FULL,
    )
    assert Student.objects.count() == 0
    assert DISK_FULL in client.get(url("detail", batch)).content.decode()

    full_database.empty()
    client.post(url("apply", batch))
    work(batch)
    assert (batch.state, batch.error, Student.objects.count()) == ("applied", "", 400)


def test_disk_full_while_rows_are_kept_for_the_preview_is_told_and_checked_again(
    client, administrator, xiazhai, village, autumn, full_database
):
    batch = actions.receive(
        chunks=[roster(xiazhai, 400)], name="花名册.xlsx", kind="roster", term=autumn, by=administrator
    )
    client.force_login(administrator)
    client.post(url("check", batch))
    full_database(table="imports_stagedrow")

    run_job(batch)

    assert (batch.state, batch.job.error, batch.staged.count()) == ("checking", DISK_FULL, 0)
    assert DISK_FULL in client.get(url("detail", batch)).content.decode()
    full_database.empty()
    client.post(url("check", batch))
    work(batch)
    assert (batch.state, batch.counts["created"], batch.staged.count()) == ("checked", 400, 400)


def test_any_job_that_finds_the_disk_full_says_so(person_of_jobs, monkeypatch):
    def no_room(job, progress):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tests.jobs.kinds.stumble", no_room)
    job = create(kind="test.stumble", label="核对", arguments={}, by=person_of_jobs)
    run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", DISK_FULL)


@pytest.fixture
def person_of_jobs(real_commits):
    return factories.user("周敏", username="aid")
