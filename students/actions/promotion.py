"""The promotion wizard: propose the next term from the last, correct it, let it take effect, undo it.

The proposals are lines beside the registry; nothing of it changes until :func:`apply`, which
writes enrolments and departures set-based in one transaction. ``by`` is the Actor; refusals are
StepRefused with a sentence.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.deletion import ProtectedError
from django.utils import timezone

from povertyedu import bulk
from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.orgs.enums import STAGE_YEARS, Season, Stage
from povertyedu.orgs.models import School, SchoolStage, Term
from povertyedu.orgs.scope import Scope
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.enums import ChangeCause, Destination, EnrolmentStatus, Outcome, Place, PromotionState
from students.models import Enrolment, Feeder, Move, Promotion, PromotionDecision, PromotionLine
from students.money import students_in_batches
from students.queries.promotion import changed_since, counts_of
from students.states import PROMOTION_FLOW

from .hardship import derive_categories, mark_changed
from .promotion_sql import make_classes, make_departures, make_enrolments, mark_made
from .terms import refuse_closed

LINE_COLUMNS = (
    "promotion_id", "student_id", "enrolment_id", "from_school_id", "stage", "grade", "class_name", "status",
    "outcome", "to_school_id", "to_stage", "to_grade", "to_class_name", "destination", "note", "is_edited", "made",
)  # fmt: skip


@dataclass(frozen=True)
class Step:
    """What is proposed for a child; ``keeps_school`` False: ``feeder`` or nowhere."""

    outcome: str
    stage: str = ""
    grade: int | None = None
    destination: str = ""


def propose(stage: str, grade: int, status: str, *, goes_up: bool, own_stages: frozenset[str]) -> Step:
    """Return what usually becomes of a child of ``grade`` (1-based) of ``stage`` in the next term.

    ``goes_up``: a new school year begins. ``own_stages``: those of its school; a 九年一贯制 school
    takes its own sixth grade on. Senior school is entered by examination, so the ninth grade graduates everywhere.
    """
    if status == EnrolmentStatus.SUSPENDED:
        return Step(Outcome.SUSPENDED, stage, grade)
    if not goes_up or grade < STAGE_YEARS[stage]:
        return Step(Outcome.PROMOTE, stage, grade + goes_up)
    if stage == Stage.PRIMARY:
        if Stage.JUNIOR in own_stages:
            return Step(Outcome.PROMOTE, Stage.JUNIOR, 1)
        return Step(Outcome.SENT, Stage.JUNIOR, 1, Destination.SENT)
    return Step(Outcome.GRADUATE, destination=Destination.PENDING)


def school_year(term: Term) -> int:
    """Return the year in which the school year of ``term`` began."""
    return term.year if term.season == Season.AUTUMN else term.year - 1


@transaction.atomic
def open_promotion(*, by: Actor, to_term: Term, school: School | None = None, area: str = "") -> Promotion:
    """Propose ``to_term`` for a school, or for all schools of ``area`` (6-digit code), from the last term before it."""
    refuse_closed(to_term)
    area = school.area.full_code if school else area
    source = Enrolment.objects.filter(term__starts_on__lt=to_term.starts_on, place=Place.IN_COUNTY)
    source = source.filter(school=school) if school else source.filter(Scope((area,)).area_q("school_area"))
    last = source.order_by("-term__starts_on").values_list("term", flat=True).first()
    if last is None:
        raise StepRefused(f"{to_term}以前没有学籍，没有可以升级的学生；请先导入花名册。")
    from_term = Term.objects.get(pk=last)
    if school_year(to_term) - school_year(from_term) > 1:
        raise StepRefused(
            f"最近的学籍是{from_term}，与{to_term}相隔超过一学年，不能自动升级；请导入新学期花名册。"
        )
    try:
        with transaction.atomic():
            promotion = Promotion.objects.create(
                from_term=from_term, to_term=to_term, school=school, area=area, opened_by=by.name
            )
    except IntegrityError:
        raise StepRefused("已有一份待确认的升级名单，请接着办理，或放弃后重新生成。") from None
    step = PROMOTION_FLOW["open"]
    PromotionDecision.append(promotion, step=step, old="", by=by, reason="", at=timezone.now())
    lines = _fill(promotion)
    record(by, action="promotion.open", subject=promotion, changes={"rows": ["", lines]})
    return promotion


@transaction.atomic
def refresh(*, by: Actor, promotion: Promotion) -> Promotion:
    """Read last term anew: what was edited by hand stays where the child is still as it was."""
    _locked_draft(promotion)
    stale = promotion.lines.stale().values("pk")
    promotion.lines.filter(Q(is_edited=False) | Q(pk__in=stale)).delete()
    lines = _fill(promotion)
    record(by, action="promotion.refresh", subject=promotion, changes={"rows": ["", lines]})
    return promotion


@transaction.atomic
def edit(
    *, by: Actor, promotion: Promotion, lines, outcome: str, to_school: School | None = None,
    class_name: str = "", destination: str = "", note: str = "",
) -> int:  # fmt: skip
    """Decide otherwise for ``lines`` (a queryset of this run's); return how many.

    PROMOTE keeps what is proposed for those who can go up; for the others StepRefused says so.
    """
    _locked_draft(promotion)
    chosen = list(lines.filter(promotion=promotion).select_for_update(of=("self",)))
    own_stages = _stages({line.from_school_id for line in chosen})
    goes_up = school_year(promotion.to_term) > school_year(promotion.from_term)
    for line in chosen:
        usual = propose(line.stage, line.grade, EnrolmentStatus.STUDYING, goes_up=goes_up,
                        own_stages=own_stages[line.from_school_id])  # fmt: skip
        _decide(line, usual, outcome, to_school, class_name)
        line.destination = _destination(outcome, destination)
        line.note, line.is_edited = note, True
    fields = [
        "outcome", "to_school", "to_stage", "to_grade", "to_class_name", "destination", "note", "is_edited",
    ]  # fmt: skip
    PromotionLine.objects.bulk_update(chosen, fields, batch_size=500)
    if chosen:
        changes = {"rows": ["", len(chosen)], "outcome": ["", Outcome(outcome).label]}
        record(by, action="promotion.edit", subject=promotion, changes=changes, reason=note)
    return len(chosen)


@transaction.atomic
def apply(*, by: Actor, promotion: Promotion) -> Promotion:
    """Let the proposals take effect, all of them or none. A second click finds it done and changes nothing."""
    _locked_draft(promotion)
    refuse_closed(promotion.to_term)
    if undecided := promotion.lines.undecided().count():
        raise StepRefused(f"还有 {undecided} 名六年级学生没有定对口初中，请先选学校或改去向。")
    if stale := promotion.lines.stale().count():
        raise StepRefused(
            f"有 {stale} 名学生的上学期学籍在生成名单以后有变动，请点“重新生成”，核对后再确认。"
        )
    now = timezone.now()
    made = mark_made(promotion)
    advance(promotion, PROMOTION_FLOW, "apply", by=by, applied_at=now, applied_by=by.name, counts=counts_of(promotion))  # fmt: skip
    make_classes(promotion)
    with because(by, action="promotion.apply", subject=promotion, label=str(promotion.to_term)):
        if make_enrolments(promotion) != made:
            raise StepRefused("刚才有人同时在建这些学生的新学期学籍，没有写入任何内容，请再确认一次。")
        make_departures(promotion)
        _derive(promotion)
    return promotion


@transaction.atomic
def drop(*, by: Actor, promotion: Promotion) -> Promotion:
    """Give a draft up; the registry was never touched."""
    advance(promotion, PROMOTION_FLOW, "drop", by=by)
    promotion.lines.all().delete()
    return promotion


@transaction.atomic
def undo(*, by: Actor, promotion: Promotion, reason: str) -> Promotion:
    """Take back everything the run wrote, while nothing depends on it; otherwise nothing is taken back."""
    advance(promotion, PROMOTION_FLOW, "undo", by=by, reason=reason)
    refuse_closed(promotion.to_term)
    if depends := _what_depends(promotion):
        raise StepRefused("不能撤销：" + "；".join(depends) + "。请逐人更正。")
    made = promotion.lines.filter(made=True).values("student")
    students = list(made.values_list("student", flat=True))
    try:
        with because(by, action="promotion.undo", subject=promotion, label=str(promotion.to_term)):
            Enrolment.objects.filter(term=promotion.to_term, student__in=made).delete()
    except ProtectedError:
        raise StepRefused("不能撤销：新学期学籍上已有后续办理的事项，请逐人更正。") from None
    promotion.departures.all().delete()
    promotion.lines.update(made=False)
    mark_changed(promotion.to_term, students, ChangeCause.PROMOTION)
    return promotion


# --- how they do it -------------------------------------------------------------------------------


def _locked_draft(promotion: Promotion) -> None:
    state = Promotion.objects.select_for_update().values_list("state", flat=True).get(pk=promotion.pk)
    if state != PromotionState.DRAFT:
        raise StepRefused(f"这份升级名单{PromotionState(state).label}，不能再改，请刷新后再看。")


def _fill(promotion: Promotion) -> int:
    """Write a line for every child of last term that has none and is not in the new term yet; return how many."""
    there = Enrolment.objects.filter(student=OuterRef("student"), term=promotion.to_term)
    known = PromotionLine.objects.filter(promotion=promotion, student=OuterRef("student"))
    rows = source_of(promotion).filter(~Exists(there), ~Exists(known))
    schools = set(source_of(promotion).order_by().values_list("school", flat=True).distinct())
    own_stages = _stages(schools)
    feeders = dict(Feeder.objects.filter(from_school__in=schools).values_list("from_school", "to_school"))
    goes_up = school_year(promotion.to_term) > school_year(promotion.from_term)
    facts = rows.values_list(
        "pk", "student_id", "school_id", "stage", "grade", "school_class__name", "status"
    )

    def lines():
        for pk, student, school, stage, grade, class_name, status in facts.iterator(chunk_size=5000):
            step = propose(stage, grade, status, goes_up=goes_up, own_stages=own_stages[school])
            to_school = _to_school(step, school, feeders)
            kept = (class_name or "") if step.stage == stage else ""
            yield (
                promotion.pk, student, pk, school, stage, grade, class_name or "", status,
                step.outcome, to_school, step.stage, step.grade, kept, step.destination, "", False, False,
            )  # fmt: skip

    # Read to the end first: on PostgreSQL a COPY cannot run while a cursor of the same connection is being read.
    return bulk.insert(PromotionLine, LINE_COLUMNS, list(lines()))


def source_of(promotion: Promotion):
    """Return the enrolments of last term that a run is about: studying or on leave, in schools of the county."""
    rows = Enrolment.objects.of(promotion.from_term).filter(
        place=Place.IN_COUNTY, status__in=[EnrolmentStatus.STUDYING, EnrolmentStatus.SUSPENDED]
    )
    if promotion.school_id:
        return rows.filter(school=promotion.school_id)
    return rows.filter(Scope((promotion.area,)).area_q("school_area"))


def _stages(schools) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {school: set() for school in schools}
    for school, stage in SchoolStage.objects.filter(school__in=schools).values_list("school", "stage"):
        found[school].add(stage)
    return {school: frozenset(stages) for school, stages in found.items()}


def _to_school(step: Step, school: int, feeders: dict[int, int]) -> int | None:
    if step.outcome == Outcome.SENT:
        return feeders.get(school)
    return school if step.stage else None


def _decide(
    line: PromotionLine, usual: Step, outcome: str, to_school: School | None, class_name: str
) -> None:
    if outcome == Outcome.PROMOTE:
        if usual.outcome != Outcome.PROMOTE:
            raise StepRefused(
                f"{line.student}在本校已没有更高的年级，不能“升级”；请选“送初中”“毕业”或“留级”。"
            )
        line.to_school_id, line.to_stage, line.to_grade = line.from_school_id, usual.stage, usual.grade
    elif outcome in (Outcome.REPEAT, Outcome.SUSPENDED):
        line.to_school_id, line.to_stage, line.to_grade = line.from_school_id, line.stage, line.grade
    elif outcome == Outcome.SENT:
        if line.stage != Stage.PRIMARY or line.grade < STAGE_YEARS[Stage.PRIMARY]:
            raise StepRefused(f"{line.student}不是六年级毕业生，不能“送初中”。")
        line.to_school, line.to_stage, line.to_grade = to_school, Stage.JUNIOR, 1
    else:
        line.to_school, line.to_stage, line.to_grade = None, "", None
    line.outcome = outcome
    same_stage = line.to_stage == line.stage
    line.to_class_name = (class_name or (line.class_name if same_stage else "")) if line.to_grade else ""


def _destination(outcome: str, destination: str) -> str:
    if outcome == Outcome.SENT:
        return Destination.SENT
    if outcome in (Outcome.GRADUATE, Outcome.NOT_HERE):
        return destination if destination not in ("", Destination.SENT) else Destination.PENDING
    return ""


def _derive(promotion: Promotion) -> None:
    students = list(promotion.lines.filter(made=True).values_list("student", flat=True))
    derive_categories(promotion.to_term, student_ids=students)
    mark_changed(promotion.to_term, students, ChangeCause.PROMOTION)


def _what_depends(promotion: Promotion) -> list[str]:
    """Return in words what stands on the run's rows by now, with the first names."""
    made = promotion.lines.filter(made=True)
    departed = promotion.departures.with_arrival()
    found = {
        "已有发放批次列入": made.filter(student__in=students_in_batches(promotion.to_term)),
        "新学期学籍已改动": changed_since(promotion),
        "新学期已办异动": made.filter(
            Exists(Move.objects.filter(student=OuterRef("student"), term=promotion.to_term))
        ),
        "已登记去向或已由新学校接收": departed.filter(Q(answered_at__isnull=False) | Q(arrived=True)),
    }
    told = []
    for words, rows in found.items():
        if count := rows.count():
            names = "、".join(rows.order_by("pk").values_list("student__name", flat=True)[:3])
            told.append(f"{words} {count} 人（{names}{'等' if count > 3 else ''}）")
    return told
