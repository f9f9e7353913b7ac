"""What the lists of hardship have in common: one person and ID a row, statuses for a term."""

from collections.abc import Sequence

from django.db import transaction

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.images import Footprint
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.sealing import keyed_hash
from students.actions.ends import lapse_ends, lapse_named, propose_ends
from students.actions.hardship import derive_categories, mark_people
from students.actions.recalculating import recalculating
from students.enums import ChangeCause, HardshipCategory
from students.models import HardshipStatus

from . import hardship_records as records
from . import undo
from .hardship_records import Plan, Timelines, Wanted

# Of a status on file, what two persons change.
SECOND_PERSON = {"起始时间", "脱贫状态"}


class HardshipListResource(ImportResource):
    """A row becomes one status, and a second one where the ID column holds a disability certificate."""

    permission = Permission.IMPORT_LISTS
    source = ""  # a ListSource: who answers for the list
    can_be_complete = proposes_ends = True
    key_column = identified_by = "id_number"
    conflict_message = "同一身份证号在名单里出现了两次，内容不同，几行都暂不导入；请核对后只保留正确的一行。"

    def wanted(self, row: Row, context: Context) -> Wanted | None:
        """Return the status the row proves; None (with errors on the row) where it proves none."""
        raise NotImplementedError  # each kind says its own

    def examine(self, row: Row, context: Context) -> None:
        row.found = self.wanted(row, context)

    def key(self, row: Row):
        return row.found and row.found.key

    def look_up_records(self, rows: Sequence[Row], context: Context) -> None:
        self.timelines = Timelines((row.found.id_hash for row in rows), context.term)
        self.proved = {row.found.key for row in rows}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        plans = [self.timelines.plan(row.found)]
        also = records.certified(row.found, context.term)
        if also and also.key not in self.proved:
            self.proved.add(also.key)  # a second row of the same person proves it no second time
            plans.append(self.timelines.plan(also))
        row.found = plans
        if plans[0].changes is None:
            return None
        changes = list(plans[0].changes)
        for plan in plans[1:]:
            changes += plan.changes if plan.changes is not None else [Change("残疾", "（无）", "持证残疾人")]
        return changes

    def households(self, rows: list[Row]) -> dict[str, int]:
        """Write what the rows say of households and return their keys by number; none by default."""
        return {}

    def write(self, created, updated, context: Context) -> None:
        rows = created + updated
        households = self.households(rows)
        plans: list[Plan] = [plan for row in rows for plan in row.found if plan.writes]
        records.write(plans, context.term, households)

    def overwrites(self, row: Row) -> list[list[str]]:
        labels = dict(HardshipCategory.choices)
        return [
            [plan.wanted.name, f"{labels[plan.wanted.category]}{change.heading}", change.old, change.new, ""]
            for plan in row.found
            for change in plan.changes or ()
            if plan.known and change.heading in SECOND_PERSON
        ]

    def apply(self, rows, context: Context) -> None:
        rows = list(rows)
        super().apply(rows, context)
        named = {plan.wanted.key for row in rows for plan in row.found if plan.wanted.is_primary}
        lapse_named(context.term, self.source, named)

    def taken_in(self, rows, unread, context: Context, *, by, list_name: str) -> None:
        plans = [plan for row in rows for plan in row.found if plan.wanted.is_primary]
        propose_ends(
            by=by, term=context.term, list_name=list_name, source=self.source, unread=unread,
            categories={plan.wanted.category for plan in plans}, listed={plan.wanted.id_hash for plan in plans},
        )  # fmt: skip

    def footprints(self, rows, context: Context) -> list[Footprint]:
        plans = [plan for row in rows if row.is_written for plan in row.found if plan.writes]
        hashes = {plan.wanted.id_hash for plan in plans}
        return [Footprint(HardshipStatus, "id_hash", hashes, owner="id_hash", is_main=True)]

    def owner_names(self, owners) -> dict:
        return names_of(HardshipStatus, owners)

    def undo_obstacles(self, owners, term, written) -> dict:
        return undo.in_batches(owners, term, column="id_hash")

    def undone(self, owners, term, *, why, by) -> None:
        with recalculating(why, by=by):
            derive_categories(id_hashes=owners)
            mark_people(owners, ChangeCause.UNDO)
            lapse_ends(term, self.source)


def names_of(model, hashes) -> dict[str, str]:
    """Return ID hash -> name as ``model`` has it."""
    with transaction.atomic(), bulk.keys(model, "id_hash", hashes) as keys:
        return dict(model.objects.filter(id_hash__in=keys).values_list("id_hash", "name"))


def identity(row: Row) -> tuple[str, str, str] | None:
    """Return ID number, its hash, and the number as written (a certificate is longer); None where it is wrong."""
    number = row.values["id_number"]
    if not number or row.values["name"] is None:
        return None
    return number[:18], keyed_hash(number[:18]), number
