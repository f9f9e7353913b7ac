"""Who has signed the pledges of a year and who has not: by level, by township, by school."""

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from dropout.models import Pledge, PledgeLevel
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Area, School

TABS = {"unsigned": "没有签", "signed": "已签", "replaced": "已换签"}


@dataclass(frozen=True)
class Share:
    """How many units there are at a place, and how many have signed."""

    name: str
    total: int
    signed: int
    url: str = ""

    @property
    def unsigned(self) -> int:
        return self.total - self.signed


def in_tab(rows: QuerySet[Pledge], tab: str) -> QuerySet[Pledge]:
    if tab == "replaced":
        return rows.exclude(replaced_on=None)
    return rows.current().filter(file__isnull=tab == "unsigned")


def counts_of(rows: QuerySet[Pledge]) -> dict[str, int]:
    """Return how many stand in each tab; one query."""
    now = Q(replaced_on=None)
    return rows.order_by().aggregate(
        unsigned=Count("pk", filter=now & Q(file=None)),
        signed=Count("pk", filter=now & Q(file__isnull=False)),
        replaced=Count("pk", filter=~now),
    )


def _counted(rows: QuerySet[Pledge], name: str) -> list[tuple]:
    counted = (
        rows.current()
        .order_by()
        .values(name)
        .annotate(total=Count("pk"), signed=Count("pk", filter=Q(file__isnull=False)))
    )
    return [(row[name], row["total"], row["signed"]) for row in counted]


def by_level(rows: QuerySet[Pledge], user) -> list[Share]:
    """Return the share of each level, from the top down, empty ones too."""
    counted = {key: counts for key, *counts in _counted(rows, "level")}
    levels = PledgeLevel.objects.visible_to(user, P.VIEW_CHAINS).active()
    return [Share(level.label, *counted.get(level.pk, (0, 0)), url=f"level={level.pk}") for level in levels]


def by_township(rows: QuerySet[Pledge]) -> list[Share]:
    """Return the share of each township; what stands in none (the bureau) is the county's."""
    counted = {key: counts for key, *counts in _counted(rows.with_township(), "township")}
    names = dict(Area.objects.filter(pk__in=counted).values_list("pk", "name"))
    return [
        Share(names.get(code, "县级"), *counts, url=f"township={code}" if len(code) == 9 else "")
        for code, counts in sorted(counted.items())
    ]


def by_school(rows: QuerySet[Pledge]) -> list[Share]:
    """Return the share of each school with pledges not signed, its classes counted with it, worst first."""
    counted = {key: counts for key, *counts in _counted(rows.with_township(), "school_key") if key}
    behind = {key: counts for key, counts in counted.items() if counts[0] > counts[1]}
    names = dict(School.objects.filter(pk__in=behind).values_list("pk", "name"))
    shares = [Share(names[key], *counts, url=f"school={key}") for key, counts in behind.items()]
    return sorted(shares, key=lambda share: (-share.unsigned, share.name))
