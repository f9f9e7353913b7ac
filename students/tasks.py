"""Background work of the registry: ids in, one action."""

from povertyedu.jobs.progress import JobRefused
from povertyedu.workbooks.reading import WorkbookError
from students.actions import comparison as comparisons
from students.actions import duplicates
from students.models import Comparison
from students.resources.comparison_list import read_list


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
