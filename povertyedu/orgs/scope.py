"""Which places a person may read: a value built from grants, turned into one SQL condition per model.

Scope is a range on 12-digit area codes (``>= '529901100' and < '529901101'``), the same SQL on
both databases, so that an index on the code serves it.
"""

from dataclasses import dataclass

from django.db import models
from django.db.models import Q

COUNTY_DIGITS = 6


@dataclass(frozen=True)
class Scope:
    """Places by kind. ``areas`` are 6, 9 or 12-digit codes; the others are primary keys.

    ``centres`` are centre schools whose reviewer sees the schools they review.
    """

    areas: tuple[str, ...] = ()
    schools: tuple[int, ...] = ()
    centres: tuple[int, ...] = ()
    classes: tuple[int, ...] = ()

    def __bool__(self):
        return bool(self.areas or self.schools or self.centres or self.classes)

    @property
    def of_county(self) -> bool:
        """Whether a whole county is among the areas."""
        return any(len(code) <= COUNTY_DIGITS for code in self.areas)

    def area_q(self, field: str) -> Q:
        """Return the condition that ``field``, an area code of 6 to 12 digits, lies in one of the areas."""
        condition = Q(pk__in=())
        for code in self.areas:
            condition |= Q(**{f"{field}__gte": code, f"{field}__lt": after(code)})
        return condition

    def school_q(self, field: str = "school") -> Q:
        """Return the condition that ``field``, a key of a school, is one in the areas, one of the schools or one that a centre reviews."""
        return (
            self.area_q(f"{field}__area_id")
            | Q(**{f"{field}__in": self.schools})
            | Q(**{f"{field}__centre__in": self.centres})
        )


def after(code: str) -> str:
    """Return the first code that no longer begins with ``code`` (529901100 -> 529901101)."""
    return str(int(code) + 1).zfill(len(code))


class ScopedQuerySet(models.QuerySet):
    """A queryset that views may read: only through :meth:`visible_to`."""

    def visible_to(self, user, permission=None):
        """Return the rows ``user`` may read; with ``permission``, those they may use it on."""
        return self.in_scope(user.scope(permission))

    def in_scope(self, scope: Scope):
        """Return the rows that lie at the places of ``scope``."""
        return self.filter(self._reads_at(scope))

    def _reads_at(self, scope: Scope) -> Q:
        raise NotImplementedError  # each model says where its rows stand
