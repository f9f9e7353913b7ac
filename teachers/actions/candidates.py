"""Verbs of who applies: registered, scored, ranked, examined by order of rank, posted to the school."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.sealing import keyed_hash
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.recruitment import CandidateState, PlanState
from teachers.models import Candidate, CandidateDecision, PostLine, RecruitmentPlan
from teachers.states.recruitment import CANDIDATE_FLOW

GONE = (CandidateState.OUT, CandidateState.WITHDRAWN)


@dataclass(frozen=True)
class Applicant:
    """Who applies for a post line, with the scores known so far."""

    line: int
    name: str
    id_number: str
    phone: str = ""
    written: Decimal | None = None
    interview: Decimal | None = None


@transaction.atomic
def register(*, by: Actor, plan: RecruitmentPlan, applicants: Sequence[Applicant]) -> list[Candidate]:
    """Register applicants of an approved plan, set-based, and rank the lines they apply for."""
    under_way(plan)
    rows = [
        Candidate(
            plan=plan, line_id=each.line, name=each.name, id_number=each.id_number, id_hash=keyed_hash(each.id_number), phone=each.phone,
            written=each.written, interview=each.interview, total=Candidate.weighed(each.written, each.interview, plan.written_percent),
        )
        for each in applicants
    ]  # fmt: skip
    try:
        with transaction.atomic():
            made = Candidate.objects.bulk_create(rows)
    except IntegrityError as clash:
        raise StepRefused("有人已经报了本计划的岗位，或成绩不在 0 到 100 之间；没有登记。") from clash
    _decide(made, "register", old="", by=by)
    rank(lines={row.line_id for row in made})
    return made


@transaction.atomic
def score(
    *, by: Actor, plan: RecruitmentPlan, scores: Iterable[tuple[Candidate, Decimal | None, Decimal | None]]
) -> int:
    """Set written and interview scores and rank anew; refused for who has gone on already. Return how many."""
    under_way(plan)
    changed = []
    for candidate, written, interview in scores:
        if candidate.state != CandidateState.REGISTERED:
            raise StepRefused(f"{candidate.name}已进入体检考察或已有结果，成绩不能再改。")
        candidate.written, candidate.interview = written, interview
        candidate.total = Candidate.weighed(written, interview, plan.written_percent)
        changed.append(candidate)
    for candidate in changed[:1] if len(changed) == 1 else ():
        candidate.validate_constraints()
    Candidate.objects.bulk_update(changed, ["written", "interview", "total"], batch_size=500)
    rank(lines={candidate.line_id for candidate in changed})
    if changed:
        record(by, action="candidate.score", subject=plan, changes={"count": [None, str(len(changed))]})
    return len(changed)


def ranks(totals: Sequence[tuple[Decimal | None, Decimal | None]]) -> list[int | None]:
    """Return the rank of each (total, written): 1 + how many are better; the same in both is the same rank.

    Ties of the total are told apart by the written score; without a total there is no rank.
    """
    keys = [None if total is None else (total, written or Decimal(0)) for total, written in totals]
    order = sorted((key for key in keys if key is not None), reverse=True)
    first = {key: number for number, key in reversed(list(enumerate(order, start=1)))}
    return [None if key is None else first[key] for key in keys]


def rank(*, lines: Iterable[int]) -> None:
    """Work out the ranks of whole lines; two queries and one for what changed."""
    by_line: dict[int, list[Candidate]] = {}
    for candidate in Candidate.objects.filter(line__in=set(lines)).order_by("pk"):
        by_line.setdefault(candidate.line_id, []).append(candidate)
    changed = []
    for rows in by_line.values():
        for row, place in zip(rows, ranks([(row.total, row.written) for row in rows]), strict=True):
            if row.rank != place:
                row.rank = place
                changed.append(row)
    Candidate.objects.bulk_update(changed, ["rank"], batch_size=500)


@transaction.atomic
def select(*, by: Actor, plan: RecruitmentPlan) -> list[Candidate]:
    """Send the best of each line on to 体检考察, as many as it has free posts; who fell out makes room for the next.

    At a place that several share with too few posts for all, nobody of them goes on: that is for a person to settle.
    """
    under_way(plan)
    lines = list(PostLine.objects.select_for_update(no_key=True).filter(target__plan=plan))
    waiting: dict[int, list[Candidate]] = {}
    rows = Candidate.objects.filter(plan=plan, state=CandidateState.REGISTERED, rank__isnull=False)
    for candidate in rows.order_by("line_id", "rank", "pk"):
        waiting.setdefault(candidate.line_id, []).append(candidate)
    chosen: list[Candidate] = []
    for line in lines:
        chosen += _best(waiting.get(line.pk, []), line.free)
    move(chosen, "select", by=by)
    return chosen


def _best(waiting: list[Candidate], free: int) -> list[Candidate]:
    """Return the first ``free`` by rank, none of those who tie across the last post."""
    taken = waiting[:free]
    if len(waiting) > free and taken and waiting[free].rank == taken[-1].rank:
        taken = [each for each in taken if each.rank != waiting[free].rank]
    return taken


@transaction.atomic
def choose(*, by: Actor, candidate: Candidate, reason: str = "") -> Candidate:
    """Send one person on; refused past a better one who still waits, and over the posts of the line."""
    line = PostLine.objects.select_for_update(no_key=True).get(pk=candidate.line_id)
    under_way(candidate.plan)
    if candidate.rank is None:
        raise StepRefused("没有总成绩，不能列入体检考察；请先登记笔试和面试成绩。")
    better = line.candidates.filter(state=CandidateState.REGISTERED, rank__lt=candidate.rank).first()
    if better:
        raise StepRefused(f"{better.name}名次在前（第 {better.rank} 名），还没有办理；应按名次递补。")
    if not line.free:
        raise StepRefused(f"{line}的 {line.posts} 个岗位都已有人，不能再列入。")
    advance(candidate, CANDIDATE_FLOW, "select", by=by, reason=reason)
    return candidate


def clear(*, by: Actor, candidate: Candidate, reason: str = "") -> Candidate:
    """Note that health and background were found good."""
    advance(candidate, CANDIDATE_FLOW, "clear", by=by, reason=reason)
    return candidate


@transaction.atomic
def clear_all(*, by: Actor, plan: RecruitmentPlan) -> int:
    """Note that everybody who is being examined was found good."""
    rows = list(Candidate.objects.filter(plan=plan, state=CandidateState.CHECKING))
    move(rows, "clear", by=by)
    return len(rows)


def reject(*, by: Actor, candidate: Candidate, reason: str) -> Candidate:
    """Let somebody go no further, with the reason; the post is free for the next by rank."""
    advance(candidate, CANDIDATE_FLOW, "reject", by=by, reason=reason)
    return candidate


def withdraw(*, by: Actor, candidate: Candidate, reason: str) -> Candidate:
    """Note that somebody gave up; the post is free for the next by rank."""
    advance(candidate, CANDIDATE_FLOW, "withdraw", by=by, reason=reason)
    return candidate


@transaction.atomic
def transfer(*, by: Actor, candidate: Candidate, line: PostLine, reason: str) -> Candidate:
    """Let somebody who found no place take a post of the same stage and subject elsewhere (调剂), remote schools first."""
    own = candidate.line
    fits = (line.target.plan_id, line.stage, line.subject) == (candidate.plan_id, own.stage, own.subject)
    if not fits or line.pk == own.pk:
        raise StepRefused("只能调剂到本计划同学段、同学科的另一个岗位。")
    if candidate.state != CandidateState.REGISTERED:
        raise StepRefused(f"{candidate.name}已进入体检考察或已有结果，不能调剂。")
    if line.candidates.exclude(state__in=GONE).count() >= line.posts:
        raise StepRefused(f"{line}报考的人不少于岗位数，不能调剂进去。")
    old = str(own)
    candidate.line = line
    candidate.save(update_fields=["line"])
    record(
        by, action="candidate.transfer", subject=candidate, changes={"line": [old, str(line)]}, reason=reason
    )
    rank(lines={own.pk, line.pk})
    candidate.refresh_from_db()
    return candidate


def move(rows: Sequence[Candidate], verb: str, *, by: Actor, **changes) -> None:
    """Move many along the flow as :func:`advance` moves one; the caller holds the transaction."""
    step = CANDIDATE_FLOW[verb]
    by_state: dict[str, list[Candidate]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    for state, same in by_state.items():
        keys = [row.pk for row in same]
        moved = (
            Candidate.objects.filter(pk__in=keys, state=state).update(state=step.target, **changes)
            if state in step.sources
            else 0
        )
        if moved != len(same):
            raise StepRefused(f"不能“{step.label}”：有人已被办理或不在这一步，请刷新后再看。")
        _decide(same, verb, old=state, by=by)
        for row in same:
            row.state = step.target
    if rows:
        record(
            by, action=f"candidate.{verb}", subject=rows[0].plan, changes={"count": [None, str(len(rows))]}
        )


def _decide(rows: Sequence[Candidate], verb: str, *, old: str, by: Actor) -> None:
    """Write the decision row of each, chained to its last; one read and one write."""
    last: dict[int, str] = {}
    for subject, chain in (
        CandidateDecision.objects.filter(subject__in=[row.pk for row in rows])
        .order_by("pk")
        .values_list("subject_id", "chain")
    ):
        last[subject] = chain
    step, now, made = CANDIDATE_FLOW[verb], timezone.now(), []
    for row in rows:
        decision = CandidateDecision(
            subject=row, verb=step.verb, label=step.label, old_state=old, new_state=str(step.target), by_id=by.id, by_name=by.name,
            by_role=by.role, at=now,
        )  # fmt: skip
        decision.chain = decision.chained_to(last.get(row.pk, ""))
        made.append(decision)
    CandidateDecision.objects.bulk_create(made)


def under_way(plan: RecruitmentPlan) -> None:
    if plan.state != PlanState.APPROVED:
        raise StepRefused("计划还没有批准或已经结束，不能办理应聘人员。")
