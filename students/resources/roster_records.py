"""A roster's rows against the registry: who is known, what a row changes, and the set-based writing of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from povertyedu import bulk
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks.cells import CellError
from students.actions.hardship import derive_categories, mark_changed
from students.enums import EnrolmentStatus, Hukou, IdentityKind, Place, Sex
from students.models import BankAccount, Enrolment, Guardian, Student

NUMBER_TAKEN = "学籍号或身份证号已属于另一名学生；请对照全国学籍系统核对这两个号码。"
SEALED = "（已加密）"


@dataclass(slots=True)
class KnownStudent:
    pk: int
    name: str
    sex: str
    birth_date: dt.date | None
    ethnicity: str
    id_kind: str
    id_hash: str | None
    student_no_hash: str | None
    phone: str
    home_area_id: str | None
    hukou: str
    is_left_behind: bool
    remark: str
    guardian_name: str | None
    guardian_relation: str | None
    guardian_id_hash: str | None
    holder: str | None
    bank: str | None
    account_hash: str | None


_STUDENT_FIELDS = (
    "pk", "name", "sex", "birth_date", "ethnicity", "id_kind", "id_hash", "student_no_hash", "phone",
    "home_area_id", "hukou", "is_left_behind", "remark", "guardian__name", "guardian__relation",
    "guardian__id_hash", "bank_account__holder", "bank_account__bank", "bank_account__number_hash",
)  # fmt: skip


@dataclass(slots=True)
class KnownEnrolment:
    pk: int
    student_id: int
    school_id: int | None
    school_name: str | None
    class_name: str | None
    stage: str
    grade: int
    boarding: bool
    major: str
    agri_major: bool
    entered_on: dt.date | None
    home_area: str


_ENROLMENT_FIELDS = (
    "pk", "student_id", "school_id", "school__name", "school_class__name", "stage", "grade", "boarding", "major", "agri_major",
    "entered_on", "home_area",
)  # fmt: skip


class Known:
    """The students and enrolments that a file's rows may mean; four queries, whatever the rows."""

    def __init__(self, rows: Sequence[Row], term: Term):
        found = [row.found for row in rows]
        with (
            transaction.atomic(),
            bulk.keys(Student, "id_hash", {f.id_hash for f in found if f.id_hash}) as id_hashes,
            bulk.keys(Student, "student_no_hash", {f.no_hash for f in found if f.no_hash}) as no_hashes,
        ):
            by_id = Student.objects.filter(id_hash__in=id_hashes).values_list(*_STUDENT_FIELDS)
            self.by_id = {values[6]: KnownStudent(*values) for values in by_id.iterator()}
            others = Student.objects.filter(student_no_hash__in=no_hashes).exclude(id_hash__in=id_hashes)
            self.by_no = {s.student_no_hash: s for s in self.by_id.values() if s.student_no_hash}
            for values in others.values_list(*_STUDENT_FIELDS).iterator():
                self.by_no[values[7]] = KnownStudent(*values)
            students = {s.pk for s in self.by_id.values()} | {s.pk for s in self.by_no.values()}
            with bulk.keys(Enrolment, "student_id", students) as pks:
                enrolments = Enrolment.objects.filter(term=term, student_id__in=pks)
                self.enrolments = {
                    values[1]: KnownEnrolment(*values)
                    for values in enrolments.values_list(*_ENROLMENT_FIELDS).iterator()
                }
        owners: dict[str, set] = defaultdict(set)
        for f in found:
            if f.no_hash:
                owners[f.no_hash].add(f.id_hash)
        self.shared = {number for number, ids in owners.items() if len(ids) > 1}
        self.claimed: set[int] = set()

    def find(self, row: Row) -> None:
        """Set ``found.student`` and ``found.enrolment``; raise CellError when numbers point to two children."""
        found = row.found
        by_id = self.by_id.get(found.id_hash)
        by_no = self.by_no.get(found.no_hash)
        student = by_id or by_no
        taken = found.no_hash in self.shared or (by_id and by_no and by_id.pk != by_no.pk)
        if not by_id and by_no and found.id_hash and by_no.id_hash:
            taken = True
        if taken or (student and student.pk in self.claimed):
            raise CellError("id_conflict", NUMBER_TAKEN)
        found.student = student
        if student:
            self.claimed.add(student.pk)
            found.student_pk = student.pk
            found.enrolment = self.enrolments.get(student.pk)


