"""Where a child's row stands: where the child learns, and where it lives."""

from django.db.models import Q

from povertyedu.orgs.models import School
from povertyedu.orgs.scope import Scope


def at_child(scope: Scope) -> Q:
    """Return the condition on rows that carry where a child learns and where it lives (``school_area``, ``home_area``, ``school``).

    A centre's schools are asked for by key, not joined: each branch then has an index of its own.
    """
    return (
        scope.area_q("school_area")
        | scope.area_q("home_area")
        | Q(school__in=scope.schools)
        | Q(school__in=School.objects.filter(centre__in=scope.centres).values("pk"))
    )
