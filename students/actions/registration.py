"""Opening a child's record and correcting it, by hand; a roster does the same for many (:mod:`.roster`).

``data`` is the cleaned data of :class:`students.forms.StudentForm`: the fields named in
``STUDENT_FIELDS`` and ``TERM_FIELDS``, the numbers in clear ("" in a correction: unchanged), guardian and
account fields, ``facts`` (name to value, None: unknown; what is not named stays), ``home`` (an Area or None) and
``onwards`` (whether later terms take the correction too).
A refusal is a ValidationError keyed by field, with a Chinese sentence.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.orgs.models import Term
from povertyedu.sealing import keyed_hash
from students.changes import differences, fingerprint, snapshot
from students.enums import ChangeCause, Place, TermFact
from students.facts import amended, carried_changes
from students.models import BankAccount, Enrolment, Guardian, Student
from students.queries import home_of, later_terms

from .corrections import leave_for, spend
from .hardship import derive_categories, mark_changed, mark_students
from .proposals import WITH_NUMBER, hold_back

STUDENT_FIELDS = (
    "name", "sex", "birth_date", "ethnicity", "id_kind", "home_address", "hukou", "is_left_behind", "remark",
)  # fmt: skip
TERM_FIELDS = (
    "stage", "grade", "school", "school_class", "boarding", "major", "agri_major",
    "place", "outside_school", "outside_region", "aided_elsewhere", "entered_on", "meal_days", "status",
)  # fmt: skip
# What rules ask of the child itself, whatever the term.
ASKED_FIELDS = ("sex", "birth_date", "ethnicity", "hukou")
# Differences that later terms do not take over even when asked: they are of that term alone.
OF_THIS_TERM_ONLY = ("status", "meal_days", "facts")  # of the facts, those that are carried follow one by one

KNOWN = {
    "id_number": "该身份证件号已有档案，不能重复建档；请在“学生管理”里按证件号查找，找不到的请联系县资助中心办理转入。",
    "student_no": "该学籍号已有档案，不能重复建档；请在“学生管理”里按学籍号查找，找不到的请联系县资助中心办理转入。",
}
STALE = (
    "您打开这一页之后，该档案已被他人修改或被批量导入更新。请重新打开档案，核对后再改，以免盖掉对方的修改。"
)


@transaction.atomic
def register(*, by, term: Term, data: dict) -> Enrolment:
    """Open the record of a child unknown so far and enrol it in ``term``; return the enrolment.

    Raise ValidationError when the term is closed or one of the numbers has a record already.
    """
    _refuse_closed(term)
    student = _open(by, data)
    keep_account(student, data)
    enrolment = Enrolment(student=student, term=term, facts=amended({}, data["facts"]))
    _assign(enrolment, TERM_FIELDS, data)
    _stamp_places(enrolment, home=data["home"])
    enrolment.save(force_insert=True)
    derive_categories(term, student_ids=[student.pk])
    mark_changed(term, [student.pk], ChangeCause.RECORD)
    changes = differences({}, snapshot(student, enrolment))
    record(by, action="students.register", subject=student, changes=changes)
    return enrolment


@transaction.atomic
def open_record(*, by, data: dict) -> Student:
    """Open the record of a child unknown so far that is on no roster; what ``data`` leaves out is not known.

    Raise ValidationError when its number has a record already.
    """
    unknown = dict.fromkeys(
        (*STUDENT_FIELDS, "id_number", "student_no", "phone", "guardian_name", "guardian_relation", "guardian_id_number"), ""
    )  # fmt: skip
    student = _open(by, unknown | {"is_left_behind": False, "birth_date": None} | data)
    record(by, action="students.register", subject=student)
    return student


def _open(by, data: dict) -> Student:
    numbers = _numbers(data)
    _refuse_known(numbers)
    student = Student(updated_by=by.name, home_area=data["home"], **numbers)
    _assign(student, STUDENT_FIELDS, data)
    try:
        with transaction.atomic():
            student.save(force_insert=True)
    except IntegrityError:
        _refuse_known(numbers)  # somebody else opened the same record in this very moment
        raise
    _keep_guardian(student, data)
    return student


@transaction.atomic
def correct(*, by, enrolment: Enrolment, data: dict, seen: str) -> Enrolment:
    """Correct a child's record and its facts of ``enrolment``'s term; return the enrolment.

    Another ID number or account in place of one on file waits for a second person (:mod:`.pending`).

    ``seen`` is the record's :func:`~students.changes.fingerprint` when the form was opened: a later
    change, by whomever, refuses this one. Past terms stay as they were; later ones follow where
    ``data["onwards"]``.
    """
    student = Student.objects.select_for_update().get(pk=enrolment.student_id)
    enrolment = Enrolment.objects.select_related("term", "school", "school_class").get(pk=enrolment.pk)
    leave = leave_for(enrolment)
    if leave:
        data = data | {"onwards": False}  # what was granted is this term's alone
    if fingerprint(student, enrolment) != seen:
        raise ValidationError(STALE)
    numbers = {name: value for name, value in _numbers(data).items() if value}
    _refuse_known(numbers, besides=student)
    enrolment.student = student
    data, numbers = hold_back(by=by, enrolment=enrolment, data=data, numbers=numbers)
    before, old_facts = snapshot(student, enrolment), _facts(enrolment)
    was = _asked(student)
    _correct_student(student, data, numbers, lives_there=_lives_there(enrolment, data), by=by)
    _assign(enrolment, TERM_FIELDS, data)
    enrolment.facts = amended(enrolment.facts, data["facts"])
    _stamp_places(enrolment, home=data["home"], moved=old_facts["school_id"] != enrolment.school_id)
    enrolment.save()
    if (new_facts := _facts(enrolment)) != old_facts:
        carried = []
        if data["onwards"]:
            with because(by, action="students.carry", subject=student, label=str(enrolment.term)):
                carried = _carry(list(later_terms(enrolment)), old_facts, new_facts)
        boarding = old_facts["boarding"] != new_facts["boarding"]
        for row in [enrolment, *carried]:
            mark_changed(row.term, [student.pk], ChangeCause.BOARDING if boarding else ChangeCause.RECORD)
    _follow_up(student, was=was)
    if leave and TermFact.CATEGORIES in leave.facts:
        derive_categories(enrolment.term, student_ids=[student.pk], by_leave=True)
    enrolment.refresh_from_db(fields=["categories"])
    if changes := differences(before, snapshot(student, enrolment)):
        if leave:
            spend(by=by, correction=leave, changed=set(changes))
        # The term stands as the reason: the same field may differ in another term.
        record(by, action="students.correct", subject=student, changes=changes, reason=str(enrolment.term))
    return enrolment


def change_number(student: Student, data: dict) -> Student:
    """Give ``student`` another ID number with what it tells, and match every list anew.

    Raise ValidationError when the number has a record already, IntegrityError when it got one in this moment.
    """
    numbers = _id_number(data["id_number"])
    _refuse_known(numbers, besides=student)
    was = _asked(student)
    _assign(student, WITH_NUMBER, data)
    for name, value in numbers.items():
        setattr(student, name, value)
    with transaction.atomic():
        student.save()
    _follow_up(student, was=was)
    return student


def standing(enrolment: Enrolment) -> dict:
    """Return the ``data`` with which :func:`correct` would change nothing; numbers left empty stay."""
    student = enrolment.student
    township, village = home_of(enrolment)
    account = student.bank_account if hasattr(student, "bank_account") else None
    empty = (
        "id_number", "student_no", "phone", "guardian_name", "guardian_relation", "guardian_id_number", "account_holder",
        "account_number",
    )  # fmt: skip
    return {
        **{name: getattr(student, name) for name in STUDENT_FIELDS},
        **{name: getattr(enrolment, name) for name in TERM_FIELDS},
        **dict.fromkeys(empty, ""),
        "account_bank": account.bank if account else "", "account_relation": account.relation if account else "",
        "home_township": township, "home_village": village, "home": village or township, "facts": {}, "onwards": False,
    }  # fmt: skip


def _lives_there(enrolment: Enrolment, data: dict) -> bool:
    """Whether the household of the term is where the child lives now: unless a later term says otherwise."""
    later = Enrolment.objects.filter(
        student=enrolment.student_id, term__starts_on__gt=enrolment.term.starts_on
    )
    return data["onwards"] or not later.exists()


def _asked(student: Student) -> dict:
    """Return what lists and rules ask of the child itself."""
    return {name: getattr(student, name) for name in ("id_hash", "is_left_behind", *ASKED_FIELDS)}


def _follow_up(student: Student, *, was: dict) -> None:
    """Match every list anew where the number it knows the child by is another, or the child is left behind."""
    now = _asked(student)
    changed = {name for name in now if now[name] != was[name]}
    if changed - {"is_left_behind"}:
        mark_students([student.pk])
    if changed & {"id_hash", "is_left_behind"}:
        derive_categories(student_ids=[student.pk])


def _correct_student(student, data, numbers, *, lives_there: bool, by) -> None:
    _assign(student, STUDENT_FIELDS, data)
    for name, value in numbers.items():
        setattr(student, name, value)
    if lives_there:
        student.home_area = data["home"]
    student.updated_at, student.updated_by = timezone.now(), by.name
    try:
        with transaction.atomic():
            student.save()
    except IntegrityError:
        _refuse_known(numbers, besides=student)
        raise
    _keep_guardian(student, data)
    keep_account(student, data)


def _refuse_closed(term: Term) -> None:
    if term.is_closed:
        raise ValidationError(f"{term}已关闭，不能再建档；请选开放的学期，或联系县教育局数据管理员重新打开。")


def _numbers(data: dict) -> dict:
    """Return the student's sealed numbers of ``data`` with the hashes that find them."""
    student_no = data["student_no"]
    return {
        **_id_number(data["id_number"]),
        "student_no": student_no,
        "student_no_hash": keyed_hash(student_no) if student_no else None,
        "phone": data["phone"],
    }


