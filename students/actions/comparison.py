"""四查三比对: two lists set against each other, the unmatched kept row by row, the numbers frozen (facts.md 5)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from povertyedu import bulk
from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.options.registry import option
from povertyedu.orgs.models import Area, School, Term
from povertyedu.workflow.flow import Actor
from students.enums import ComparisonKind, ComparisonState, FoundIn, HardshipCategory, ListKind
from students.models import Comparison, ComparisonRow, ComparisonSide, Enrolment, HardshipStatus, Student
from students.models.hardship import age_day


class Child(NamedTuple):
    number: str
    name: str
    place: str
    area_code: str = ""


@dataclass
class Listed:
    """One side as it was read: children by ID hash, how many could not take part, remarks for the page."""

    people: dict[str, Child]
    left_out: int = 0
    remarks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """Where a side comes from: an upload, an earlier comparison, or the registry itself."""

    kind: str
    upload: object = None
    earlier: Comparison | None = None


def begin(
    *, by: Actor, owner, kind: str, term: Term, left: Source, right: Source, youngest: int | None, oldest: int | None
) -> Comparison:  # fmt: skip
    """Keep the uploads sealed and open a comparison for the background to carry out; return it."""
    purge_after = timezone.now() + dt.timedelta(days=option("upload_keep_days"))
    files = [
        StoredFile.keep(
            s.upload.chunks(),
            name=s.upload.name[:200],
            purpose="comparison",
            owner=owner,
            purge_after=purge_after,
        )
        if s.upload
        else None
        for s in (left, right)
    ]
    with transaction.atomic():
        comparison = Comparison.objects.create(
            kind=kind, term=term, youngest=youngest, oldest=oldest, made_by=by.name
        )
        for source, stored, is_left in ((left, files[0], True), (right, files[1], False)):
            ComparisonSide.objects.create(
                comparison=comparison, is_left=is_left, source=source.kind, label=_label(source, stored), file=stored, earlier=source.earlier,
            )  # fmt: skip
        record(by, action="comparison.begin", subject=comparison)
    return comparison


def _label(source: Source, stored: StoredFile | None) -> str:
    if stored:
        return stored.name[:120]
    return f"{source.earlier}（未匹配）" if source.earlier else ListKind(source.kind).label


def carry_out(
    *, comparison: Comparison, read: Callable[[StoredFile], Listed], progress=NO_PROGRESS
) -> Comparison:  # fmt: skip
    """Compare and freeze; run again it finds itself done. ``read`` turns an upload into a side."""
    if comparison.state != ComparisonState.WORKING:
        return comparison
    progress.expect(4)
    sides = {side.is_left: side for side in comparison.sides.select_related("file", "earlier")}
    left, right = (_side(comparison, sides[is_left], read) for is_left in (True, False))
    progress.reach(2, "正在逐人比对")
    parts = {
        FoundIn.ONLY_LEFT: [h for h in left.people if h not in right.people],
        FoundIn.ONLY_RIGHT: [h for h in right.people if h not in left.people],
        FoundIn.BOTH: [h for h in left.people if h in right.people],
    }
    wanted = _asked(comparison.kind)
    with transaction.atomic():
        locked = Comparison.objects.select_for_update().get(pk=comparison.pk)
        if locked.state != ComparisonState.WORKING:
            return locked
        for part in wanted:
            _keep_rows(comparison, part, parts[part], left.people, right.people)
        for is_left, listed in ((True, left), (False, right)):
            ComparisonSide.objects.filter(pk=sides[is_left].pk).update(
                people=len(listed.people), left_out=listed.left_out, remarks=listed.remarks
            )
        counts = {str(part): len(hashes) for part, hashes in parts.items()}
        Comparison.objects.filter(pk=comparison.pk).update(
            state=ComparisonState.FROZEN, frozen_at=timezone.now(), **counts
        )
        progress.fence()
    progress.reach(4)
    comparison.refresh_from_db()
    return comparison


def fail(*, comparison: Comparison, error: str) -> None:
    """Close a comparison whose list could not be read, with the sentence that says why."""
    Comparison.objects.filter(pk=comparison.pk, state=ComparisonState.WORKING).update(
        state=ComparisonState.FAILED, error=error[:300]
    )


def _asked(kind: str) -> tuple[FoundIn, ...]:
    """Dropouts who are poor are on both lists; everywhere else the finding is who is on one list only."""
    return (FoundIn.BOTH,) if kind == ComparisonKind.DROPOUT_POOR else (FoundIn.ONLY_LEFT, FoundIn.ONLY_RIGHT)


def _side(comparison: Comparison, side: ComparisonSide, read) -> Listed:
    listed = {
        ListKind.FILE: lambda: _placed(read(side.file)),
        ListKind.ENROLLED: lambda: _enrolled(comparison.term),
        ListKind.REGISTERED_POOR: lambda: _registered_poor(comparison.term),
        ListKind.FOUND_BEFORE: lambda: _found_before(side.earlier),
    }[ListKind(side.source)]()
    return _of_age(_one_child_once(listed), comparison)


def _one_child_once(listed: Listed) -> Listed:
    """Name a child by the number of its kept record, whichever of its numbers the list has."""
    merged = Student.objects.filter(merged_into__id_hash__isnull=False, id_hash__isnull=False)
    twice = 0
    for id_hash, kept in merged.values_list("id_hash", "merged_into__id_hash"):
        if child := listed.people.pop(id_hash, None):
            twice += kept in listed.people
            listed.people.setdefault(kept, child)
    if twice:
        listed.remarks.append(f"有 {twice} 人用合并前后的两个证件号各出现一次，按一人计。")
    return listed


def _placed(listed: Listed) -> Listed:
    """Give each child of a file the area whose name its place is or ends in, where only one has it."""
    codes: dict[str, set[str]] = {}
    for name, code in [
        *Area.objects.values_list("name", "code"),
        *School.objects.values_list("name", "area_id"),
    ]:
        codes.setdefault(name, set()).add(code.ljust(12, "0"))
    for township in Area.objects.filter(children__isnull=False).prefetch_related("children").distinct():
        for village in township.children.all():
            codes[f"{township.name} {village.name}"] = {village.code.ljust(12, "0")}
    people = {}
    for id_hash, child in listed.people.items():
        found = codes.get(child.place) or codes.get(child.place.rpartition(" ")[2]) or ()
        people[id_hash] = child._replace(area_code=next(iter(found)) if len(found) == 1 else "")
    return Listed(people, listed.left_out, listed.remarks)


def _enrolled(term: Term) -> Listed:
    rows = Enrolment.objects.of(term).studying()
    fields = (
        "student__id_hash",
        "student__id_number",
        "student__name",
        "school__name",
        "outside_school",
        "school_area",
        "home_area",
    )
    people = {
        id_hash: Child(number, name, school or outside, school_area or home_area)
        for id_hash, number, name, school, outside, school_area, home_area in rows.values_list(
            *fields
        ).iterator()
        if id_hash
    }
    unnumbered = rows.filter(student__id_hash=None).count()
    told = [f"有 {unnumbered} 名学生的档案没有身份证件号，没有参与比对。"] if unnumbered else []
    return Listed(people, unnumbered, told)


def _registered_poor(term: Term) -> Listed:
    """Every member of a registered household in ``term``, whether or not it still enjoys the policy (脱贫户)."""
    rows = HardshipStatus.objects.filter(
        Q(until=None) | Q(until__gte=term.starts_on),
        since__lte=term.ends_on,
        category=HardshipCategory.REGISTERED_POOR,
    )
    fields = ("id_hash", "id_number", "name", "household__area__name", "household__area__code")
    return Listed(
        {
            id_hash: Child(number, name, village or "", (code or "").ljust(12, "0") if code else "")
            for id_hash, number, name, village, code in rows.values_list(*fields).iterator()
        }
    )


def _found_before(earlier: Comparison) -> Listed:
    rows = earlier.rows.filter(found_in=FoundIn.ONLY_LEFT)
    fields = ("id_hash", "id_number", "name", "place", "area_code")
    return Listed({id_hash: Child(*rest) for id_hash, *rest in rows.values_list(*fields).iterator()})


def _of_age(listed: Listed, comparison: Comparison) -> Listed:
    """Keep the children between ``youngest`` and ``oldest`` on 31 August before the school year; a bound may be absent."""
    low, high = comparison.youngest, comparison.oldest
    if low is None and high is None:
        return listed
    day = age_day(comparison.term)
    kept = {}
    for id_hash, child in listed.people.items():
        age = age_on(child.number, day)
        if age is not None and (low is None or age >= low) and (high is None or age <= high):
            kept[id_hash] = child
    if dropped := len(listed.people) - len(kept):
        listed.remarks.append(f"有 {dropped} 人不在比对的年龄范围内，没有参与比对。")
    return Listed(kept, listed.left_out, listed.remarks)


def age_on(number: str, day: dt.date) -> int | None:
    """Return the age in whole years on ``day`` of who holds an 18-digit ID number; None for another number."""
    try:
        birth = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _keep_rows(comparison, part: FoundIn, hashes: list[str], left: dict, right: dict) -> None:
    with bulk.keys(Student, "id_hash", hashes) as keys:
        known = dict(Student.objects.filter(id_hash__in=keys, merged_into=None).values_list("id_hash", "pk"))
    columns = (
        "comparison_id",
        "found_in",
        "id_hash",
        "id_number",
        "name",
        "place",
        "area_code",
        "student_id",
    )
    rows = []
    for id_hash in hashes:
        child = left.get(id_hash) or right[id_hash]
        place, area = child.place, child.area_code
        if part == FoundIn.BOTH:
            place, area = place or right[id_hash].place, area or right[id_hash].area_code
        rows.append(
            (
                comparison.pk,
                part.value,
                id_hash,
                child.number,
                child.name,
                place[:120],
                area,
                known.get(id_hash),
            )
        )
    if rows:
        bulk.insert(ComparisonRow, columns, rows)
