"""The places that have dated duties, and who keeps the calendar there."""

from collections import defaultdict
from typing import Any

from dropout.enums import DutyPlace
from povertyedu.accounts.models import Grant
from povertyedu.accounts.permissions import ROLES, Permission
from povertyedu.orgs.enums import AreaLevel, Stage
from povertyedu.orgs.models import Area, School

COMPULSORY = (Stage.PRIMARY, Stage.JUNIOR)


def schools_with_duties():
    """Return the open schools that teach primary or junior school."""
    return School.objects.filter(is_open=True, stage_set__stage__in=COMPULSORY).distinct()


def places_of(kinds: set[str]) -> dict[str, list[tuple[int | None, str | None]]]:
    """Return (school, area) of each place by kind of place; a query for each kind."""
    areas = Area.objects.standing()
    found: dict[str, list[tuple[int | None, str | None]]] = {}
    if DutyPlace.SCHOOL in kinds:
        found[DutyPlace.SCHOOL] = [(pk, None) for pk in schools_with_duties().values_list("pk", flat=True)]
    for kind, level in ((DutyPlace.TOWNSHIP, AreaLevel.TOWNSHIP), (DutyPlace.COUNTY, AreaLevel.COUNTY)):
        if kind in kinds:
            found[kind] = [(None, pk) for pk in areas.filter(level=level).values_list("pk", flat=True)]
    return found


def keepers_of(schools: set, areas: set) -> dict[Any, list[int]]:
    """Return school or area -> the active accounts that keep the calendar right there (not those above); two queries."""
    roles = [role for role, definition in ROLES.items() if Permission.KEEP_CALENDAR in definition.permissions]
    grants = Grant.objects.filter(role__in=roles, ended_at=None, user__is_active=True).order_by("user")
    found: dict[Any, list[int]] = defaultdict(list)
    for field, places in (("school", schools), ("area", areas)):
        if places - {None}:
            for place, user in (
                grants.filter(**{f"{field}__isnull": False}).values_list(field, "user").distinct()
            ):
                found[place].append(user)
    return found
