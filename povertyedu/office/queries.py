"""Reads of the county's own lists that have no place and so no scope: terms and calendar days."""

from django.db.models import Exists, OuterRef, QuerySet

from povertyedu.orgs.models import CalendarDay, Term
from students.models import Enrolment


def terms() -> QuerySet[Term]:
    """Return all terms, newest first, each with whether it has enrolments (counting them all would cost)."""
    return Term.objects.annotate(has_enrolments=Exists(Enrolment.objects.filter(term=OuterRef("pk"))))


def days_of(year: int) -> QuerySet[CalendarDay]:
    return CalendarDay.objects.filter(date__year=year)
