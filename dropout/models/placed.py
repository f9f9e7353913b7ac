"""What a school, a township or the county itself does: one place, and who reads it."""

from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Substr

from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet


class PlacedQuerySet(ScopedQuerySet):
    """Rows of one place, ``school`` or ``area``; of a school also by who reads the school."""

    def _reads_at(self, scope) -> Q:
        schools = School.objects.in_scope(scope)
        return scope.area_q("area_id") | Q(school__in=schools)

    def at(self, place):
        """Return the rows of ``place``, a School or an Area."""
        return self.filter(school=place) if isinstance(place, School) else self.filter(area=place)

    def with_township(self):
        """Annotate ``township``: the first nine digits of where the place lies."""
        return self.annotate(township=Substr(Coalesce("school__area_id", "area_id", Value("")), 1, 9))


ONE_PLACE = Q(school__isnull=False, area=None) | Q(school=None, area__isnull=False)
