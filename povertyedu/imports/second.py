"""The second person of an import that changes accounts or hardships on file: nothing is written before."""

import json
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.workflow.flow import Actor, StepRefused

from .models import ImportBatch
from .rows import Row

_encode = json.JSONEncoder(ensure_ascii=False).encode


def overwritten_by(rows: Sequence[Row], resource) -> list[str]:
    """Return, as JSON, [sheet, row, person, item, old, new, hash of the new value] of what ``rows`` change on file, masked."""
    return [
        _encode([row.sheet, str(row.number), *words])
        for row in rows
        if row.changes
        for words in resource.overwrites(row)
    ]


def hand_over(batch: ImportBatch, resource, rows: Sequence[Row]) -> bool:
    """Let a confirmed batch wait for a second person where it must; return whether it waits.

    Who confirmed the very same changes before is not asked again.
    """
    found = overwritten_by(rows, resource)
    told = f"[{', '.join(found)}]"
    if not found:
        ImportBatch.objects.filter(pk=batch.pk).update(overwrites="", overwritten=0)
        return False
    if batch.checked_by_id and batch.overwrites == told:
        return False
    batch.step(
        "hand_over", overwrites=told, overwritten=len(found), school=resource.only_school(rows), checked_by=None,
        checked_by_name="", checked_at=None,
    )  # fmt: skip
    return True


def note_operator(batch: ImportBatch, resource, rows: Sequence[Row], by: Actor) -> None:
    """Record what the command changes on file as checked by its operator."""
    count = len(overwritten_by(rows, resource))
    changes = {
        "overwritten": count,
        "checked_by_name": by.name if count else "",
        "checked_at": timezone.now() if count else None,
    }
    ImportBatch.objects.filter(pk=batch.pk).update(**changes)


@transaction.atomic
def confirm_second(*, batch: ImportBatch, by: Actor) -> ImportBatch:
    """Claim a waiting batch for writing, as its second person; the caller starts the job."""
    if by.id == batch.by_id:
        raise StepRefused("这次导入是您上传的，须由另一人复核。")
    try:
        with transaction.atomic():
            batch.step("check_second", checked_by=by.id, checked_by_name=by.name, checked_at=timezone.now())
    except IntegrityError:
        raise StepRefused("这次导入须由另一人复核。") from None
    record(by, action="import.second", subject=batch, changes={"overwritten": batch.overwritten})
    return batch


@transaction.atomic
def send_back(*, batch: ImportBatch, by: Actor, reason: str) -> ImportBatch:
    """Return a waiting batch to its uploader, who reads the reason; nothing was written."""
    if not reason.strip():
        raise StepRefused("不同意的，请填写理由。")
    batch.step("send_back", error=f"{by.name}复核不同意：{reason.strip()}"[:500])
    record(by, action="import.send_back", subject=batch, reason=reason)
    uploader = User.objects.filter(pk=batch.by_id).first()
    tell(
        uploader,
        f"导入 {batch.file.name} 复核不同意：{reason.strip()}",
        url=f"/imports/{batch.pk}/",
        tone="warn",
    )
    return batch