# --- what a row changes ---------------------------------------------------------------------------


def student_facts(row: Row) -> tuple:
    """Return the row's values in the order of KnownStudent from ``name`` to ``account_hash``; None: not given."""
    values, found = row.values, row.found
    known = found.student
    no_hash, area = found.no_hash, found.area
    if known:
        if known.student_no_hash and values["student_no"] and values["student_no"][0] in "JL":
            no_hash = None  # a temporary number never takes the place of one that is known
        if area and known.home_area_id and known.home_area_id.startswith(area):
            area = None  # a township does not blur a village that is known
    guardian_id, account = values["guardian_id"], values["account"]
    kind = values["id_kind"] if values["id_number"] else None  # a kind without a number proves nothing
    return (
        values["name"], found.sex, found.birth, values["ethnicity"], kind, found.id_hash, no_hash,
        values["phone"], area, values["hukou"], values["is_left_behind"], values["remark"],
        values["guardian_name"], values["guardian_relation"], keyed_hash(guardian_id) if guardian_id else None,
        values["holder"], values["bank"], keyed_hash(account) if account else None,
    )  # fmt: skip


def enrolment_facts(row: Row) -> tuple:
    """Return school, class, stage, grade, boarding, major, agricultural, entered, home area; None: not given."""
    values, found = row.values, row.found
    area = found.area
    if area and found.enrolment and found.enrolment.home_area.startswith(area):
        area = None
    return (
        found.school.pk, values["class_name"], found.stage, found.grade, values["boarding"], values["major"],
        values["agri_major"], values["entered_on"], area.ljust(12, "0") if area else None,
    )  # fmt: skip


_STUDENT_COLUMNS = (
    "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "student_no", "phone", "home_village", "hukou",
    "is_left_behind", "remark", "guardian_name", "guardian_relation", "guardian_id", "holder", "bank", "account",
)  # fmt: skip
_ENROLMENT_COLUMNS = (
    "school_name", "class_name", "stage", "grade", "boarding", "major", "agri_major", "entered_on", "home_village",
)  # fmt: skip
_LABELS = {
    "sex": dict(Sex.choices), "hukou": dict(Hukou.choices), "id_kind": dict(IdentityKind.choices), "stage": dict(Stage.choices),
    "boarding": {True: "住校", False: "走读"},
}  # fmt: skip
_SEALED = {"id_number", "student_no", "guardian_id", "account", "phone"}


def changes(row: Row, resource) -> list[Change]:
    """Return what the row changes in a student who is known, and in the enrolment where there is one."""
    found, changed = row.found, []
    known = found.student
    for column, old, new in zip(_STUDENT_COLUMNS, _known_student(known), student_facts(row), strict=True):
        if new is not None and new != old:
            changed.append(_change(resource, column, old, new))
    enrolment = found.enrolment
    if enrolment:
        facts = enrolment_facts(row)
        for column, old, new in zip(_ENROLMENT_COLUMNS, _known_enrolment(enrolment), facts, strict=True):
            if new is not None and new != old:
                if column == "school_name":
                    old, new = enrolment.school_name, found.school.name
                elif column == "grade":
                    old, new = grade_name(enrolment.stage, old), grade_name(found.stage, new)
                changed.append(_change(resource, column, old, new))
    return changed


def _known_student(s: KnownStudent) -> tuple:
    return (
        s.name, s.sex, s.birth_date, s.ethnicity, s.id_kind, s.id_hash, s.student_no_hash, s.phone, s.home_area_id, s.hukou,
        s.is_left_behind, s.remark, s.guardian_name, s.guardian_relation, s.guardian_id_hash, s.holder, s.bank, s.account_hash,
    )  # fmt: skip


def _known_enrolment(e: KnownEnrolment) -> tuple:
    return (
        e.school_id, e.class_name, e.stage, e.grade, e.boarding, e.major, e.agri_major, e.entered_on, e.home_area,
    )  # fmt: skip


def _change(resource, column: str, old, new) -> Change:
    heading = resource.fields[column].heading
    if column in _SEALED:
        return Change(heading, SEALED if old else "（空）", "（按文件更新）")
    return Change(heading, _shown(column, old), _shown(column, new))


