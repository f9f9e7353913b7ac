"""省下达名单: the province's list of children to be aided directly in a term (facts.md 1.5, Anhui clause 5)."""

from django.db import transaction

from povertyedu import bulk
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.cleaning import short_text
from povertyedu.imports.enums import RowOutcome
from povertyedu.imports.images import Footprint
from povertyedu.imports.resources import ImportResource
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.workbooks.columns import Column
from students.models import Enrolment, Student, TargetListEntry

from . import undo
from .columns import person_name, proof_number
from .hardship_lists import identity, names_of


class TargetListResource(ImportResource):
    """One line a child; compared with the roster by ID number."""

    kind = "target-list"
    label = "省下达名单"
    preview = ("name", "id_number", "stage_text", "school_text")
    permission = Permission.IMPORT_LISTS
    note = "上级下达的资助对象名单；导入后与本学期花名册比对。"
    key_column = identified_by = "id_number"
    conflict_message = "同一身份证号在名单里出现了两次，内容不同，几行都暂不导入；请核对后只保留正确的一行。"

    name = person_name()
    id_number = proof_number()
    stage_text = Column("学段", aliases=("就读学段",), clean=short_text(20))
    school_text = Column(
        "就读学校", aliases=("学校", "学校名称", "就读学校名称"), clean=short_text(80), width=20
    )

    def look_up(self, rows, context: Context) -> None:
        """Nothing to look up: school and stage stay as the province wrote them."""

    def examine(self, row: Row, context: Context) -> None:
        person = identity(row)
        row.found = person and person[1]

    def key(self, row: Row):
        return row.found

    def look_up_records(self, rows, context: Context) -> None:
        with transaction.atomic(), bulk.keys(TargetListEntry, "id_hash", {row.found for row in rows}) as keys:
            entries = TargetListEntry.objects.filter(term=context.term, id_hash__in=keys)
            fields = ("id_hash", "pk", "name", "stage_text", "school_text")
            self.known = {id_hash: rest for id_hash, *rest in entries.values_list(*fields)}

    def compare(self, row: Row, context: Context) -> list[Change] | None:
        known = self.known.get(row.found)
        if known is None:
            return None
        told = (row.values["name"], row.values["stage_text"], row.values["school_text"])
        return [
            Change(heading, old or "（空）", new)
            for heading, old, new in zip(("姓名", "学段", "就读学校"), known[1:], told, strict=True)
            if new and new != old
        ]

    def write(self, created, updated, context: Context) -> None:
        term = context.term.pk
        columns = ("term_id", "id_hash", "id_number", "name", "stage_text", "school_text")
        new = [
            (
                term,
                row.found,
                row.values["id_number"][:18],
                v["name"],
                v["stage_text"] or "",
                v["school_text"] or "",
            )
            for row in created
            if (v := row.values)
        ]
        if new:
            bulk.insert(TargetListEntry, columns, new)
        changed = [
            (self.known[row.found][0], v["name"], v["stage_text"], v["school_text"])
            for row in updated
            if (v := row.values)
        ]
        if changed:
            bulk.amend(TargetListEntry, ("name", "stage_text", "school_text"), changed)

    def footprints(self, rows, context: Context) -> list[Footprint]:
        hashes = [row.found for row in rows if row.is_written]
        return [
            Footprint(
                TargetListEntry,
                "id_hash",
                hashes,
                owner="id_hash",
                where={"term_id": context.term.pk},
                is_main=True,
            )
        ]

    def owner_names(self, owners) -> dict:
        return names_of(TargetListEntry, owners)

    def undo_obstacles(self, owners, term, written) -> dict:
        return undo.in_batches(owners, term, column="id_hash")

    def answer(self, rows, context: Context) -> dict:
        """Compare the file's children with the term's roster, and the roster's registered poor with the list."""
        listed = {row.found for row in rows if row.outcome not in (RowOutcome.REJECTED, RowOutcome.DUPLICATE)}
        here = Enrolment.objects.of(context.term).here()
        poor = here.registered_poor().not_known_by(TargetListEntry.objects.of(context.term).values("id_hash"))
        with transaction.atomic(), bulk.keys(Student, "id_hash", listed) as keys:
            on_roster = here.known_by(keys)
            named = Student.objects.filter(id_hash__in=keys)
            children = on_roster.values("student")
            lines = named.filter(pk__in=children).count() + named.filter(merged_into__in=children).count()
            return {
                "on_roster": on_roster.count(),
                "not_on_roster": len(listed) - lines,
                "registered_poor_off_list": poor.not_known_by(keys).count(),
            }
