"""Background work of the teachers app: ids in, one action."""

import datetime as dt

from teachers.actions.allowances import draw_up_and_tell


def allowances(job, progress, *, kind: str, month: str) -> dict:
    """Draw up last month's roll of an allowance, as beat asked; run again it finds it."""
    roll = draw_up_and_tell(kind=kind, month=dt.date.fromisoformat(month))
    return {"roll": roll.pk}
