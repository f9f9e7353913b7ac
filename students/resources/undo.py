"""What undoing an import means for children: where a roster writes, who must stay as they are, what follows."""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models.functions import Coalesce

from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.imports.images import Footprint
from povertyedu.imports.rows import Context, Row
from povertyedu.orgs.models import SchoolClass, Term
from students import money
from students.actions import duplicates
from students.actions.hardship import derive_categories, mark_students
from students.actions.recalculating import recalculating
from students.enums import ChangeCause
from students.models import BankAccount, Enrolment, Guardian, Student

IN_BATCH = "已列入本学期的发放批次"


class ChildrenUndone:
    """Mixed into a kind whose rows are children in a term (``row.found.student_pk``, and ``school`` if it has one)."""

    def footprints(self, rows: Sequence[Row], context: Context) -> list[Footprint]:
        """Return where such a list writes; a child's rows are undone together or not at all."""
        found = [row.found for row in rows if row.is_written]
        children = [f.student_pk for f in found if f.student_pk]
        schools = {f.school.pk for f in found if hasattr(f, "school")}
        term = {"term_id": context.term.pk}
        return [
            Footprint(Student, "id", children, owner="id", is_main=True),
            Footprint(Guardian, "student_id", children, owner="student_id"),
            Footprint(BankAccount, "student_id", children, owner="student_id"),
            Footprint(SchoolClass, "school_id", schools),
            Footprint(
                Enrolment, "student_id", children, owner="student_id", derived=("categories",), where=term
            ),
        ]

    def applied(self) -> None:
        """Look for records that may be one child, among those of the list and with all others."""
        duplicates.search()

    def owner_names(self, owners: Collection[int]) -> dict[int, str]:
        return names(owners)

    def undo_obstacles(self, owners: Collection[int], term: Term, written) -> dict[int, str]:
        return in_batches(owners, term, column="id")

    def undone(self, owners: Collection[int], term: Term, *, why: str, by: User | None) -> None:
        """Mark the children who are still there, derive their categories, have their terms recalculated."""
        there = list(names(owners))
        with recalculating(why, by=by):
            mark_students(there, ChangeCause.UNDO)
            derive_categories(term, student_ids=there)


@transaction.atomic
def names(children: Collection[int]) -> dict[int, str]:
    with bulk.keys(Student, "id", children) as keys:
        return dict(Student.objects.filter(pk__in=keys).values_list("pk", "name"))


@transaction.atomic
def in_batches(owners: Collection, term: Term, *, column: str) -> dict:
    """Return owner -> reason of the children (by ``column`` of Student) with a line of ``term`` in a batch."""
    with bulk.keys(Student, column, owners) as keys:
        # A list may name a child by the number of a record that was merged into the child's.
        children = Student.objects.filter(**{f"{column}__in": keys}).annotate(
            child=Coalesce("merged_into", "pk")
        )
        listed = children.filter(child__in=money.students_in_batches(term))
        return dict.fromkeys(listed.values_list(column, flat=True), IN_BATCH)
