"""Dated hardships as querysets: whose they are to read, which hold in a term, who is of school age."""

import datetime as dt

from django.db.models import Exists, OuterRef, Q

from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import Term
from povertyedu.orgs.scope import ScopedQuerySet
from students.enums import HardshipCategory

CUT_OFF = (8, 31)  # ages are reckoned on the day before the school year begins


def age_day(term: Term) -> dt.date:
    """Return the day on which the ages of a school year are reckoned."""
    return dt.date(term.year if term.season == Season.AUTUMN else term.year - 1, *CUT_OFF)


class HardshipStatusQuerySet(ScopedQuerySet):
    """Hardships stand where the household is registered; those without one are read by the county alone."""

    def _reads_at(self, scope) -> Q:
        if scope.of_county:
            return Q()
        return scope.area_q("household__area")

    def poor_in(self, term: Term):
        """Return who is registered poor on a day of ``term``, one row a person: the newest that counts."""
        counts = Q(
            Q(until=None) | Q(until__gte=term.starts_on),
            category=HardshipCategory.REGISTERED_POOR,
            counts=True,
            since__lte=term.ends_on,
        )
        newer = self.model.objects.filter(counts, id_hash=OuterRef("id_hash"), since__gt=OuterRef("since"))
        return self.filter(counts).filter(~Exists(newer))

    def of_age(self, term: Term, youngest: int, oldest: int):
        """Return who is from ``youngest`` to ``oldest`` whole years old on the school year's cut-off day."""
        day = age_day(term)
        born_after = dt.date(day.year - oldest - 1, day.month, day.day)
        return self.filter(
            birth_date__gt=born_after, birth_date__lte=dt.date(day.year - youngest, day.month, day.day)
        )
