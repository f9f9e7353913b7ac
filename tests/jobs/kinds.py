"""Work for tests of the background, registered by povertyedu.settings.test; runs in real workers."""

import os
import time
from pathlib import Path

from django.db import transaction

from povertyedu.inbox.models import tell
from povertyedu.jobs.progress import JobRefused


def hold(job, progress, *, folder: str, mark: str, heedless: bool = False) -> dict:
    """Say who works (``began-ATTEMPT`` holds the pid), wait for ``folder/go``, then commit one message ``mark``.

    A ``heedless`` one never asks whether it is still wanted: only the fence can stop it.
    """
    room = Path(folder)
    progress.expect(100)
    draft = room / f"draft-{job.attempt}"
    draft.write_text(str(os.getpid()))
    draft.rename(room / f"began-{job.attempt}")
    while not (room / "go").exists():
        if not heedless:
            progress.reach(40, "正在核对")
        time.sleep(0.02)
    with transaction.atomic():
        tell(job.by, mark)
        progress.fence()
    return {"mark": mark}


def refuse(job, progress) -> dict:
    raise JobRefused("第 3 行没有学校名称，请补上后重新上传。")


def stumble(job, progress) -> dict:
    raise ValueError("529901201005120016")
