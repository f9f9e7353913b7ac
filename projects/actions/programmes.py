"""Keeping programmes and their targets."""

from decimal import Decimal

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor
from projects.models import Programme, ProgrammeTarget


@transaction.atomic
def keep(*, by: Actor, programme: Programme) -> Programme:
    """Store a programme, new or corrected."""
    is_new = programme.pk is None
    programme.validate_constraints()
    programme.save()
    record(by, action="programme.add" if is_new else "programme.amend", subject=programme)
    return programme


@transaction.atomic
def set_target(
    *, by: Actor, programme: Programme, year: int, item: str, unit: str, planned: Decimal
) -> ProgrammeTarget:
    """Set what a programme is to do of an item in a year."""
    row, _ = ProgrammeTarget.objects.update_or_create(
        programme=programme, year=year, item=item, defaults={"unit": unit, "planned": planned}
    )
    record(
        by,
        action="programme.target",
        subject=programme,
        changes={f"{year} {item}": [None, f"{planned}{unit}"]},
    )
    return row
