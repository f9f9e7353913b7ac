"""Reads of facts and entitlements."""

from django.db.models import Count, QuerySet, Sum

from students.enums import ChangeCause
from students.models import FactChange
from subsidies import engine
from subsidies.models import Balance, Entitlement, Recalculation


def measures_of(enrolment) -> engine.Measures:
    """Return what is the child's own in the term: meal days, the term's where the child has none."""
    days = enrolment.term.meal_days if enrolment.meal_days is None else enrolment.meal_days
    return engine.Measures(meal_days=days)


def totals_by_programme(entitlements=None, **filters) -> dict[str, dict]:
    """Return {programme code: {kind, students, amount_fen}} of entitlements, in the programmes' order."""
    rows = (Entitlement.objects if entitlements is None else entitlements).filter(**filters)
    counted = (
        rows.values("programme_id", "programme__kind", "programme__name", "programme__position")
        .annotate(students=Count("student_id"), amount_fen=Sum("amount_fen"))
        .order_by("programme__position", "programme_id")
    )
    return {
        row["programme_id"]: {
            "kind": row["programme__kind"],
            "students": row["students"],
            "amount_fen": row["amount_fen"],
        }
        for row in counted
    }


def balances_of(enrolment) -> QuerySet:
    """Return the four numbers of one child in one term, by programme in its order."""
    rows = Balance.objects.filter(student=enrolment.student_id, term=enrolment.term_id)
    return rows.select_related("programme").order_by("programme__position")


def marks_of(term=None) -> QuerySet:
    """Return the marks that wait for the next recalculation of ``term``, or of all."""
    return FactChange.objects.all() if term is None else FactChange.objects.filter(term=term)


def waiting_children(term=None) -> int:
    """Return how many children's facts changed since the last recalculation, in ``term`` or in all."""
    return marks_of(term).values("student_id").distinct().count()


def marks_by_cause(marks: QuerySet) -> dict[str, int]:
    """Return cause -> children among ``marks``, in the order of the causes; a child that changed for two counts under both."""
    found = dict(marks.order_by().values_list("cause").annotate(n=Count("student", distinct=True)))
    return {cause: found[cause] for cause in ChangeCause.values if cause in found}


def last_runs(term, cause: str = "", limit: int = 20) -> QuerySet:
    """Return the newest recalculations of ``term``, of one cause where it is given."""
    runs = Recalculation.objects.filter(term=term)
    return (runs.because_of(cause) if cause else runs).select_related("policy", "school")[:limit]
