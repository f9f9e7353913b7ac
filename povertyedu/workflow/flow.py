"""Transition tables and the one verb that moves a row along them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record


@dataclass(frozen=True)
class Actor:
    """Who acts, as they were: kept by value so that lower layers need no key to an account."""

    id: int | None
    name: str
    role: str
    ip: str = ""


SYSTEM = Actor(None, "系统", "")


class StepRefused(Exception):
    """A step cannot be taken now; the message is a Chinese sentence for the person who tried."""


@dataclass(frozen=True)
class Transition:
    """One row of a table: ``verb`` takes a row from any of ``sources`` to ``target``.

    ``permission`` names who may (button, view and verb ask the same line); ``needs_reason`` means
    the decision row must say why.
    """

    verb: str
    sources: tuple[StrEnum, ...]
    target: StrEnum
    permission: str
    label: str
    needs_reason: bool = False


@dataclass(frozen=True)
class Flow:
    """A transition table over a model's ``state`` field."""

    name: str
    transitions: tuple[Transition, ...]
    by_verb: dict[str, Transition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_verb", {(t.verb): t for t in self.transitions})

    def __getitem__(self, verb: str) -> Transition:
        return self.by_verb[verb]

    def open_to(self, state: str, may: Callable[[str], bool]) -> list[Transition]:
        """Return the transitions out of ``state`` whose permission ``may(permission)`` grants."""
        return [t for t in self.transitions if state in t.sources and may(t.permission)]


def advance(row: Any, flow: Flow, verb: str, *, by: Actor, reason: str = "", **changes: Any) -> Any:
    """Move ``row`` along ``flow`` and return its decision row.

    The step is claimed before anything acts: the update finds the row only in a state the step
    starts from, so a second click or a second person changes nothing and gets StepRefused.
    ``changes`` are other fields of the row to set in the same statement. The row's model has
    a ``decisions`` relation to its :class:`~povertyedu.workflow.models.Decision`.
    """
    step = flow[verb]
    if step.needs_reason and not reason.strip():
        raise StepRefused(f"“{step.label}”必须填写理由。")
    with transaction.atomic():
        rows = type(row)._default_manager
        old = rows.select_for_update().filter(pk=row.pk).values_list("state", flat=True).first()
        claimed = old in step.sources and rows.filter(pk=row.pk, state=old).update(
            state=step.target, **changes
        )
        if not claimed:
            raise StepRefused(f"不能“{step.label}”：该事项已被处理或不在这一步，请刷新后再看。")
        decision = row.decisions.model.append(
            row, step=step, old=old, by=by, reason=reason, at=timezone.now()
        )
        record(
            by,
            action=f"{flow.name}.{verb}",
            subject=row,
            changes={"state": [old, str(step.target)]},
            reason=reason,
        )
        row.refresh_from_db()
    return decision
