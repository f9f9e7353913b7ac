"""What a school, a township or the county itself does: one place, and who reads it.

Whoever has one class reads what its school does, never what names children of the other classes: rows and papers
that do are read by :meth:`PlacedQuerySet.naming_children`.
"""

from django.db.models import Q, Value
from django.db.models.functions import Coalesce, Substr

from povertyedu.orgs.models import School
from povertyedu.orgs.scope import ScopedQuerySet


class PlacedQuerySet(ScopedQuerySet):
    """Rows of one place, ``school`` or ``area``; of a school also by who reads the school."""

    def _reads_at(self, scope) -> Q:
        schools = School.objects.in_scope(scope)
        return scope.area_q("area_id") | Q(school__in=schools)

    def naming_children(self, user, permission: str):
        """Return the rows whose children, of every class of the place, ``user`` reads."""
        return self.filter(names_children_at(user.scope(permission)))

    def at(self, place):
        """Return the rows of ``place``, a School or an Area."""
        return self.filter(school=place) if isinstance(place, School) else self.filter(area=place)

    def with_township(self):
        """Annotate ``township``: the first nine digits of where the place lies."""
        return self.annotate(township=Substr(Coalesce("school__area_id", "area_id", Value("")), 1, 9))


def names_children_at(scope) -> Q:
    """Return the condition on rows about all the children of ``school`` or ``area``: a class alone is not enough."""
    return scope.area_q("area_id") | scope.school_q()


ONE_PLACE = Q(school__isnull=False, area=None) | Q(school=None, area__isnull=False)
