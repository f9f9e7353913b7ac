"""Facts without a column of their own as further columns of a workbook: the built-in ones and the county's."""

from collections.abc import Iterable, Sequence
from typing import Any

from povertyedu import bulk
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Row
from povertyedu.workbooks.columns import Column
from students.enums import FactKind
from students.facts import Fact, facts_in_use
from students.models import Enrolment


class FactColumns(ImportResource):
    """Mixed into a kind whose rows are children in a term; its ``found`` has a dict ``facts``. One query when made."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.facts = facts_in_use()
        self.fields |= {fact.field_name: _column(fact) for fact in self.facts}
        self._names = [(fact.field_name, fact.name) for fact in self.facts]

    def facts_of(self, row: Row) -> dict[str, Any]:
        """Return the facts that the row gives, by name."""
        values = row.values
        return {name: value for column, name in self._names if (value := values[column]) is not None}

    def fact_changes(self, given: dict, known: dict) -> list[Change]:
        """Return what ``given`` facts change of ``known`` ones, as a person reads it."""
        by_name = {fact.name: fact for fact in self.facts}
        return [
            Change(
                by_name[name].label,
                by_name[name].shown(known.get(name)) or "（空）",
                by_name[name].shown(value),
            )
            for name, value in given.items()
            if known.get(name) != value
        ]


def _column(fact: Fact) -> Column:
    options = fact.options if fact.kind in (FactKind.FLAG, FactKind.CHOICE) else ()
    return Column(
        fact.heading,
        aliases=(fact.label, *fact.aliases),
        clean=fact.clean,
        choices=options,
        note=fact.help_text,
    )


def cells(facts: dict, every: Sequence[Fact]) -> dict[str, str]:
    """Return an enrolment's facts as the cells of their columns."""
    return {fact.field_name: fact.cell(facts.get(fact.name)) for fact in every}


def write_facts(given: Iterable[tuple[int, dict, dict]]) -> None:
    """Write (enrolment, given, known) where they differ; the facts that a row does not name stay as they are."""
    patches = [
        (pk, changed)
        for pk, facts, known in given
        if (changed := {name: value for name, value in facts.items() if known.get(name) != value})
    ]
    if patches:
        bulk.patch(Enrolment, "facts", patches)
