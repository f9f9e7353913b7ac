"""Targets: set one by one, or a plan's all at once."""

from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from povertyedu.audit.models import record
from povertyedu.indicators.enums import PlaceKind
from povertyedu.indicators.models import IndicatorTarget
from povertyedu.workflow.flow import Actor


def presets() -> dict:
    """Return the plans a county may take its targets from: code -> preset (see :mod:`dropout.targets`)."""
    return import_string(settings.INDICATOR_PRESETS)


@transaction.atomic
def set_target(
    *,
    by: Actor,
    code: str,
    place_kind: str,
    year: int,
    value: Decimal,
    note: str = "",
    is_inferred: bool = False,
) -> IndicatorTarget:
    """Set the target of a year, or change it; the same again changes nothing."""
    target = (
        IndicatorTarget.objects.select_for_update()
        .filter(code=code, place_kind=place_kind, year=year)
        .first()
    )
    old = target.value if target else None
    if target is None:
        target = IndicatorTarget(code=code, place_kind=place_kind, year=year)
    elif (target.value, target.note, target.is_inferred) == (value, note, is_inferred):
        return target
    target.value, target.note, target.is_inferred = value, note, is_inferred
    target.set_by, target.set_at = by.name, timezone.now()
    target.validate_constraints()
    target.save()
    record(
        by,
        action="indicator.target",
        subject=target,
        changes={"value": ["" if old is None else str(old), str(value)]},
    )
    return target


@transaction.atomic
def pick_preset(*, by: Actor, preset: str) -> int:
    """Take over the targets of a plan for county, townships and schools; return how many. Others stay."""
    chosen = presets()[preset]
    for line in chosen.targets:
        for kind in PlaceKind.values:
            set_target(
                by=by, code=line.code, place_kind=kind, year=line.year, value=Decimal(line.value), note=f"{chosen.name}：{line.clause}",
                is_inferred=line.is_inferred,
            )  # fmt: skip
    return len(chosen.targets)
