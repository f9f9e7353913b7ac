"""Background work of imports, named in ``settings.JOB_KINDS``: ids in, one action."""

from . import actions
from .models import ImportBatch
from .states import ImportState


def check(job, progress, *, batch: int) -> dict:
    """Check an uploaded workbook; safe to run twice."""
    found = ImportBatch.objects.get(pk=batch)
    if found.state in (ImportState.CANCELLED, ImportState.APPLIED):
        return {}
    return actions.check(batch=found, progress=progress).counts


def apply(job, progress, *, batch: int) -> dict:
    """Write a confirmed workbook, all or nothing; run again it finds itself done."""
    found = ImportBatch.objects.get(pk=batch)
    if found.state in (ImportState.CANCELLED, ImportState.WAITING):
        return {}
    by = job.by.as_actor(actions.resource_of(found.kind).permission) if job.by else actions.COMMAND_LINE
    counts = actions.apply(batch=found, by=by, progress=progress).counts
    if found.state == ImportState.WAITING:
        return {}
    actions.resource_of(found.kind).applied()
    return counts


def undo(job, progress, *, batch: int) -> dict:
    """Put back what an import changed, all or nothing; run again it finds itself done."""
    found = ImportBatch.objects.get(pk=batch)
    if found.state == ImportState.APPLIED:  # stopped before it began
        return {}
    by = job.by.as_actor(actions.resource_of(found.kind).permission) if job.by else actions.COMMAND_LINE
    return actions.undo(batch=found, by=by, progress=progress).undone
