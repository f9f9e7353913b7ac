"""Background work of the subsidy side: ids in, one action."""

from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import SYSTEM
from subsidies.actions.recalculation import recalculate as recalculate_term


def recalculate(job, progress, *, term: str, only_changed: bool = True) -> dict:
    """Recalculate a term; safe to run twice."""
    run = recalculate_term(
        term=Term.objects.get(pk=term),
        only_changed=only_changed,
        trigger=job.label,
        by=job.by.as_actor() if job.by else SYSTEM,
        progress=progress,
    )
    return {
        "run": run.pk,
        "created": run.created,
        "updated": run.updated,
        "ended": run.ended,
        "unchanged": run.unchanged,
    }
