"""Background work of the registry: ids in, one action."""

from django.http import QueryDict

from povertyedu.accounts.permissions import Permission as P
from povertyedu.jobs.progress import JobRefused
from povertyedu.orgs.models import Term
from povertyedu.workbooks.reading import WorkbookError
from students.actions import comparison as comparisons
from students.actions import duplicates
from students.forms.filters import chosen
from students.models import ColumnSet, Comparison
from students.resources.comparison_list import read_list
from students.resources.list_export import keep_list


def find_duplicates(job, progress) -> dict:
    """Look for records that may be one child; safe to run twice."""
    return duplicates.find(progress=progress)


def compare(job, progress, *, comparison: int) -> dict:
    """Carry out a comparison; run again it finds itself done."""
    found = Comparison.objects.get(pk=comparison)
    try:
        done = comparisons.carry_out(comparison=found, read=read_list, progress=progress)
    except WorkbookError as refusal:
        comparisons.fail(comparison=found, error=refusal.message)
        raise JobRefused(refusal.message) from refusal
    return {"only_left": done.only_left, "only_right": done.only_right, "both": done.both}


def export(job, progress, *, term: str, query: str, layout: str, full: bool, reason: str) -> dict:
    """Write the list of an address into a stored file of who asked; what they may see now counts."""
    found = Term.objects.get(pk=term)
    form, _, rows = chosen(QueryDict(query), user=job.by, term=found, permission=P.EXPORT_STUDENTS)
    try:
        return keep_list(
            maker=f"job {job.pk}", owner=job.by, progress=progress, term=found, rows=rows, words=form.in_force(), layout=layout, full=full, reason=reason
        )  # fmt: skip
    except ColumnSet.DoesNotExist:
        raise JobRefused("选用的列组合已被删除，请重新选列导出。") from None
