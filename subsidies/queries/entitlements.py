"""Reads of facts and entitlements."""

from django.db.models import Count, Sum

from subsidies import engine
from subsidies.models import Entitlement

# The columns of an enrolment that make its profile, in Profile's order.
PROFILE_COLUMNS = ("stage", "grade", "boarding", "categories", "ownership", "setting", "place", "agri_major")


def profile_of(enrolment) -> engine.Profile:
    """Return the discrete facts that decide which rules apply to ``enrolment``."""
    return engine.Profile(*(getattr(enrolment, column) for column in PROFILE_COLUMNS))


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
