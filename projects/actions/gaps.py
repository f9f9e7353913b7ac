"""Verbs of the list of gaps: reported, reckoned, taken into a project, filled with proof, confirmed by another person."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record, record_many
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import STANDING_GAPS, Basis, GapOrigin, GapState
from projects.models import Condition, Gap, GapDecision, Project, Standard
from projects.queries.needs import needs_of
from projects.states import GAP_FLOW

from .files import stored

REFERENCE = "参考值，请按本省办学标准核改"
SEED = "每个学生都有课桌凳，寄宿生有住宿床位"
# What a county may begin with; it is told to put its own figures in.
USUAL = (
    ("教学及辅助用房", "平方米", "primary", Basis.PUPIL, "4.5", REFERENCE), ("教学及辅助用房", "平方米", "junior", Basis.PUPIL, "6", REFERENCE),
    ("生活用房", "平方米", "", Basis.BOARDER, "5.5", REFERENCE), ("行政用房", "平方米", "", Basis.PUPIL, "0.8", REFERENCE),
    ("图书", "册", "primary", Basis.PUPIL, "15", REFERENCE), ("图书", "册", "junior", Basis.PUPIL, "25", REFERENCE),
    ("计算机", "台", "", Basis.PUPIL, "0.1", REFERENCE), ("课桌椅", "套", "", Basis.PUPIL, "1", SEED), ("学生用床", "张", "", Basis.BOARDER, "1", SEED),
    ("教学仪器设备值", "元", "primary", Basis.PUPIL, "2000", REFERENCE), ("教学仪器设备值", "元", "junior", Basis.PUPIL, "2500", REFERENCE),
    ("厕所蹲位", "个", "", Basis.PUPIL, "0.04", REFERENCE), ("食堂", "个", "", Basis.SCHOOL, "1", REFERENCE), ("实验室", "间", "", Basis.SCHOOL, "1", REFERENCE),
    ("班额", "班", "primary", Basis.CLASS_CAP, "45", REFERENCE), ("班额", "班", "junior", Basis.CLASS_CAP, "50", REFERENCE),
)  # fmt: skip


@dataclass(frozen=True)
class NewGap:
    """What somebody says a school lacks."""

    school: int
    item: str
    unit: str
    needed: Decimal
    present: Decimal
    is_hazard: bool = False
    note: str = ""


@transaction.atomic
def take_usual_standards(*, by: Actor) -> int:
    """Add the usual standards where the county has none of the item and stage; return how many."""
    rows = [
        Standard(item=item, unit=unit, stage=stage, basis=basis, amount=Decimal(amount), document=document)
        for item, unit, stage, basis, amount, document in USUAL
    ]
    before = Standard.objects.count()
    Standard.objects.bulk_create(rows, ignore_conflicts=True)
    return Standard.objects.count() - before


@transaction.atomic
def keep_standard(*, by: Actor, standard: Standard) -> Standard:
    """Store a standard, new or corrected."""
    standard.validate_constraints()
    standard.save()
    record(by, action="standard.keep", subject=standard, changes={"amount": [None, str(standard.amount)]})
    return standard


@transaction.atomic
def say_conditions(*, by: Actor, rows: Sequence[tuple[int, str, Decimal]]) -> int:
    """Say what schools have: (school, item, amount); set-based. Return how many rows."""
    made = [
        Condition(school_id=school, item=item, amount=amount, on=today(), by_name=by.name)
        for school, item, amount in rows
    ]
    Condition.objects.bulk_create(
        made,
        update_conflicts=True,
        unique_fields=["school", "item"],
        update_fields=["amount", "on", "by_name"],
    )
    return len(made)


@transaction.atomic
def report(*, by: Actor, gaps: Sequence[NewGap], origin: str = GapOrigin.ENTERED) -> list[Gap]:
    """Put gaps on the list, set-based; refused where one stands there already."""
    rows = [
        Gap(
            school_id=new.school, item=new.item, unit=new.unit, needed=new.needed, present=new.present,
            is_hazard=new.is_hazard, note=new.note, origin=origin, found_on=today(),
        )
        for new in gaps
    ]  # fmt: skip
    try:
        with transaction.atomic():
            made = Gap.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise StepRefused("这所学校的这项缺口已在清单上，或应有数不大于现有数；没有重复登记。") from clash
    GapDecision.append_many(
        made,
        step=GAP_FLOW["report"],
        by=by,
        at=timezone.now(),
        reasons={row.pk: row.note[:200] for row in made},
    )
    return made


@transaction.atomic
def reckon(*, by: Actor, term: Term, schools: Sequence[int]) -> dict[str, int]:
    """Reckon the gaps of ``schools`` by the standards and a term's children; return how many are new, changed, gone.

    What was entered by hand or is in hand already is left alone; what a school has not reported is no gap. A school that
    was closed lacks nothing any more, whoever put it on the list. Queries do not grow with the gaps.
    """
    rows = (
        Gap.objects.select_related("school")
        .select_for_update(no_key=True, of=["self"])
        .filter(state__in=STANDING_GAPS)
    )
    standing = {(gap.school_id, gap.item): gap for gap in rows.filter(school__in=schools)}
    new, changed, lacking = [], [], set()
    for school, needs in needs_of(term, schools).items():
        for need in needs:
            if not need.short:
                continue
            lacking.add((school, need.item))
            gap = standing.get((school, need.item))
            if gap is None:
                new.append(
                    NewGap(school, need.item, need.unit, need.needed, need.present, note=need.told[:200])
                )
            elif _is_free(gap) and (gap.needed, gap.present) != (need.needed, need.present):
                gap.needed, gap.present, gap.note = need.needed, need.present, need.told[:200]
                changed.append(gap)
    report(by=by, gaps=new, origin=GapOrigin.COMPUTED)
    Gap.objects.bulk_update(changed, ["needed", "present", "note"], batch_size=500)
    filled = [gap for key, gap in standing.items() if _is_free(gap) and key not in lacking]
    closed = list(rows.filter(school__is_open=False, state__in=GAP_FLOW["drop"].sources))
    _drop_all(by, filled, "按现状和标准测算，已不缺")
    _drop_all(by, closed, "学校已撤并")
    return {"created": len(new), "updated": len(changed), "gone": len(filled) + len(closed)}


def _drop_all(by: Actor, gaps: Sequence[Gap], reason: str) -> None:
    """Take locked gaps off the list, set-based."""
    old = {gap.pk: gap.state for gap in gaps}
    Gap.objects.filter(pk__in=list(old)).update(state=GapState.DROPPED)
    for gap in gaps:
        gap.state = GapState.DROPPED
    reasons = dict.fromkeys(old, reason)
    GapDecision.append_many(gaps, step=GAP_FLOW["drop"], by=by, at=timezone.now(), old=old, reasons=reasons)
    rows = [(gap, {"state": [old[gap.pk], str(GapState.DROPPED)]}) for gap in gaps]
    record_many(by, action="gap.drop", rows=rows, reasons=reasons)


def _is_free(gap: Gap) -> bool:
    return gap.origin == GapOrigin.COMPUTED and gap.state == GapState.OPEN


@transaction.atomic
def plan(*, by: Actor, gap: Gap, project: Project, reason: str = "") -> Gap:
    """Take a gap into a project that is for its school."""
    serves = project.sites.filter(school=gap.school_id).exists() or not project.sites.exists()
    if not serves:
        raise StepRefused(f"“{project.name}”不是为这所学校建的；请选这所学校的项目，或先更正项目学校。")
    advance(
        gap,
        GAP_FLOW,
        "plan",
        by=by,
        reason=reason or f"列入 {project.code} {project.name}"[:200],
        project=project,
    )
    return gap


def fill(*, by: Actor, gap: Gap, reason: str, upload, account=None) -> Gap:
    """Report a gap filled, with ``upload`` as proof."""
    with stored(upload, purpose="gap_proof", account=account) as proof:
        return fill_proved(by=by, gap=gap, reason=reason, proof=proof)


def fill_proved(*, by: Actor, gap: Gap, reason: str, proof: StoredFile) -> Gap:
    """Report a gap filled by what is proved already, such as an accepted delivery."""
    changes = {"proof": proof, "filled_on": today(), "filled_by_id": by.id, "confirmed_by_id": None}
    advance(gap, GAP_FLOW, "fill", by=by, reason=reason, **changes)
    return gap


@transaction.atomic
def confirm(*, by: Actor, gap: Gap, reason: str) -> Gap:
    """Confirm as another person that it is there, and close the gap; what the school has is raised to what it should have.

    Otherwise the next reckoning would find the same gap again.
    """
    locked = Gap.objects.select_for_update(no_key=True).get(pk=gap.pk)
    if by.id is None or locked.filled_by_id == by.id:
        raise StepRefused("核实人不能是报告补齐的人，请由另一人核实销号。")
    advance(locked, GAP_FLOW, "confirm", by=by, reason=reason, confirmed_by_id=by.id, closed_on=today())
    _conditions_of(locked).filter(amount__lt=locked.needed).update(
        amount=locked.needed, on=today(), by_name=by.name
    )
    return locked


def _conditions_of(gap: Gap):
    """Return what the school reported of the gap's item, where it counts in the gap's unit; nothing reported stays so."""
    if not Standard.objects.filter(item=gap.item, unit=gap.unit).exists():
        return Condition.objects.none()
    return Condition.objects.filter(school=gap.school_id, item=gap.item)


@transaction.atomic
def send_back(*, by: Actor, gap: Gap, reason: str) -> Gap:
    advance(gap, GAP_FLOW, "send_back", by=by, reason=reason, **_ANEW)
    return gap


@transaction.atomic
def drop(*, by: Actor, gap: Gap, reason: str) -> Gap:
    advance(gap, GAP_FLOW, "drop", by=by, reason=reason)
    return gap


@transaction.atomic
def reopen(*, by: Actor, gap: Gap, reason: str) -> Gap:
    """Open again what was closed or dropped; what was proved before stays in the decisions."""
    others = Gap.objects.standing().filter(school=gap.school_id, item=gap.item).exclude(pk=gap.pk)
    if others.exists():
        raise StepRefused("这所学校的这项缺口已另在清单上，不必重新打开。")
    was_closed = gap.state == GapState.CLOSED
    advance(gap, GAP_FLOW, "reopen", by=by, reason=reason, **_ANEW)
    if was_closed:  # what confirming it added is not there after all
        _conditions_of(gap).filter(amount=gap.needed).update(amount=gap.present, on=today(), by_name=by.name)
    return gap


_ANEW = {"proof": None, "filled_on": None, "filled_by_id": None, "confirmed_by_id": None, "closed_on": None}
