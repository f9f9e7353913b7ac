"""Objects for tests, each with the least that makes it valid; names, numbers and places are invented."""

import datetime as dt
import itertools

from django.utils import timezone

from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Role
from povertyedu.files.models import StoredFile
from povertyedu.orgs.enums import USUAL_STAGES, Ownership, SchoolKind, Setting
from povertyedu.orgs.models import Area, School, SchoolClass, SchoolStage, Term
from povertyedu.sealing import keyed_hash
from students.actions.proposals import propose_account
from students.enums import HardshipCategory, ListSource
from students.models import (
    BankAccount,
    Comparison,
    ComparisonSide,
    Correction,
    CountyFact,
    DuplicatePair,
    Enrolment,
    Guardian,
    HardshipProof,
    Household,
    PendingChange,
    ProposedEnd,
    Student,
    TargetListEntry,
)

PASSWORD = "Yunling#2020"
_serial = itertools.count(1)


def next_number() -> int:
    return next(_serial)


def id_number(serial: int | None = None, *, birth: str = "20100512", region: str = "529901") -> str:
    """Return a well-formed ID number of the unassigned region 529901 (GB 11643)."""
    first = f"{region}{birth}{(next_number() if serial is None else serial) % 1000:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first + "10X98765432"[sum(w * int(d) for w, d in zip(weights, first, strict=True)) % 11]


def county() -> Area:
    return Area.objects.get_or_create(code="529901", defaults={"name": "云岭县", "level": "county"})[0]


def township(code: str = "529901100", name: str = "城关镇") -> Area:
    return Area.objects.get_or_create(
        code=code, defaults={"name": name, "level": "township", "parent": county()}
    )[0]


def village(code: str = "529901100001", name: str = "红星村") -> Area:
    above = township(code[:9], "城关镇" if code[:9] == "529901100" else "青石镇")
    return Area.objects.get_or_create(
        code=code, defaults={"name": name, "level": "village", "parent": above}
    )[0]


def school(
    name: str = "城关镇下寨小学", *, kind: str = SchoolKind.PRIMARY, area: Area | None = None, **fields
) -> School:
    fields = {
        "ownership": Ownership.PUBLIC,
        "setting": Setting.RURAL,
        "code": f"21{next_number():08d}",
    } | fields
    made = School.objects.create(name=name, kind=kind, area=area or township(), **fields)
    for stage in USUAL_STAGES[kind]:
        SchoolStage.objects.create(school=made, stage=stage)
    return made


def school_class(of: School, *, stage: str = "primary", grade: int = 5, name: str = "1班") -> SchoolClass:
    return SchoolClass.objects.get_or_create(school=of, stage=stage, grade=grade, name=name)[0]


def term(code: str = "2020-autumn") -> Term:
    return Term.objects.named(code)


def user(name: str, *grants: tuple[str, object], username: str = "") -> User:
    """Return an account that is past its first login, with ``grants`` of (role, place)."""
    made = User.objects.create_user(
        username or f"user{next_number()}",
        PASSWORD,
        name=name,
        must_change_password=False,
        password_changed_at=timezone.now(),
    )
    for role, place in grants:
        field = {Area: "area", School: "school", SchoolClass: "school_class"}[type(place)]
        Grant.objects.create(user=made, role=Role(role), granted_by="测试", **{field: place})
    return made


def student(
    name: str = "罗娜", *, at: School, during: Term | None = None, stage: str = "primary", grade: int = 5, class_name: str = "1班",
    home: Area | None = None, boarding: bool = False, categories: int = 0, account: bool = True, **fields,
) -> Student:  # fmt: skip
    """Return a student enrolled at ``at`` in ``during``; the enrolment is ``student.enrolments.get()``."""
    number = fields.pop("id_number", None) or id_number()
    home = home or village()
    made = Student.objects.create(
        name=name, sex="female", id_number=number, id_hash=keyed_hash(number), id_tail_hash=keyed_hash(number[-4:]),
        student_no=f"G{number}", student_no_hash=keyed_hash(f"G{number}"), home_area=home, **fields,
    )  # fmt: skip
    Guardian.objects.create(student=made, name="罗丽浩", relation="父母")
    if account:
        card = f"6226{next_number():013d}"
        BankAccount.objects.create(
            student=made,
            holder=name,
            bank="县农村信用社",
            number=card,
            number_hash=keyed_hash(card),
            tail=card[-4:],
        )
    Enrolment.objects.create(
        student=made, term=during or term(), school=at, school_class=school_class(at, stage=stage, grade=grade, name=class_name),
        stage=stage, grade=grade, boarding=boarding, ownership=at.ownership, setting=at.setting,
        school_area=at.area.full_code, home_area=home.full_code, categories=categories,
    )  # fmt: skip
    return made


