"""责任状: made out for every unit of every level, made out anew for a new holder, and signed."""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from dropout.enums import UNIT_FIELDS, UnitKind
from dropout.models import Pledge, PledgeLevel
from dropout.pledge_levels import USUAL_LEVELS
from dropout.queries.heads import Head, Heads, Unit, Units
from povertyedu import bulk
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import SYSTEM, Actor

from .uploads import kept


@transaction.atomic
def take_usual_levels(*, by: Actor) -> list[PledgeLevel]:
    """Take the plan's five levels; levels of a kind that the county already has stay as they are."""
    had = set(PledgeLevel.objects.values_list("unit_kind", flat=True))
    last = PledgeLevel.objects.aggregate(last=Max("position"))["last"] or 0
    wanted = [usual for usual in USUAL_LEVELS if usual.unit_kind not in had]
    made = PledgeLevel.objects.bulk_create(
        PledgeLevel(position=position, **usual._asdict()) for position, usual in enumerate(wanted, last + 1)
    )
    if made:
        record(by, action="pledge.levels", subject=made[0], changes={"层级": ["", f"{len(made)} 个"]})
    return made


@transaction.atomic
def set_level(*, by: Actor, level: PledgeLevel, **fields: Any) -> PledgeLevel:
    """Change or add a level. Raise ValidationError where the link is held for another kind of place."""
    old = PledgeLevel.objects.filter(pk=level.pk).first()
    for name, value in fields.items():
        setattr(level, name, value)
    if level.link and level.link.place_field != level.unit_field:
        raise ValidationError("所选的责任层级不是这种单位的；请另选，或不选。")
    if level.position is None:
        level.position = (PledgeLevel.objects.aggregate(last=Max("position"))["last"] or 0) + 1
    level.full_clean()
    level.save()
    record(by, action="pledge.level", subject=level, changes=changes_between(old, level))
    return level


@transaction.atomic
def make_out(*, by: Actor, year: int) -> dict[str, int]:
    """Make out the year's pledges of every unit; return how many are new, made out again, and unchanged.

    A second run changes nothing. A unit whose holder is another person now gets a new pledge, the old one is kept
    as replaced; an unsigned one only takes the new names.
    """
    levels = {level.unit_kind: level for level in PledgeLevel.objects.filter(is_active=True)}
    if not levels:
        raise ValidationError("还没有设责任状的层级；请先设层级。")
    list(PledgeLevel.objects.select_for_update().order_by("pk").values_list("pk", flat=True))
    standing = _standing(year)
    new, again, touched = [], [], []
    heads = Heads(levels.values())
    for unit in Units(set(levels)).read().all():
        wanted = _made_out(unit, levels[unit.kind], heads, year)
        present = standing.get((UNIT_FIELDS[UnitKind(unit.kind)], unit.key))
        if present is None:
            new.append(wanted)
        elif present.is_signed and _is_another(present, wanted):
            wanted.issue = present.issue + 1
            again.append((present, wanted))
        elif not present.is_signed and _takes_names(present, wanted):
            touched.append(present)
    _write(new, again, touched)
    counts = {"new": len(new), "again": len(again), "named": len(touched)}
    if any(counts.values()):
        subject = next(iter(levels.values()))
        record(by, action="pledge.make_out", subject=subject, changes={f"{year}年": ["", str(counts)]})
    return counts


def _standing(year: int) -> dict[tuple[str, Any], Pledge]:
    found = {}
    for pledge in Pledge.objects.current().filter(year=year):
        for name in ("area", "school", "school_class"):
            if key := getattr(pledge, f"{name}_id"):
                found[name, key] = pledge
    return found


def _made_out(unit: Unit, level: PledgeLevel, heads: Heads, year: int) -> Pledge:
    signer, above = heads.of((unit.kind, unit.key)), heads.of(unit.above)
    if above.person and above.person == signer.person:
        above = Head(None, "")  # a centre's head who heads the school below: the unit above signs by another
    return Pledge(
        year=year, level=level, signer_id=signer.person, signer_name=signer.name, countersigner_id=above.person,
        countersigner_name=above.name, countersigning_unit=unit.above_name,
        **{f"{UNIT_FIELDS[UnitKind(unit.kind)]}_id": unit.key},
    )  # fmt: skip


def _is_another(present: Pledge, wanted: Pledge) -> bool:
    """Whether somebody else heads the unit now; a unit that heads nobody keeps the paper it has."""
    if not wanted.signer_name:
        return False
    if present.signer_id and wanted.signer_id:
        return present.signer_id != wanted.signer_id
    return present.signer_name != wanted.signer_name


NAMES = (
    "level_id",
    "signer_id",
    "signer_name",
    "countersigner_id",
    "countersigner_name",
    "countersigning_unit",
)


def _takes_names(present: Pledge, wanted: Pledge) -> bool:
    if all(getattr(present, name) == getattr(wanted, name) for name in NAMES):
        return False
    for name in NAMES:
        setattr(present, name, getattr(wanted, name))
    return True


def _write(new: list[Pledge], again: list[tuple[Pledge, Pledge]], touched: list[Pledge]) -> None:
    if again:
        replaced = [(present.pk, today()) for present, _ in again]
        bulk.amend(Pledge, ("replaced_on",), replaced)
    bulk.insert_new([*new, *(wanted for _, wanted in again)])
    if touched:
        names = ((row.pk, *(getattr(row, name) for name in NAMES)) for row in touched)
        bulk.amend(Pledge, NAMES, names, erase=True)


def follow_holders() -> None:
    """Daily: this year's pledges follow whoever holds the units now; nothing before they were first made out."""
    year = today().year
    if Pledge.objects.filter(year=year).exists() and PledgeLevel.objects.filter(is_active=True).exists():
        make_out(by=SYSTEM, year=year)


def keep_signed(
    *, by: Actor, pledge: Pledge, signer_name: str, signed_on: dt.date, upload, owner=None
) -> Pledge:
    """Keep the signed paper of a pledge; a later one takes its place. Raise ValidationError for a replaced pledge."""
    if signed_on > today():
        raise ValidationError("签订日期不能晚于今天。")
    with kept(upload, purpose="pledge", owner=owner) as stored, transaction.atomic():
        locked = Pledge.objects.select_for_update(of=("self",)).select_related("level").get(pk=pledge.pk)
        if locked.replaced_on:
            raise ValidationError("这份责任状已经换签；请在新的一份上传。")
        before = locked.file.name if locked.file_id else ""
        locked.file, locked.signed_on, locked.signer_name = stored, signed_on, signer_name
        locked.uploaded_at, locked.uploaded_by = timezone.now(), by.name
        locked.save()
        record(by, action="pledge.signed", subject=locked, changes={"签订件": [before, stored.name]})
    return locked
