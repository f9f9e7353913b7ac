"""A roster's rows against the registry: who is known, and what a row changes."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from povertyedu import bulk
from povertyedu.imports.rows import Change, Context, Row
from povertyedu.orgs.enums import Stage, grade_name
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from povertyedu.ui.templatetags.ui import mask_account, mask_id
from povertyedu.workbooks.cells import CellError
from students.enums import EnrolmentStatus, HolderRelation, Hukou, IdentityKind, Sex
from students.models import Enrolment, Student
from students.names import normal_name

NUMBER_TAKEN = "学籍号或身份证号已属于另一名学生；请对照全国学籍系统核对这两个号码。"
MERGED = "这个号码的档案已并入另一份档案，但姓名与保留的档案不同；请按保留的档案改正姓名、证件号或学籍号，不清楚的请联系县资助中心。"
GIVEN_UP = (
    "这个号码的档案已并入同一学生的另一份档案，本行按保留的档案更新，证件号和学籍号不改；请改用保留的号码。"
)
SEALED = "（已加密）"
NOT_STUDYING = "该学生本学期已登记“{}”，名册里又有；导入不会改变这一登记。已回来的请在学生页办理{}，没有回来的请从名册里删去。"
COMES_BACK = "该学生本学期已登记“{}”，名册里又有；导入后恢复在读，请确认已经回来。"


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
    holder_relation: str | None
    bank: str | None
    account_hash: str | None
    merged_into: int | None = None


_STUDENT_FIELDS = (
    "pk", "name", "sex", "birth_date", "ethnicity", "id_kind", "id_hash", "student_no_hash", "phone",
    "home_area_id", "hukou", "is_left_behind", "remark", "guardian__name", "guardian__relation",
    "guardian__id_hash", "bank_account__holder", "bank_account__relation", "bank_account__bank", "bank_account__number_hash",
    "merged_into_id",
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
    place: str
    status: str
    facts: dict


_ENROLMENT_FIELDS = (
    "pk", "student_id", "school_id", "school__name", "school_class__name", "stage", "grade", "boarding", "major", "agri_major",
    "entered_on", "home_area", "place", "status", "facts",
)  # fmt: skip


# What many children have in common is held once: a county's roster is fifty thousand of each.
_ALIKE = [
    _STUDENT_FIELDS.index(name)
    for name in (
        "sex", "birth_date", "ethnicity", "id_kind", "home_area_id", "hukou", "guardian__relation", "bank_account__relation",
        "bank_account__bank",
    )
]  # fmt: skip
_ALIKE_ENROLMENT = [
    _ENROLMENT_FIELDS.index(name)
    for name in (
        "school__name",
        "school_class__name",
        "stage",
        "major",
        "entered_on",
        "home_area",
        "place",
        "status",
    )
]


class Known:
    """The students and enrolments that a file's rows may mean; as many queries for one row as for all."""

    def __init__(self, rows: Sequence[Row], term: Term):
        sought = [row.found for row in rows]
        once: dict = {}
        with (
            transaction.atomic(),
            bulk.keys(Student, "id_hash", {f.id_hash for f in sought if f.id_hash}) as id_hashes,
            bulk.keys(Student, "student_no_hash", {f.no_hash for f in sought if f.no_hash}) as no_hashes,
        ):
            by_id = Student.objects.filter(id_hash__in=id_hashes).values_list(*_STUDENT_FIELDS)
            self.by_id = {
                values[6]: KnownStudent(*_shared(values, _ALIKE, once)) for values in by_id.iterator()
            }
            self.by_no = {s.student_no_hash: s for s in self.by_id.values() if s.student_no_hash}
            numbered = Student.objects.filter(student_no_hash__in=no_hashes).values_list(
                "pk", "student_no_hash"
            )
            # Not "NOT IN": past its working memory PostgreSQL compares every row with every other.
            others = [pk for pk, no_hash in numbered.iterator() if no_hash not in self.by_no]
            with bulk.keys(Student, "id", others) as pks:
                for values in Student.objects.filter(pk__in=pks).values_list(*_STUDENT_FIELDS):
                    self.by_no[values[7]] = KnownStudent(*values)
            found = [*self.by_id.values(), *self.by_no.values()]
            with bulk.keys(Student, "id", {s.merged_into for s in found if s.merged_into}) as pks:
                kept = Student.objects.filter(pk__in=pks).values_list(*_STUDENT_FIELDS)
                self.kept = {values[0]: KnownStudent(*values) for values in kept}
            with bulk.keys(Enrolment, "student_id", {s.pk for s in found} | self.kept.keys()) as pks:
                enrolments = Enrolment.objects.filter(term=term, student_id__in=pks)
                self.enrolments = {
                    values[1]: KnownEnrolment(*_shared(values, _ALIKE_ENROLMENT, once))
                    for values in enrolments.values_list(*_ENROLMENT_FIELDS).iterator()
                }
        owners: dict[str, set] = defaultdict(set)
        for f in sought:
            if f.no_hash:
                owners[f.no_hash].add(f.id_hash)
        self.shared = {number for number, ids in owners.items() if len(ids) > 1}
        self.claimed: set[int] = set()

    def find(self, row: Row) -> None:
        """Set ``found.student`` and ``found.enrolment``; raise CellError when numbers point to two children.

        A number of a merged record means the child of the record that was kept, where the name agrees.
        """
        found = row.found
        by_id, found.id_given_up = self._kept(self.by_id.get(found.id_hash))
        by_no, found.no_given_up = self._kept(self.by_no.get(found.no_hash))
        student = by_id or by_no
        taken = found.no_hash in self.shared or (by_id and by_no and by_id.pk != by_no.pk)
        if not by_id and by_no and found.id_hash and by_no.id_hash:
            taken = True
        if taken or (student and student.pk in self.claimed):
            raise CellError("id_conflict", NUMBER_TAKEN)
        if found.id_given_up or found.no_given_up:
            by_own_id = by_id and not found.id_given_up
            if not by_own_id and normal_name(student.name) != normal_name(row.values["name"]):
                raise CellError("id_conflict", MERGED)
            row.warn("id_number" if found.id_given_up else "student_no", "number_given_up", GIVEN_UP)
        found.student = student
        if student:
            self.claimed.add(student.pk)
            found.student_pk = student.pk
            found.enrolment = self.enrolments.get(student.pk)

    def _kept(self, student: KnownStudent | None) -> tuple[KnownStudent | None, bool]:
        """Return the record that was kept for ``student``, and whether that is another one."""
        if student is None or student.merged_into is None:
            return student, False
        return self.kept[student.merged_into], True


