"""The rows of a list of children away against the registry, and their set-based writing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from povertyedu import bulk
from povertyedu.imports.rows import Context, Row
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import birth_date_of
from povertyedu.workbooks.identity import sex_of
from students.actions.hardship import derive_categories, mark_changed
from students.enums import AidedElsewhere, ChangeCause, EnrolmentStatus, IdentityKind, Place, Sex
from students.models import Enrolment, Student

SEXES = {"男": Sex.MALE.value, "女": Sex.FEMALE.value}
FACTS = (
    "place", "stage", "grade", "outside_school", "outside_region", "boarding", "major", "aided_elsewhere", "home_area",
)  # fmt: skip


@dataclass(slots=True)
class KnownEnrolment:
    pk: int
    status: str
    school: str | None
    place: str
    stage: str
    grade: int
    outside_school: str
    outside_region: str
    boarding: bool
    major: str
    aided_elsewhere: str
    home_area: str


@dataclass(slots=True)
class KnownChild:
    """A listed child whose record the county has, with the enrolment of the term, if any."""

    pk: int
    name: str
    home_area_id: str | None
    given_up: bool = False  # the number is that of a record merged into the child's
    enrolment: KnownEnrolment | None = None


def known_children(id_hashes: Iterable[str], term: Term) -> dict[str, KnownChild]:
    """Return the children of ``id_hashes`` by hash, of a merged record the kept one; two queries however many they are."""
    fields = (
        "id_hash",
        "pk",
        "name",
        "home_area_id",
        "merged_into_id",
        "merged_into__name",
        "merged_into__home_area",
    )
    known = {}
    with transaction.atomic(), bulk.keys(Student, "id_hash", set(id_hashes)) as keys:
        students = Student.objects.filter(id_hash__in=keys).values_list(*fields)
        for id_hash, pk, name, home, kept, *of_kept in students:
            known[id_hash] = KnownChild(kept, *of_kept, given_up=True) if kept else KnownChild(pk, name, home)
        by_pk = defaultdict(list)
        for child in known.values():
            by_pk[child.pk].append(child)
        with bulk.keys(Enrolment, "student_id", by_pk) as pks:
            enrolments = Enrolment.objects.filter(term=term, student_id__in=pks)
            for student, *rest in enrolments.values_list(
                "student_id", "pk", "status", "school__name", *FACTS
            ):
                for child in by_pk[student]:
                    child.enrolment = KnownEnrolment(*rest)
    return known


def home_of(found) -> str | None:
    """Return the household's area where the row says more than the record; a township never blurs a village."""
    known = found.known
    if known and known.home_area_id and known.home_area_id.startswith(found.area):
        return None
    return found.area


def away_facts(row: Row) -> dict:
    """Return the row's facts by field of an enrolment; None: not given, changes nothing."""
    values, found = row.values, row.found
    enrolment = found.known.enrolment if found.known else None
    area = found.area
    if enrolment and enrolment.home_area.startswith(area):
        area = None
    facts = (
        found.place, found.stage, found.grade, values["outside_school"], values["outside_region"], values["boarding"],
        values["major"], values["aided_elsewhere"], area and area.ljust(12, "0"),
    )  # fmt: skip
    return dict(zip(FACTS, facts, strict=True))


@transaction.atomic
def write(created: list[Row], updated: list[Row], context: Context) -> None:
    """Write new and changed children and their enrolments of the term, set-based; then marks and hardship."""
    _write_students(created, updated, context)
    touched = created + updated
    for row in updated:
        row.found.student_pk = row.found.known.pk
    fresh = [row for row in touched if not (row.found.known and row.found.known.enrolment)]
    _insert_enrolments(fresh, context.term)
    _amend_enrolments([row for row in updated if row.found.known.enrolment])
    pks = [row.found.student_pk for row in touched]
    mark_changed(context.term, pks, ChangeCause.IMPORT)
    derive_categories(context.term, student_ids=pks)


def _write_students(created: list[Row], updated: list[Row], context: Context) -> None:
    now, by = timezone.now(), context.by_name[:60]
    columns = (
        "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "phone",
        "home_area_id", "home_address", "hukou", "is_left_behind", "remark", "created_at", "updated_at", "updated_by",
    )  # fmt: skip

    def new(row: Row) -> tuple:
        number = row.values["id_number"]
        return (
            row.values["name"], SEXES[sex_of(number)], birth_date_of(number), "", IdentityKind.ID_CARD.value, number, row.found.id_hash,
            keyed_hash(number[-4:]), "", "", row.found.area, "", "", False, "", now, now, by,
        )  # fmt: skip

    if created:
        bulk.insert(Student, columns, map(new, created))
        with bulk.keys(Student, "id_hash", (row.found.id_hash for row in created)) as keys:
            pks = dict(Student.objects.filter(id_hash__in=keys).values_list("id_hash", "pk"))
        for row in created:
            row.found.student_pk = pks[row.found.id_hash]
    amended = [
        (row.found.known.pk, row.values["name"], home_of(row.found), now, by)
        for row in updated
        if row.values["name"] != row.found.known.name or home_of(row.found)
    ]
    if amended:
        bulk.amend(Student, ("name", "home_area_id", "updated_at", "updated_by"), amended)


def _insert_enrolments(rows: list[Row], term: Term) -> None:
    columns = (
        "student_id", "term_id", *FACTS, "agri_major", "ownership", "setting", "school_area", "categories", "status",
    )  # fmt: skip

    def new(row: Row) -> tuple:
        facts = away_facts(row)
        facts["boarding"], facts["major"] = bool(facts["boarding"]), facts["major"] or ""
        facts["aided_elsewhere"] = facts["aided_elsewhere"] or AidedElsewhere.UNKNOWN.value
        facts["home_area"] = (home_of(row.found) or row.found.known.home_area_id).ljust(12, "0")
        return (
            row.found.student_pk,
            term.pk,
            *facts.values(),
            False,
            "",
            "",
            "",
            0,
            EnrolmentStatus.STUDYING.value,
        )

    if rows:
        bulk.insert(Enrolment, columns, map(new, rows))


def _amend_enrolments(rows: list[Row]) -> None:
    if not rows:
        return
    returned = [
        row.found.known.enrolment.pk for row in rows if row.found.known.enrolment.place == Place.IN_COUNTY
    ]
    if returned:
        # A child who left our school this term and studies away since: the row follows the child.
        with bulk.keys(Enrolment, "id", returned) as pks:
            Enrolment.objects.filter(pk__in=pks).update(
                school=None, school_class=None, ownership="", setting="", school_area="", place=Place.ELSEWHERE,
                status=EnrolmentStatus.STUDYING,
            )  # fmt: skip
    bulk.amend(Enrolment, FACTS, [(row.found.known.enrolment.pk, *away_facts(row).values()) for row in rows])
