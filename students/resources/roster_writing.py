"""The set-based writing of a roster's rows: students, guardians, accounts, classes, enrolments, marks."""

from django.utils import timezone

from povertyedu import bulk
from povertyedu.imports.rows import Context, Row
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.sealing import keyed_hash
from students.actions.hardship import derive_categories, mark_changed, mark_students
from students.enums import ChangeCause, EnrolmentStatus, HardshipCategory, IdentityKind, Place
from students.models import BankAccount, Enrolment, Guardian, Student

from .fact_columns import write_facts
from .roster_records import enrolment_facts, known_enrolment, known_student, student_facts


def write(created: list[Row], updated: list[Row], context: Context) -> None:
    """Write new and changed children of the term, set-based; then marks and hardship categories."""
    progress = context.progress
    progress.expect(5)
    _insert_students(created, context)
    _amend_students(updated, context)
    progress.reach(1, "正在写入监护人")
    touched = created + updated
    _write_guardians(touched)
    progress.reach(2, "正在写入银行账户")
    _write_accounts(touched)
    progress.reach(3, "正在写入本学期学籍")
    classes = _classes(touched)
    _insert_enrolments([row for row in touched if row.found.enrolment is None], classes, context.term)
    _amend_enrolments([row for row in updated if row.found.enrolment], classes)
    progress.reach(4, "正在核对困难类型")
    pks = [row.found.student_pk for row in touched]
    mark_changed(context.term, pks, ChangeCause.IMPORT)
    others = [row.found.student_pk for row in updated if _is_another_child(row)]
    mark_students(others, ChangeCause.IMPORT)
    derive_categories(context.term, student_ids=pks)


def _is_another_child(row: Row) -> bool:
    """Whether something changes that rules ask of the child itself, in whatever term: sex, birth, people, hukou."""
    old, new = known_student(row.found.student), student_facts(row)
    return any(new[place] is not None and new[place] != old[place] for place in (1, 2, 3, 9))


def _insert_students(rows: list[Row], context: Context) -> None:
    if not rows:
        return
    now = timezone.now()
    for row, pk in zip(rows, bulk.new_keys(Student, len(rows)), strict=True):
        row.found.student_pk = pk
    columns = (
        "id", "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "student_no_hash",
        "phone", "home_area_id", "home_address", "hukou", "is_left_behind", "remark", "created_at", "updated_at", "updated_by",
    )  # fmt: skip

    def new(row: Row) -> tuple:
        values, found = row.values, row.found
        number = values["id_number"] or ""
        kind = values["id_kind"] if number and values["id_kind"] else IdentityKind.ID_CARD.value if number else IdentityKind.NONE.value  # fmt: skip
        return (
            found.student_pk, values["name"], found.sex or "", found.birth, values["ethnicity"] or "", kind, number, found.id_hash,
            keyed_hash(number[-4:]) if number else "", values["student_no"] or "", found.no_hash, values["phone"] or "", found.area, "",
            values["hukou"] or "", bool(values["is_left_behind"]), values["remark"] or "", now, now, context.by_name[:60],
        )  # fmt: skip

    bulk.insert(Student, columns, map(new, rows))


def _amend_students(rows: list[Row], context: Context) -> None:
    columns = (
        "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "id_hash", "id_tail_hash", "student_no", "student_no_hash",
        "phone", "home_area_id", "hukou", "is_left_behind", "remark", "updated_at", "updated_by",
    )  # fmt: skip
    now = timezone.now()

    def changed(row: Row) -> list | None:
        old, facts = known_student(row.found.student), student_facts(row)
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
        holder, relation, bank = values["holder"], values["holder_relation"], values["bank"]
        if known is None or known.account_hash is None:
            if number:
                new.append(
                    (
                        row.found.student_pk,
                        holder or values["name"],
                        relation or "",
                        bank or "",
                        number,
                        digest,
                        tail,
                    )
                )
        elif (holder or known.holder, relation or known.holder_relation, bank or known.bank, digest or known.account_hash) != (
            known.holder, known.holder_relation, known.bank, known.account_hash
        ):  # fmt: skip
            amended.append((row.found.student_pk, holder, relation, bank, number, digest, tail))
    columns = ("holder", "relation", "bank", "number", "number_hash", "tail")
    if new:
        bulk.insert(BankAccount, ("student_id", *columns), new)
    if amended:
        bulk.amend(BankAccount, columns, amended, key="student_id")


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

    # Known from the row itself; what the lists say is derived when all rows are in.
    left_behind = HardshipCategory.LEFT_BEHIND.value

    def new(row: Row) -> tuple:
        values, found = row.values, row.found
        school, known = found.school, found.student
        area = found.area
        if known and known.home_area_id and (not area or known.home_area_id.startswith(area)):
            area = known.home_area_id
        return (
            found.student_pk, term.pk, school.pk, classes.get(_class_key(row)), found.stage, found.grade, bool(values["boarding"]),
            values["major"] or "", bool(values["agri_major"]), Place.IN_COUNTY.value, "", "", school.ownership, school.setting, school.area,
            area.ljust(12, "0") if area else "", values["entered_on"], left_behind if values["is_left_behind"] else 0, EnrolmentStatus.STUDYING.value,
        )  # fmt: skip

    if not rows:
        return
    if any(row.found.facts for row in rows):
        bulk.insert(Enrolment, (*columns, "facts"), ((*new(row), row.found.facts) for row in rows))
    else:  # the column's own default is quicker than a million empty objects
        bulk.insert(Enrolment, columns, map(new, rows))


def _amend_enrolments(rows: list[Row], classes: dict) -> None:
    columns = (
        "school_id", "school_class_id", "stage", "grade", "boarding", "major", "agri_major", "ownership", "setting", "school_area",
        "home_area", "entered_on", "status",
    )  # fmt: skip
    amended = []
    for row in rows:
        facts, known, school = enrolment_facts(row), row.found.enrolment, row.found.school
        if not any(n is not None and n != o for o, n in zip(known_enrolment(known), facts, strict=True)):
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
    write_facts((f.enrolment.pk, f.facts, f.enrolment.facts) for f in (row.found for row in rows))