def _id_number(number: str) -> dict:
    return {
        "id_number": number,
        "id_hash": keyed_hash(number) if number else None,
        "id_tail_hash": keyed_hash(number[-4:]) if number else "",
    }


def _refuse_known(numbers: dict, besides: Student | None = None) -> None:
    others = Student.objects.exclude(pk=besides.pk) if besides else Student.objects.all()
    errors = {}
    if numbers.get("id_hash") and others.filter(id_hash=numbers["id_hash"]).exists():
        errors["id_number"] = KNOWN["id_number"]
    if numbers.get("student_no_hash") and others.filter(student_no_hash=numbers["student_no_hash"]).exists():
        errors["student_no"] = KNOWN["student_no"]
    if errors:
        raise ValidationError(errors)


def _assign(row, names, data: dict) -> None:
    for name in names:
        setattr(row, name, data[name])


def _keep_guardian(student: Student, data: dict) -> None:
    if not data["guardian_name"]:
        return
    guardian = student.guardian if hasattr(student, "guardian") else Guardian(student=student)
    guardian.name, guardian.relation = data["guardian_name"], data["guardian_relation"]
    if number := data["guardian_id_number"]:
        guardian.id_number, guardian.id_hash = number, keyed_hash(number)
    guardian.save()


def keep_account(student: Student, data: dict) -> None:
    account = student.bank_account if hasattr(student, "bank_account") else BankAccount(student=student)
    number = data["account_number"]
    if not (number or account.pk):
        return
    account.holder = data["account_holder"] or account.holder or student.name
    account.relation = data.get("account_relation", account.relation)
    account.bank = data["account_bank"]
    if number:
        account.number, account.number_hash, account.tail = number, keyed_hash(number), number[-4:]
    account.save()


