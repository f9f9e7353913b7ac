"""School construction on the leaders' page."""

from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from projects.models import Gap, Project
from projects.queries import lists
from projects.queries.townships import LEGENDS, towns_of
from projects.views.pictures import tiles_of


def works_of(user) -> dict | None:
    """Return figures and tiles of the projects and gaps that ``user`` may read; None where there are none. Constant queries."""
    projects = Project.objects.visible_to(user, P.VIEW_PROJECTS)
    gaps = Gap.objects.visible_to(user, P.VIEW_PROJECTS)
    towns = towns_of(projects, gaps, today(), every=False)
    if not towns:
        return None
    sums = lists.totals(projects.standing())
    late = sum(town.late for town in towns)
    return {
        "count": sums["count"], "budget_fen": sums["budget_fen"], "paid_fen": sums["paid_fen"], "built": sum(town.built for town in towns),
        "late": late, "late_tone": "bad" if late else "ok", "alerted": projects.alerted().count(), "gaps": sum(town.gaps for town in towns),
        "tiles": tiles_of(towns, "progress"),
        "bands": [{"css": f"band-{number}", "text": text} for number, text in enumerate(LEGENDS["progress"], start=1)],
    }  # fmt: skip
