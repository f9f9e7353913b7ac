"""Background work of dropout control: ids in, one action."""

from dropout.actions.pledge_papers import keep_zip
from dropout.models import Pledge
from povertyedu.accounts.permissions import Permission as P


def pledges(job, progress, *, year: int, level: int | None, name: str) -> dict:
    """Write the pledges of a year (of one level) that the job's person reads into one zip."""
    rows = Pledge.objects.visible_to(job.by, P.VIEW_CHAINS).current().filter(year=year)
    if level is not None:
        rows = rows.filter(level=level)
    return keep_zip(owner=job.by, pledges=rows, name=name, progress=progress)
