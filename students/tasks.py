"""Background work of the registry: ids in, one action."""

from students.actions import duplicates


def find_duplicates(job, progress) -> dict:
    """Look for records that may be one child; safe to run twice."""
    return duplicates.find(progress=progress)