def _shared(values: tuple, places: list[int], once: dict) -> list:
    shared = list(values)
    for place in places:
        shared[place] = once.setdefault(shared[place], shared[place])
    return shared


def absent(rows: Sequence[Row], context: Context) -> list[tuple[str, str, str]]:
    """Return (school, class, name) of those studying this term in the rows' schools whom no row names; two queries.

    A row without a readable number names whoever has its name in its school, one with a number that was
    given up the child of the kept record.
    """
    schools = {row.found.school.pk for row in rows}
    if context.schools is not None:
        schools &= context.schools
    ids, numbers = {row.found.id_hash for row in rows}, {row.found.no_hash for row in rows}
    names = {(row.found.school.pk, row.values["name"]) for row in rows if not row.found.id_hash}
    merged = Student.objects.filter(merged_into__isnull=False)
    named = {
        kept
        for kept, id_hash, no_hash in merged.values_list("merged_into", "id_hash", "student_no_hash")
        if (id_hash and id_hash in ids) or (no_hash and no_hash in numbers)
    }
    studying = Enrolment.objects.of(context.term).studying().filter(school__in=schools)
    fields = (
        "student_id", "student__id_hash", "student__student_no_hash", "school_id", "student__name", "school__name", "stage",
        "grade", "school_class__name",
    )  # fmt: skip
    order = ("school__code", "stage", "grade", "school_class__name", "student__name", "pk")
    return [
        (school, f"{grade_name(stage, grade)}{of or ''}", name)
        for pk, id_hash, no_hash, of_school, name, school, stage, grade, of in studying.order_by(
            *order
        ).values_list(*fields)
        if not (
            pk in named
            or (id_hash and id_hash in ids)
            or (no_hash and no_hash in numbers)
            or (of_school, name) in names
        )
    ]


# --- what a row changes ---------------------------------------------------------------------------


def student_facts(row: Row) -> tuple:
    """Return the row's values in the order of KnownStudent from ``name`` to ``account_hash``; None: not given."""
    values, found = row.values, row.found
    known = found.student
    no_hash, area = found.no_hash, found.area
    id_hash, sex, birth = found.id_hash, found.sex, found.birth
    kind = values["id_kind"] if values["id_number"] else None  # a kind without a number proves nothing
    if found.id_given_up:
        id_hash = sex = birth = kind = None  # what the number that was given up says of the child, too
    if found.no_given_up or (found.id_given_up and known.student_no_hash):
        no_hash = None
    if known:
        if known.student_no_hash and values["student_no"] and values["student_no"][0] in "JL":
            no_hash = None  # a temporary number never takes the place of one that is known
        if area and known.home_area_id and known.home_area_id.startswith(area):
            area = None  # a township does not blur a village that is known
    guardian_id, account = values["guardian_id"], values["account"]
    has_account = account or (
        known and known.account_hash
    )  # without a number there is nothing to keep the others at
    holder, relation, bank = (
        values[name] if has_account else None for name in ("holder", "holder_relation", "bank")
    )
    return (
        values["name"], sex, birth, values["ethnicity"], kind, id_hash, no_hash,
        values["phone"], area, values["hukou"], values["is_left_behind"], values["remark"],
        values["guardian_name"], values["guardian_relation"], keyed_hash(guardian_id) if guardian_id else None,
        holder, relation, bank, keyed_hash(account) if account else None,
    )  # fmt: skip


