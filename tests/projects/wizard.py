"""A workbook taken in by the pages of the import wizard, as an officer does it."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from povertyedu.imports import tasks
from povertyedu.imports.models import ImportBatch
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS


def work(batch: ImportBatch) -> None:
    """Do what a worker would do with the batch's job."""
    batch.refresh_from_db()
    verb = {"imports.check": tasks.check, "imports.apply": tasks.apply}[batch.job.kind]
    verb(batch.job, NO_PROGRESS, **batch.job.arguments)
    Job.objects.filter(pk=batch.job_id).update(state="done", ended_at=batch.created_at)
    batch.refresh_from_db()


def taken_in(client, kind: str, content: bytes) -> tuple[ImportBatch, str]:
    """Upload, look at the preview, confirm; return the import and what the preview said."""
    upload = SimpleUploadedFile(f"{kind}.xlsx", content)
    assert client.post(reverse("imports:upload"), {"kind": kind, "file": upload}).status_code == 302
    batch = ImportBatch.objects.latest("pk")
    work(batch)
    page = reverse("imports:detail", args=[batch.pk])
    preview = client.get(page).content.decode()
    if batch.counts["created"] + batch.counts["updated"]:
        assert client.post(reverse("imports:apply", args=[batch.pk])).status_code == 302
        work(batch)
        assert client.get(page).status_code == 200
    return batch, preview
