"""Who may do what where, for many places at once."""

from collections import defaultdict

from povertyedu.orgs.models import School

from .models import Grant
from .permissions import Role, may


class WhoMay:
    """The accounts in use that hold ``permission``, read once; :meth:`at` says who of them at a place.

    For one place see :meth:`~povertyedu.accounts.models.UserQuerySet.who_may_at`.
    """

    def __init__(self, permission: str):
        self._held: dict[tuple[str, str | int | None], set[int]] = defaultdict(set)
        roles = [role for role in Role if may(role, permission)]
        grants = Grant.objects.filter(ended_at=None, role__in=roles, user__is_active=True)
        for role, area, school, user in grants.values_list("role", "area", "school", "user"):
            if area:
                self._held["area", area].add(user)
            elif school:
                self._held["school", school].add(user)
                if role == Role.CENTRE_REVIEWER:
                    self._held["centre", school].add(user)

    def at(self, *, area: str = "", school: School | None = None) -> set[int]:
        """Return the keys of the accounts whose grant covers an area, by its code, or a school."""
        code = school.area_id if school else area
        places: list[tuple[str, str | int | None]] = [("area", code[:digits]) for digits in (6, 9, 12)]
        if school:
            places += [("school", school.pk), ("centre", school.centre_id)]
        return {user for place in places for user in self._held.get(place, ())}