def county_fact(
    name: str = "ethnic_class", label: str = "民族班", kind: str = "flag", **fields
) -> CountyFact:
    """Return a fact the county defines for itself."""
    return CountyFact.objects.create(name=name, label=label, kind=kind, **fields)


def away(
    name: str = "何欣", during: Term | None = None, *, region: str = "贵州省遵义市", school: str = "遵义第一中学", answer: str = "unknown",
    categories: int = 1, **fields,
) -> Student:  # fmt: skip
    """Return a child of 红星村 who studies in another county; the enrolment is ``student.enrolments.get()``."""
    number = fields.pop("id_number", None) or id_number()
    made = Student.objects.create(
        name=name,
        id_number=number,
        id_hash=keyed_hash(number),
        id_tail_hash=keyed_hash(number[-4:]),
        home_area=village(),
    )
    facts = {"stage": "junior", "grade": 1, "place": "in_province", "home_area": "529901100001"} | fields
    Enrolment.objects.create(
        student=made, term=during or term(), outside_school=school, outside_region=region, aided_elsewhere=answer,
        categories=categories, **facts,
    )  # fmt: skip
    return made


def proof(enrolment: Enrolment, *, by: User, kind: str = "handbook") -> HardshipProof:
    """Return a proof of hardship that waits for a second person."""
    stored = StoredFile.keep([b"%PDF-1.4 scan"], name="手册.pdf", purpose="hardship_proof", owner=by)
    return HardshipProof.objects.create(
        enrolment=enrolment, kind=kind, since=dt.date(2019, 1, 1), file=stored,
        proposed_by_id=by.pk, proposed_by=by.name, proposed_at=timezone.now(),
    )  # fmt: skip


def pending_change(student: Student, *, by: User, number: str = "6226000000000000001") -> PendingChange:
    """Return a change of the child's account that waits for a second person."""
    enrolment = Enrolment.objects.select_related("student__bank_account").get(student=student)
    data = {"account_number": number, "account_holder": "", "account_bank": "县农村信用社"}
    return propose_account(
        by=by.as_actor(), enrolment=enrolment, account=enrolment.student.bank_account, data=data
    )


def granted_correction(enrolment: Enrolment, *, by: User, granted_by: User) -> Correction:
    """Return a request to correct 寄宿, granted and not used."""
    return Correction.objects.create(
        enrolment=enrolment, facts=["boarding"], wanted="寄宿", reason="填错", state="approved", requested_by_id=by.pk,
        requested_by=by.name, answered_at=timezone.now(), answered_by_id=granted_by.pk, answered_by=granted_by.name,
    )  # fmt: skip


def proposed_end(student: Student, *, during: Term, by: User) -> ProposedEnd:
    """Return a hardship that a complete list of 农村低保 no longer names."""
    return ProposedEnd.objects.create(
        term=during, id_hash=student.id_hash, name=student.name, category=HardshipCategory.RURAL_DIBAO, source=ListSource.DEPARTMENT_LIST,
        since=dt.date(2019, 1, 1), list_name="低保名单.xlsx", proposed_by_id=by.pk, proposed_by=by.name,
    )  # fmt: skip


def listed(*children: tuple[str, str], during: Term, school: str = "") -> None:
    """Put (name, ID number) pairs on the province's list of a term."""
    for name, number in children:
        TargetListEntry.objects.create(
            term=during, id_hash=keyed_hash(number), id_number=number, name=name, school_text=school
        )


def household(number: str = "5299010000000006", *, area: Area | None = None, **fields) -> Household:
    """Return a registered household of 红星村."""
    fields = {"head_name": "罗丽浩", "exit_status": "not_exited"} | fields
    return Household.objects.create(number=number, area=area or village(), **fields)


def pair(one: Student, other: Student, *grounds: str) -> DuplicatePair:
    """Return a pair of records that waits to be decided on."""
    first, second = sorted((one, other), key=lambda student: student.pk)
    return DuplicatePair.objects.create(first=first, second=second, grounds=list(grounds) or ["name_birth"])


def comparison(*, during: Term, kind: str = "department_enrolment") -> Comparison:
    """Return a frozen comparison of the registry's poor with its roster, nobody on either."""
    made = Comparison.objects.create(
        kind=kind, term=during, state="frozen", made_by="周敏", frozen_at=timezone.now()
    )
    for is_left, source in ((True, "registered_poor"), (False, "enrolled")):
        ComparisonSide.objects.create(comparison=made, is_left=is_left, source=source, label="本系统")
    return made
