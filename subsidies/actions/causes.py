"""Recalculations with a name: what set one off, and how many children had changed for what."""

from django.db.models import Count

from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from students.enums import ChangeCause
from subsidies.enums import RunCause
from subsidies.models import Recalculation

from .recalculation import Reach, recalculate


def recalculate_because(
    *, cause: RunCause, term: Term, by: Actor, school: School | None = None, only_changed: bool = False, **options
) -> Recalculation:  # fmt: skip
    """Recalculate as :func:`~.recalculation.recalculate` does, and keep with the run why.

    A child that changed for two reasons counts under both. What changes while the run is on may be counted by it or the next one.
    """
    marks = marks_by_cause(term, school)
    run = recalculate(term=term, by=by, school=school, only_changed=only_changed, **options)
    run.cause, run.marks = cause, marks
    run.save(update_fields=["cause", "marks"])
    return run


def marks_by_cause(term: Term, school: School | None = None) -> dict[str, int]:
    """Return cause -> children who wait in ``term`` to be looked at anew, in the order of the causes."""
    marks = Reach.of(term, school, only_changed=True).marks.order_by()
    found = dict(marks.values_list("cause").annotate(n=Count("student", distinct=True)))
    return {cause: found[cause] for cause in ChangeCause.values if cause in found}
