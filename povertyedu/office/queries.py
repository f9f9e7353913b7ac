"""Reads of the county's own lists that have no place and so no scope: terms and calendar days."""

from django.db.models import Count, QuerySet

from povertyedu.orgs.models import CalendarDay, Term


def terms() -> QuerySet[Term]:
    """Return all terms, newest first, each with how many enrolments it has."""
    return Term.objects.annotate(enrolment_count=Count("enrolments"))


def days_of(year: int) -> QuerySet[CalendarDay]:
    return CalendarDay.objects.filter(date__year=year)
