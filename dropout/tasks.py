"""Background work of dropout control: ids in, one action."""

from django.http import QueryDict

from dropout.actions.pledge_papers import keep_zip
from dropout.forms.lists import LISTS
from dropout.models import Pledge
from dropout.resources.list_export import write_list
from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.made import keep_made
from povertyedu.jobs.progress import JobRefused
from povertyedu.orgs.models import Term


def pledges(job, progress, *, year: int, level: int | None, name: str) -> dict:
    """Write the pledges of a year (of one level) that the job's person reads into one zip."""
    rows = Pledge.objects.visible_to(job.by, P.VIEW_CHAINS).current().filter(year=year)
    if level is not None:
        rows = rows.filter(level=level)
    return keep_zip(owner=job.by, pledges=rows, name=name, progress=progress)


def export(job, progress, *, which: str, query: str, term: str | None) -> dict:
    """Write the list of an address into a file of the job's person; what they may read now counts."""
    asked = LISTS[which](QueryDict(query), user=job.by, term=Term.objects.filter(pk=term).first())
    if asked is None:
        raise JobRefused("要导出的台账已不在您的范围里；请回到页面重新导出。")

    def write(path):
        return write_list(
            path, which, asked.rows, name=asked.name, words=asked.words, subject=asked.subject, reading=asked.reading, by=job.by.name,
            progress=progress,
        )  # fmt: skip

    return keep_made(
        write, maker=f"job {job.pk}", owner=job.by, purpose=asked.name, permission=asked.permission, subject=asked.subject,
        reason=asked.reason, progress=progress,
    )  # fmt: skip
