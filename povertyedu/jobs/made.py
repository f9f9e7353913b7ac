"""A file that a job makes for its person: kept as long as uploads are, one line in the log, a message that leads to it."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.db import transaction
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.audit.models import record_access
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell
from povertyedu.options.registry import option


class Made(NamedTuple):
    """The name of a file, and in words what of whom it holds, for the log."""

    name: str
    told: str


def keep_made(
    write: Callable[[Path], Made], *, maker: str, owner: User, purpose: str, permission: str, subject: Model, reason: str, progress
) -> dict:  # fmt: skip
    """Keep what ``write`` puts at a path as a file of ``owner``; return its key as ``file``.

    ``permission``: what they must hold whenever they take it out; ``subject`` and ``reason`` are the log's. ``maker``
    names the job: one that was cut off leaves neither file nor a line in the log, one run again after its end finds its file.
    """
    key, days = StoredFile.key_of(maker), option("upload_keep_days")
    if StoredFile.objects.filter(pk=key).exists():
        return {"file": str(key)}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made"
        made = write(path)
        with transaction.atomic():
            stored = StoredFile.keep(
                StoredFile.pieces(path), name=made.name, purpose=purpose, owner=owner, key=key, permission=permission,
                purge_after=timezone.now() + dt.timedelta(days=days),
            )  # fmt: skip
            record_access(
                owner.as_actor(),
                kind="download",
                subject=subject,
                fields=made.told[:200],
                reason=reason[:500],
            )
            url = reverse("files:download", args=[stored.pk])
            tell(owner, f"{made.name} 已生成，点开即可下载，保留 {days} 天。", url=url, tone="ok")
            progress.fence()
    return {"file": str(stored.pk)}