def _shown(column: str, value) -> str:
    if value is None or value == "":
        return "（空）"
    if column in _LABELS:
        return _LABELS[column].get(value, str(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


# --- writing --------------------------------------------------------------------------------------


def write(created: list[Row], updated: list[Row], context: Context) -> None:
    """Write new and changed children of the term, set-based; then marks and hardship categories."""
    _insert_students(created, context)
    _amend_students(updated, context)
    touched = created + updated
    _write_guardians(touched)
    _write_accounts(touched)
    classes = _classes(touched)
    _insert_enrolments([row for row in touched if row.found.enrolment is None], classes, context.term)
    _amend_enrolments([row for row in updated if row.found.enrolment], classes)
    pks = [row.found.student_pk for row in touched]
    mark_changed(context.term, pks)
    derive_categories(context.term, student_ids=pks)


def _insert_students(rows: list[Row], context: Context) -> None:
    if not rows:
        return
    now = timezone.now()
    columns = (
        "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "student_no_hash",
        "phone", "home_area_id", "home_address", "hukou", "is_left_behind", "remark", "created_at", "updated_at", "updated_by",
    )  # fmt: skip

    def new(row: Row) -> tuple:
        values, found = row.values, row.found
        number = values["id_number"] or ""
        kind = values["id_kind"] if number and values["id_kind"] else IdentityKind.ID_CARD.value if number else IdentityKind.NONE.value  # fmt: skip
        return (
            values["name"], found.sex or "", found.birth, values["ethnicity"] or "", kind, number, found.id_hash,
            keyed_hash(number[-4:]) if number else "", values["student_no"] or "", found.no_hash, values["phone"] or "", found.area, "",
            values["hukou"] or "", bool(values["is_left_behind"]), values["remark"] or "", now, now, context.by_name[:60],
        )  # fmt: skip

    bulk.insert(Student, columns, map(new, rows))
    with (
        bulk.keys(Student, "id_hash", (row.found.id_hash for row in rows if row.found.id_hash)) as id_hashes,
        bulk.keys(
            Student, "student_no_hash", (row.found.no_hash for row in rows if not row.found.id_hash)
        ) as nos,
    ):
        by_id = dict(Student.objects.filter(id_hash__in=id_hashes).values_list("id_hash", "pk"))
        by_no = dict(Student.objects.filter(student_no_hash__in=nos).values_list("student_no_hash", "pk"))
    for row in rows:
        found = row.found
        found.student_pk = by_id[found.id_hash] if found.id_hash else by_no[found.no_hash]


def _amend_students(rows: list[Row], context: Context) -> None:
    columns = (
        "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "student_no_hash",
        "phone", "home_area_id", "hukou", "is_left_behind", "remark", "updated_at", "updated_by",
    )  # fmt: skip
    now = timezone.now()

    def changed(row: Row) -> list | None:
        old, facts = _known_student(row.found.student), student_facts(row)
        new = [n if n is not None and n != o else None for o, n in zip(old[:12], facts[:12], strict=True)]
        if all(value is None for value in new):
            return None
        name, sex, birth, ethnicity, kind, id_hash, no_hash, phone, area, hukou, left, remark = new
        number = row.values["id_number"] if id_hash else None
        return [
            row.found.student_pk, name, sex, birth, ethnicity, kind, number, id_hash, keyed_hash(number[-4:]) if number else None,
            row.values["student_no"] if no_hash else None, no_hash, phone, area, hukou, left, remark, now, context.by_name[:60],
        ]  # fmt: skip

    amended = [new for new in map(changed, rows) if new]
    if amended:
        bulk.amend(Student, columns, amended)


def _write_guardians(rows: list[Row]) -> None:
    new, amended = [], []
    for row in rows:
        values, known = row.values, row.found.student
        name, relation, number = values["guardian_name"], values["guardian_relation"], values["guardian_id"]
        id_hash = keyed_hash(number) if number else None
        if known is None or known.guardian_name is None:
            if name:
                new.append((row.found.student_pk, name, relation or "", number or "", id_hash or ""))
        elif (name or known.guardian_name, relation or known.guardian_relation, id_hash or known.guardian_id_hash) != (
            known.guardian_name, known.guardian_relation, known.guardian_id_hash
        ):  # fmt: skip
            amended.append((row.found.student_pk, name, relation, number, id_hash))
    if new:
        bulk.insert(Guardian, ("student_id", "name", "relation", "id_number", "id_hash"), new)
    if amended:
        bulk.amend(Guardian, ("name", "relation", "id_number", "id_hash"), amended, key="student_id")


def _write_accounts(rows: list[Row]) -> None:
    new, amended = [], []
    for row in rows:
        values, known = row.values, row.found.student
        number = values["account"]
        digest, tail = (keyed_hash(number), number[-4:]) if number else (None, None)
        holder, bank = values["holder"], values["bank"]
        if known is None or known.account_hash is None:
            if number:
                new.append((row.found.student_pk, holder or values["name"], bank or "", number, digest, tail))
        elif (holder or known.holder, bank or known.bank, digest or known.account_hash) != (
            known.holder, known.bank, known.account_hash
        ):  # fmt: skip
            amended.append((row.found.student_pk, holder, bank, number, digest, tail))
    if new:
        bulk.insert(BankAccount, ("student_id", "holder", "bank", "number", "number_hash", "tail"), new)
    if amended:
        bulk.amend(
            BankAccount, ("holder", "bank", "number", "number_hash", "tail"), amended, key="student_id"
        )


def _class_key(row: Row) -> tuple | None:
    found = row.found
    name = row.values["class_name"] or (found.enrolment.class_name if found.enrolment else None)
    return (found.school.pk, found.stage, found.grade, name) if name else None


def _classes(rows: list[Row]) -> dict[tuple, int]:
    """Return the key of every class the rows name, made where it is not there yet."""
    wanted = {key for row in rows if (key := _class_key(row))}
    fields = ("school_id", "stage", "grade", "name")

    def read() -> dict[tuple, int]:
        here = SchoolClass.objects.filter(school_id__in={key[0] for key in wanted})
        return {tuple(values): pk for pk, *values in here.values_list("pk", *fields)}

    known = read()
    missing = wanted - known.keys()
    if missing:
        bulk.merge(SchoolClass, fields, sorted(missing), unique=fields)
        known = read()
    return known


def _insert_enrolments(rows: list[Row], classes: dict, term: Term) -> None:
    columns = (
        "student_id", "term_id", "school_id", "school_class_id", "stage", "grade", "boarding", "major", "agri_major", "place",
        "outside_school", "outside_region", "ownership", "setting", "school_area", "home_area", "entered_on", "categories", "status",
    )  # fmt: skip

    def new(row: Row) -> tuple:
        values, found = row.values, row.found
        school, known = found.school, found.student
        area = found.area
        if known and known.home_area_id and (not area or known.home_area_id.startswith(area)):
            area = known.home_area_id
        return (
            found.student_pk, term.pk, school.pk, classes.get(_class_key(row)), found.stage, found.grade, bool(values["boarding"]),
            values["major"] or "", bool(values["agri_major"]), Place.IN_COUNTY.value, "", "", school.ownership, school.setting, school.area,
            area.ljust(12, "0") if area else "", values["entered_on"], 0, EnrolmentStatus.STUDYING.value,
        )  # fmt: skip

    if rows:
        bulk.insert(Enrolment, columns, map(new, rows))


def _amend_enrolments(rows: list[Row], classes: dict) -> None:
    columns = (
        "school_id", "school_class_id", "stage", "grade", "boarding", "major", "agri_major", "ownership", "setting", "school_area",
        "home_area", "entered_on", "status",
    )  # fmt: skip
    amended = []
    for row in rows:
        facts, known, school = enrolment_facts(row), row.found.enrolment, row.found.school
        if not any(n is not None and n != o for o, n in zip(_known_enrolment(known), facts, strict=True)):
            continue
        pk, _, stage, grade, boarding, major, agri, entered, area = facts
        moved = (
            (school.ownership, school.setting, school.area) if pk != known.school_id else (None, None, None)
        )
        status = EnrolmentStatus.STUDYING.value if pk != known.school_id else None
        amended.append(
            (known.pk, pk, classes.get(_class_key(row)), stage, grade, boarding, major, agri, *moved, area, entered, status)
        )  # fmt: skip
    if amended:
        bulk.amend(Enrolment, columns, amended)