def _stamp_places(enrolment: Enrolment, *, home, moved: bool = True) -> None:
    """Keep school and home as they are in this term; a school's later changes do not reach back."""
    enrolment.home_area = home.full_code if home else ""
    if not moved:
        return
    school = enrolment.school if enrolment.place == Place.IN_COUNTY else None
    enrolment.ownership = school.ownership if school else ""
    enrolment.setting = school.setting if school else ""
    enrolment.school_area = school.area.full_code if school else ""


def _facts(enrolment: Enrolment) -> dict:
    names = [Enrolment._meta.get_field(name).attname for name in TERM_FIELDS]
    return {
        name: getattr(enrolment, name)
        for name in [*names, "ownership", "setting", "school_area", "home_area", "facts"]
    }


def _carry(later: list[Enrolment], old: dict, new: dict) -> list[Enrolment]:
    """Give ``later`` enrolments the corrected facts wherever they still say what was wrong; return the changed."""
    changed = {name for name in new if new[name] != old[name] and name not in OF_THIS_TERM_ONLY}
    facts = {name: new["facts"].get(name) for name in carried_changes(old["facts"], new["facts"])}
    carried = []
    for row in later:
        if row.school_id != old["school_id"]:
            break  # from here on another school answers for the facts
        wrong = [name for name in changed if getattr(row, name) == old[name]]
        for name in wrong:
            setattr(row, name, new[name])
        if same := {n: value for n, value in facts.items() if row.facts.get(n) == old["facts"].get(n)}:
            row.facts = amended(row.facts, same)
            wrong.append("facts")
        if "school_id" in wrong and row.school_class_id != new["school_class_id"]:
            row.school_class_id = None  # its class was the other school's
            wrong.append("school_class_id")
        if wrong:
            row.save(update_fields=wrong)
        carried.append(row)
    return carried
