"""Reads of the registry that deserve a name: the filtered list page by key, one child as a user may see it."""

from dataclasses import dataclass, field

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from povertyedu.audit.models import AuditEvent
from povertyedu.orgs.models import Area, Term
from povertyedu.sealing import keyed_hash
from povertyedu.ui.paging import TOTAL_CAP
from students.enums import EnrolmentStatus, HardshipCategory, Place
from students.models import BankAccount, Enrolment, Guardian, HardshipStatus, Student
from students.names import named

PER_PAGE = 50

# How a list is read: by where the children study, or by where their household is registered.
READINGS = {"school_area": "按就读地", "home_area": "按户籍地"}

STATUS_TABS = {
    "studying": ("在读", (EnrolmentStatus.STUDYING,)),
    "left": ("已转出", (EnrolmentStatus.LEFT,)),
    "suspended": ("休学", (EnrolmentStatus.SUSPENDED,)),
    "graduated": ("毕业", (EnrolmentStatus.GRADUATED,)),
    "all": ("全部", tuple(EnrolmentStatus)),
}

# What a record may lack: word on screen, condition on enrolments.
MISSING = {
    "account": ("缺银行账户", ~Exists(BankAccount.objects.filter(student=OuterRef("student_id")))),
    "id_number": ("缺证件号", Q(student__id_hash=None)),
    "student_no": ("缺学籍号", Q(student__student_no_hash=None)),
    "guardian": ("缺监护人", ~Exists(Guardian.objects.filter(student=OuterRef("student_id")))),
    "school_class": ("未分班", Q(place=Place.IN_COUNTY, school_class=None)),
    "home": ("缺户籍地", Q(home_area="")),
}


def usual_reading(scope) -> str:
    """Return how somebody of ``scope`` reads lists at first: a village has children, seldom schools."""
    villages_only = scope.areas and all(len(code) == 12 for code in scope.areas)
    return "home_area" if villages_only and not (scope.schools or scope.classes) else "school_area"


def enrolments_in(term: Term, *, user, permission: str, reading: str) -> QuerySet[Enrolment]:
    """Return the enrolments of ``term`` that ``user`` holds ``permission`` on, read by school or by home."""
    rows = Enrolment.objects.visible_to(user, permission).of(term)
    scope = user.scope(permission)
    if not scope.areas:
        return rows  # a school reads its own pupils either way; only places differ by reading
    by_place = scope.area_q(reading)
    if reading == "school_area":
        by_place |= Q(school__in=scope.schools) | Q(school_class__in=scope.classes)
    return rows.filter(by_place)


def matching(rows: QuerySet[Enrolment], wanted: dict, *, reading: str) -> QuerySet[Enrolment]:
    """Narrow ``rows`` by the cleaned data of the list's filter form (:class:`students.forms.FilterForm`)."""
    conditions = Q(status__in=STATUS_TABS[wanted.get("status") or "studying"][1])
    plain = {
        "tail_hash": "student__id_tail_hash",
        "no_hash": "student__student_no_hash",
        "school": "school",
        "school_class": "school_class",
        "stage": "stage",
        "grade": "grade",
    }
    for name, lookup in plain.items():
        if wanted.get(name):
            conditions &= Q(**{lookup: wanted[name]})
    if wanted.get("name"):
        conditions &= named("student__name", wanted["name"])
    if wanted.get("boarding"):
        conditions &= Q(boarding=wanted["boarding"] == "yes")
    if township := wanted.get("township"):
        conditions &= township.scope.area_q(reading)
    if missing := wanted.get("missing"):
        conditions &= _lacking(missing)
    rows = rows.filter(conditions)
    if wanted.get("id_hash"):
        rows = rows.known_by([wanted["id_hash"]])
    if category := wanted.get("category"):
        rows = rows.annotate(held=F("categories").bitand(int(category))).filter(held__gt=0)
    return rows


def _lacking(what: str) -> Q:
    if what != "any":
        return MISSING[what][1]
    condition = Q()
    for _, lacks in MISSING.values():
        condition |= lacks
    return condition


@dataclass(frozen=True)
class Page:
    """One page of a list in key order; ``previous`` and ``following`` are keys, "" at the ends."""

    rows: list[Enrolment]
    previous: str
    following: str
    total: int
    area_names: dict[str, str] = field(default_factory=dict)

    @property
    def total_text(self) -> str:
        return f"{TOTAL_CAP:,}+ 人" if self.total > TOTAL_CAP else f"共 {self.total:,} 人"


def page_of(rows: QuerySet[Enrolment], *, reading: str, after: str = "", before: str = "") -> Page:
    """Return the page of ``rows`` after or before a key; the same number of queries for any size."""
    backwards = bool(before) and not after
    key = _read_key(after or before)
    total = rows.order_by().values("pk")[: TOTAL_CAP + 1].count()
    # Keys first, rows after: with all tables joined the planner may read the whole term for one page.
    keys = list(_from_key(rows, reading, key, backwards).values_list("pk", flat=True)[: PER_PAGE + 1])
    found = _for_list(Enrolment.objects).in_bulk(keys)
    found = [found[pk] for pk in keys]
    more = len(found) > PER_PAGE
    found = found[:PER_PAGE]
    if backwards:
        found.reverse()
    has_previous, has_following = (more, key is not None) if backwards else (key is not None, more)
    return Page(
        rows=found,
        previous=_key(found[0], reading) if found and has_previous else "",
        following=_key(found[-1], reading) if found and has_following else "",
        total=total,
        area_names=area_names(row.home_area for row in found),
    )


