"""Verbs of the screening: carried out and frozen, rows followed up by a case or an explanation, confirmed by the places."""

from collections.abc import Iterator

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from dropout.enums import FOUND_AWAY, CaseKind, CaseOrigin, FollowUp, Ground, Standing
from dropout.models import Case, Screening, ScreeningConfirmation, ScreeningRow
from dropout.queries.population import Child, children_of_school_age
from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell_many
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Term
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused
from students.enums import ComparisonKind, ComparisonState, DisposalCode
from students.models import ComparisonRow, HardshipStatus, Student

from .cases import Found, open_cases

_COLUMNS = (
    "screening_id", "subject", "student_id", "id_hash", "name", "birth_date", "school_id", "school_class_id", "stage", "grade", "school_area",
    "home_area", "categories", "standing", "ground", "follow_up", "case_id", "explained_as", "reason", "followed_by", "id_number",
)  # fmt: skip
KINDS = {
    Standing.SUSPECTED: CaseKind.SUSPECTED,
    Standing.DROPOUT: CaseKind.DROPOUT,
    Standing.NEVER_ENROLLED: CaseKind.NEVER_ENROLLED,
}
NEEDS_EVIDENCE = (DisposalCode.DECEASED,)
# Who may stay away by right is decided in a case: an assessment, a second person, lessons at home, a day on which a delay ends.
BY_A_CASE = (DisposalCode.EXEMPT, DisposalCode.HOME_TAUGHT)
EXPLANATIONS = tuple(
    code
    for code in DisposalCode
    if code not in (DisposalCode.TO_VERIFY, DisposalCode.DROPPED_OUT, *BY_A_CASE)
)


def screen(*, by: Actor, term: Term) -> Screening:
    """Compare the population of ``term`` with who is there, as of today, and freeze the result; the same day again returns it as it is."""
    day = today()
    if present := Screening.objects.filter(term=term, on=day).first():
        return present
    children = children_of_school_age(term, day)
    with transaction.atomic():
        screening, made = Screening.objects.get_or_create(term=term, on=day, defaults={"made_by": by.name})
        if not made:
            return screening
        rows = list(_rows(screening, children))  # all read before COPY has the connection to itself
        bulk.insert(ScreeningRow, _COLUMNS, rows)
        record(by, action="screening.make", subject=screening, changes={"children": ["", str(len(children))]})
    bulk.analyse(ScreeningRow)
    return screening


def _rows(screening: Screening, children: list[Child]) -> Iterator[tuple]:
    open_cases_of = dict(Case.objects.open().values_list("student_id", "pk"))
    numbers = _numbers_of({child.id_hash for child in children if child.student is None}, screening.term)
    for child in children:
        case = open_cases_of.get(child.student) if child.student and child.standing in FOUND_AWAY else None
        follow_up = "" if child.standing not in FOUND_AWAY else FollowUp.CASE if case else FollowUp.OPEN
        yield (
            screening.pk, child.subject, child.student, child.id_hash, child.name, child.birth_date, child.school, child.school_class,
            child.stage, child.grade, child.school_area, child.home_area, child.categories, str(child.standing), str(child.ground), str(follow_up), case,
            "", "", "", numbers.get(child.id_hash, "") if child.student is None else "",
        )  # fmt: skip


def _numbers_of(hashes: set[str], term: Term) -> dict[str, str]:
    """Return hash -> ID number of people no record has: a case gives them one."""
    if not hashes:
        return {}
    with bulk.keys(HardshipStatus, "id_hash", hashes) as keys:
        found = dict(HardshipStatus.objects.filter(id_hash__in=keys).values_list("id_hash", "id_number"))
        rows = ComparisonRow.objects.filter(
            comparison__term=term, comparison__kind=ComparisonKind.REGISTER_ENROLMENT, comparison__state=ComparisonState.FROZEN, id_hash__in=keys
        )  # fmt: skip
        return dict(rows.values_list("id_hash", "id_number")) | found


def screen_when_due() -> int:
    """Screen the present term once it has run for the county's days; run every hour by beat, once a term by itself."""
    term = Term.objects.filter(starts_on__lte=today(), ends_on__gte=today()).order_by("-starts_on").first()
    if term is None or Screening.objects.filter(term=term).exists():
        return 0
    if (today() - term.starts_on).days < option("screening_days") or not term.enrolments.exists():
        return 0
    screening = screen(by=SYSTEM, term=term)
    waiting = screening.rows.open().count()
    words = f"{screening}已自动完成，有 {waiting} 名学生待处理，请逐人核实。"
    officers = User.objects.who_may(P.SCREEN).values_list("pk", flat=True)
    tell_many(
        ((user, words) for user in officers),
        url=reverse("dropout:screening", args=[screening.pk]),
        tone="warn",
    )
    return 1