def enrolment_facts(row: Row) -> tuple:
    """Return school, class, stage, grade, boarding, major, agricultural, entered, home area; None: not given."""
    values, found = row.values, row.found
    area, entered = found.area, values["entered_on"]
    known_day = found.enrolment.entered_on if found.enrolment else None
    if entered and known_day and (entered.year, entered.month) == (known_day.year, known_day.month):
        entered = None  # a month does not blur a day
    if area and found.enrolment and found.enrolment.home_area.startswith(area):
        area = None
    return (
        found.school.pk, values["class_name"], found.stage, found.grade, values["boarding"], values["major"],
        values["agri_major"], entered, area.ljust(12, "0") if area else None,
    )  # fmt: skip


_STUDENT_COLUMNS = (
    "name", "sex", "birth_date", "ethnicity", "id_kind", "id_number", "student_no", "phone", "home_village", "hukou",
    "is_left_behind", "remark", "guardian_name", "guardian_relation", "guardian_id", "holder", "holder_relation", "bank", "account",
)  # fmt: skip
_ENROLMENT_COLUMNS = (
    "school_name", "class_name", "stage", "grade", "boarding", "major", "agri_major", "entered_on", "home_village",
)  # fmt: skip
_LABELS = {
    "sex": dict(Sex.choices), "hukou": dict(Hukou.choices), "id_kind": dict(IdentityKind.choices), "stage": dict(Stage.choices),
    "boarding": {True: "住校", False: "走读"}, "holder_relation": dict(HolderRelation.choices),
}  # fmt: skip
_SEALED = {"id_number", "student_no", "guardian_id", "account", "phone"}


def changes(row: Row, resource) -> list[Change]:
    """Return what the row changes in a student who is known, and in the enrolment where there is one."""
    found, changed = row.found, []
    known = found.student
    for column, old, new in zip(_STUDENT_COLUMNS, known_student(known), student_facts(row), strict=True):
        if new is not None and new != old:
            changed.append(_change(resource, column, old, new))
    enrolment = found.enrolment
    if enrolment:
        facts = enrolment_facts(row)
        for column, old, new in zip(_ENROLMENT_COLUMNS, known_enrolment(enrolment), facts, strict=True):
            if new is not None and new != old:
                if column == "school_name":
                    old, new = enrolment.school_name, found.school.name
                elif column == "grade":
                    old, new = grade_name(enrolment.stage, old), grade_name(found.stage, new)
                changed.append(_change(resource, column, old, new))
        changed += resource.fact_changes(found.facts, enrolment.facts)
    return changed


def absence(row: Row) -> str:
    """Return the sentence for a child whom the roster names and who left, paused or graduated this term, else ""."""
    known = row.found.enrolment
    if known is None or known.status == EnrolmentStatus.STUDYING:
        return ""
    status = EnrolmentStatus(known.status)
    if known.school_id != row.found.school.pk:
        return COMES_BACK.format(status.label)
    return NOT_STUDYING.format(status.label, "复学" if status == EnrolmentStatus.SUSPENDED else "转入")


def overwrites(row: Row) -> list[list[str]]:
    """Return [person, item, old, new, hash of the new value], masked, of what two persons change on file."""
    known, values = row.found.student, row.values
    if known is None:
        return []
    found = []
    number, digest = values["id_number"], student_facts(row)[5]
    if known.id_hash and digest and digest != known.id_hash:
        found.append([known.name, "身份证件号", SEALED, mask_id(number), digest])
    if known.account_hash:
        account, holder = values["account"], values["holder"]
        digest = keyed_hash(account) if account else known.account_hash
        if digest != known.account_hash:
            found.append([known.name, "银行账号", SEALED, mask_account(account), digest])
        if holder and holder != known.holder:
            found.append([known.name, "开户人", known.holder, holder, ""])
    return found


def known_student(s: KnownStudent) -> tuple:
    return (
        s.name, s.sex, s.birth_date, s.ethnicity, s.id_kind, s.id_hash, s.student_no_hash, s.phone, s.home_area_id, s.hukou,
        s.is_left_behind, s.remark, s.guardian_name, s.guardian_relation, s.guardian_id_hash, s.holder, s.holder_relation, s.bank, s.account_hash,
    )  # fmt: skip


def known_enrolment(e: KnownEnrolment) -> tuple:
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