def _for_list(rows) -> QuerySet[Enrolment]:
    return rows.select_related(
        "school", "school_class", "student", "student__guardian", "student__bank_account"
    ).defer(
        "student__phone",
        "student__student_no",
        "student__guardian__id_number",
        "student__bank_account__number",
    )


def _from_key(rows, reading: str, key: tuple[str, int] | None, backwards: bool):
    if key:
        code, pk = key
        beyond = "lt" if backwards else "gt"
        # The first condition is the range an index serves, the second cuts the tie inside one area.
        rows = rows.filter(
            Q(**{f"{reading}__{beyond}e": code})
            & (Q(**{f"{reading}__{beyond}": code}) | Q(**{f"pk__{beyond}": pk}))
        )
    return rows.order_by(f"-{reading}", "-pk") if backwards else rows.order_by(reading, "pk")


def _key(row: Enrolment, reading: str) -> str:
    return f"{getattr(row, reading)}-{row.pk}"


def _read_key(text: str) -> tuple[str, int] | None:
    code, _, pk = text.partition("-")
    if not (pk.isascii() and pk.isdigit() and len(pk) < 19):
        return None  # somebody's own address: show the first page
    return code, int(pk)


def area_names(codes) -> dict[str, str]:
    """Return 12-digit area code -> "城关镇 红星村" for ``codes``, in one query."""
    codes = {code for code in codes if code}
    wanted = codes | {code[:9] for code in codes}
    known = dict(Area.objects.filter(code__in=wanted).values_list("code", "name"))
    names = {}
    for code in codes:
        parts = [known.get(code[:9]), known.get(code)]
        names[code] = " ".join(part for part in parts if part) or code
    return names


def lacks_of(row: Enrolment) -> list[str]:
    """Return what the record of ``row`` lacks, in words; the same conditions as :data:`MISSING`."""
    student = row.student
    lacking = {
        "account": not hasattr(student, "bank_account"),
        "id_number": not student.id_hash,
        "student_no": not student.student_no_hash,
        "guardian": not hasattr(student, "guardian"),
        "school_class": row.place == Place.IN_COUNTY and not row.school_class_id,
        "home": not row.home_area,
    }
    return [word for name, (word, _) in MISSING.items() if lacking[name]]


def enrolment_shown(student: Student, *, user, permission: str, code: str = "") -> Enrolment | None:
    """Return the enrolment a page of ``student`` shows to ``user``.

    That of the term ``code``; without one, that of the user's working term, or the newest the user may
    see. None when there is no such enrolment in the user's scope: a school reads its own terms only.
    """
    rows = (
        Enrolment.objects.visible_to(user, permission)
        .filter(student=student)
        .select_related("term", "school", "school_class")
        .order_by("-term__starts_on")
    )
    if code:
        return rows.filter(term=code).first()
    found = list(rows)
    return next((row for row in found if row.term_id == user.current_term_id), found[0] if found else None)


def in_charge(student: Student, *, user, permission: str) -> bool:
    """Return whether ``user`` sees the newest term of ``student``: who lost a pupil reads what was, no more."""
    newest = student.enrolments.order_by("-term__starts_on").values("pk")[:1]
    return Enrolment.objects.visible_to(user, permission).filter(pk__in=newest).exists()


def hardships_of(student: Student) -> list[HardshipStatus]:
    """Return every dated hardship under the child's ID number or one that was given up for it, newest first."""
    return list(
        HardshipStatus.objects.filter(id_hash__in=student.id_hashes)
        .select_related("household__area", "last_term")
        .order_by("-since", "category")
    )


def mask_by_lists(enrolment: Enrolment) -> int:
    """Return the categories that the dated statuses give the child in the term of ``enrolment``."""
    term, mask = enrolment.term, 0
    if enrolment.student.is_left_behind:
        mask = HardshipCategory.LEFT_BEHIND.value
    for status in hardships_of(enrolment.student):
        holds = status.since <= term.ends_on and (status.until is None or status.until >= term.starts_on)
        if status.counts and holds:
            mask |= status.category
    return mask


def known_record(id_number: str, *, user, permission: str) -> tuple[bool, Student | None]:
    """Return whether ``id_number`` has a record, and that record only where ``user`` may see it."""
    found = Student.objects.with_id_hash(keyed_hash(id_number)) if id_number else Student.objects.none()
    return found.exists(), found.visible_to(user, permission).first()


def later_terms(enrolment: Enrolment) -> QuerySet[Enrolment]:
    """Return the child's enrolments of later terms that are still open, oldest first."""
    return (
        Enrolment.objects.filter(student=enrolment.student_id, term__is_closed=False)
        .filter(term__starts_on__gt=enrolment.term.starts_on)
        .select_related("term")
        .order_by("term__starts_on")
    )


def home_of(enrolment: Enrolment) -> tuple[Area | None, Area | None]:
    """Return the township and the village where the household was registered in that term, as far as known."""
    code = enrolment.home_area
    found = Area.objects.in_bulk([code, code[:9]]) if code else {}
    return found.get(code[:9]), found.get(code)


def history_of(student: Student, *, most: int = 30) -> QuerySet[AuditEvent]:
    """Return the log of the child's record, newest first."""
    merged = [str(pk) for pk in student.merged.values_list("pk", flat=True)]
    ids = [str(student.pk), *merged]  # the records merged into this one keep their history here
    return AuditEvent.objects.filter(subject_type="students.student", subject_id__in=ids)[:most]