@transaction.atomic
def open_cases_of(*, by: Actor, rows) -> int:
    """Open a case for each of ``rows`` (a queryset) still open; who has no record gets one. Return how many."""
    chosen = list(
        rows.select_for_update(of=("self",)).filter(follow_up=FollowUp.OPEN).select_related("screening__term")
    )
    if not chosen:
        return 0
    _give_records(chosen)
    screening = chosen[0].screening
    found = [
        Found(
            row.student_id, KINDS[row.standing], _away_since(row), f"{screening}：{row.get_ground_display()}"
        )
        for row in chosen
    ]
    for origin in (CaseOrigin.SCREENING, CaseOrigin.PROMOTION):
        own = [each for each, row in zip(found, chosen, strict=True) if _origin(row) == origin]
        if own:
            cases = open_cases(own, by=by, term=screening.term, origin=origin)
            for row in chosen:
                if row.student_id in cases and _origin(row) == origin:
                    row.case_id = cases[row.student_id]
    for row in chosen:
        row.follow_up, row.followed_at, row.followed_by = FollowUp.CASE, timezone.now(), by.name
    ScreeningRow.objects.bulk_update(
        chosen, ["student", "case", "follow_up", "followed_at", "followed_by"], batch_size=500
    )
    record(by, action="screening.cases", subject=screening, changes={"rows": ["", str(len(chosen))]})
    return len(chosen)


def _origin(row: ScreeningRow) -> str:
    return CaseOrigin.PROMOTION if row.ground == Ground.NOT_RECEIVED else CaseOrigin.SCREENING


def _away_since(row: ScreeningRow):
    """Return the day the child should have been there: the term's first, of this term's list."""
    return row.screening.term.starts_on


def _give_records(rows: list[ScreeningRow]) -> None:
    """Make a record for each child that has none, by its ID number; several queries for each, they are few."""
    for row in rows:
        if row.student_id is None:
            student, _ = Student.objects.get_or_create(
                id_hash=row.id_hash,
                defaults={
                    "name": row.name, "id_number": row.id_number, "id_tail_hash": keyed_hash(row.id_number[-4:]), "birth_date": row.birth_date,
                    "home_area": Area.objects.filter(pk=row.home_area).first(),
                },
            )  # fmt: skip
            row.student = student.merged_into or student


def explain(
    *, by: Actor, row: ScreeningRow, code: str, reason: str, upload=None, account=None
) -> ScreeningRow:
    """Say why the child is not away after all, with a paper where the law wants one; ``upload`` was checked by the form."""
    if code not in EXPLANATIONS:
        raise StepRefused(
            f"“{DisposalCode(code).label}”不能只写说明，请建立个案，在个案里提出，由另一人复核。"
        )
    if code in NEEDS_EVIDENCE and upload is None:
        raise StepRefused(f"说明为“{DisposalCode(code).label}”的，须上传佐证材料。")
    stored = upload and StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="screening", owner=account
    )
    try:
        with transaction.atomic():
            told = ScreeningRow.objects.filter(pk=row.pk, follow_up=FollowUp.OPEN).update(
                follow_up=FollowUp.EXPLAINED, explained_as=code, reason=reason.strip()[:200], evidence=stored, followed_at=timezone.now(),
                followed_by=by.name,
            )  # fmt: skip
            if not told:
                raise StepRefused("这名学生已经处理过，请刷新后再看。")
            record(
                by,
                action="screening.explain",
                subject=row,
                changes={"explained_as": ["", DisposalCode(code).label]},
                reason=reason,
            )
    except BaseException:
        if stored:
            stored.path.unlink(missing_ok=True)
            StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    row.refresh_from_db()
    return row


@transaction.atomic
def confirm(*, by: Actor, screening: Screening, area: Area, note: str = "") -> ScreeningConfirmation:
    """Say for a township or village that its list is right; not while somebody of its households is unexplained. Twice changes nothing."""
    waiting = screening.rows.open().filter(area.scope.area_q("home_area")).count()
    if waiting:
        raise StepRefused(f"{area}还有 {waiting} 名学生没有处理，请先逐人建案或说明，再确认。")
    made, fresh = ScreeningConfirmation.objects.get_or_create(
        screening=screening,
        area=area,
        defaults={"note": note.strip()[:200], "confirmed_by_id": by.id, "confirmed_by": by.name},
    )
    if fresh:
        record(
            by, action="screening.confirm", subject=screening, changes={"area": ["", str(area)]}, reason=note
        )
    return made
