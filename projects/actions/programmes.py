"""Keeping programmes, their targets and what was done of them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.indicators.actions import counts
from povertyedu.indicators.enums import TargetBasis
from povertyedu.workflow.flow import Actor, StepRefused
from projects.models import Programme, ProgrammeTarget

CHANGEABLE = ("unit", "planned", "is_inferred", "indicator")


@transaction.atomic
def keep(*, by: Actor, programme: Programme) -> Programme:
    """Store a programme, new or corrected."""
    is_new = programme.pk is None
    programme.validate_constraints()
    if not is_new:
        _keep_its_years(programme)
    programme.save()
    record(by, action="programme.add" if is_new else "programme.amend", subject=programme)
    return programme


def _keep_its_years(programme: Programme) -> None:
    """Refuse years that leave out a target or a project of the programme."""
    span = (programme.first_year, programme.last_year)
    for rows, word in ((programme.targets, "目标"), (programme.projects, "项目")):
        left_out = rows.exclude(year__range=span).order_by("year").values_list("year", flat=True).first()
        if left_out:
            raise StepRefused(f"规划里已有 {left_out} 年的{word}，起止年度要包括它；请先更正{word}。")


def set_target(
    *, by: Actor, programme: Programme, year: int, item: str, unit: str, planned: Decimal, basis: str = TargetBasis.ADDED,
    clause: str = "", is_inferred: bool = False, indicator: str = "",
) -> ProgrammeTarget:  # fmt: skip
    """Set what a programme is to do of an item in a year; the same item, way of counting and clause again changes it."""
    target = ProgrammeTarget(
        programme=programme, year=year, item=item, unit=unit, planned=planned, basis=basis, clause=clause, is_inferred=is_inferred,
        indicator=indicator,
    )  # fmt: skip
    return set_targets(by=by, targets=[target])[0]


@transaction.atomic
def set_targets(*, by: Actor, targets: Sequence[ProgrammeTarget]) -> list[ProgrammeTarget]:
    """Set many targets, one line of the log per programme; statements grow with the programmes only."""
    for target in targets:
        target.validate_constraints(exclude={"item"})  # the same again takes the place of the earlier
    rows = ProgrammeTarget.objects.bulk_create(
        targets, update_conflicts=True, unique_fields=["programme", "year", "item", "basis", "clause"], update_fields=CHANGEABLE
    )  # fmt: skip
    of: dict[Programme, dict] = {}
    for row in rows:
        of.setdefault(row.programme, {})[f"{row.year} {row.item} {row.get_basis_display()}"] = [
            None,
            f"{row.planned}{row.unit}",
        ]
    for programme, changes in of.items():
        record(by, action="programme.target", subject=programme, changes=changes)
    return rows


@transaction.atomic
def drop_target(*, by: Actor, target: ProgrammeTarget) -> None:
    """Take a target off that was written wrong; the log keeps it."""
    changes = {f"{target.year} {target.item}": [f"{target.planned}{target.unit}", None]}
    record(by, action="programme.drop_target", subject=target.programme, changes=changes)
    target.delete()


def count_done(
    *,
    by: Actor,
    programme: Programme,
    on: dt.date,
    done: Mapping[str, tuple[Decimal, Decimal | None]],
    note: str = "",
) -> int:
    """Write down how much of each item stands on a day (item -> number, of how many); return how many changed."""
    rows = [
        counts.Count(programme.plan, item, on, value, whole, note) for item, (value, whole) in done.items()
    ]
    return counts.count(by=by, subject=programme, counts=rows)
