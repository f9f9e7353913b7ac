"""Background work of the teachers app: ids in, one action."""

import datetime as dt

from povertyedu.workflow.flow import SYSTEM
from teachers.actions.allowances import draw_up_and_tell
from teachers.actions.suggested import solve
from teachers.models import PlanRun


def allowances(job, progress, *, kind: str, month: str) -> dict:
    """Draw up last month's roll of an allowance, as beat asked; run again it finds it."""
    roll = draw_up_and_tell(kind=kind, month=dt.date.fromisoformat(month))
    return {"roll": roll.pk}


def solve_plan(job, progress, *, run: int) -> dict:
    """Solve a suggested plan; one that is solved already stays as it is."""
    by = job.by.as_actor() if job.by else SYSTEM
    solved = solve(by=by, run=PlanRun.objects.get(pk=run), progress=progress)
    return {"run": solved.pk, "state": solved.state}
