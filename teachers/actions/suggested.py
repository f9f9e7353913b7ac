"""Suggested plans: ordered, solved by a worker, answered by the officer, solved again, adopted as drafts of deployments."""

import datetime as dt
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.jobs.progress import NO_PROGRESS, JobRefused
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers import planning
from teachers.enums.deployment import DeploymentOrigin
from teachers.enums.suggested import HoldKind, MoveState, RunState
from teachers.models import Deployment, PlanHold, PlannedMove, PlanRun, Teacher
from teachers.queries.plan_facts import read_facts
from teachers.states.suggested import SUGGESTED_FLOW

from .deployment import NewDeployment, draft_deployments

MOST_TOLD = 5  # problems in one sentence
GONE = "固定的调动中，有教师已不在岗，或岗位已不存在。请取消这一固定，再求解。"


@transaction.atomic
def order(
    *, by: Actor, term: Term, since: dt.date, until: dt.date, rules: planning.Rules, seconds: int, based_on: PlanRun | None = None
) -> PlanRun:  # fmt: skip
    """Order a plan; what was said to ``based_on`` goes into it, and that one can be adopted no more."""
    if based_on is not None:
        advance(based_on, SUGGESTED_FLOW, "replace", by=by)
    run = PlanRun(
        term=term,
        since=since,
        until=until,
        rules=rules.to_dict(),
        seconds=seconds,
        based_on=based_on,
        by_name=by.name,
    )
    run.validate_constraints()
    run.save()
    step = SUGGESTED_FLOW["order"]
    run.decisions.model.append(run, step=step, old="", by=by, reason="", at=timezone.now())
    if based_on is not None:
        PlanHold.objects.bulk_create(_copy(hold, run) for hold in based_on.holds.all())
    record(by, action="suggested_plan.order", subject=run, changes={"rules": [None, run.rules]})
    return run


def _copy(hold: PlanHold, run: PlanRun) -> PlanHold:
    return PlanHold(
        run=run, teacher_id=hold.teacher_id, kind=hold.kind, school_id=hold.school_id, stage=hold.stage, subject=hold.subject
    )  # fmt: skip


def solve(*, by: Actor, run: PlanRun, progress=NO_PROGRESS) -> PlanRun:
    """Solve a plan that waits and keep what came out; one that is solved already stays as it is."""
    if run.state != RunState.WAITING:
        return run
    progress.expect(run.seconds)
    progress.reach(0, "正在读取学校、岗位和教师")
    facts = facts_of(run)
    began = time.monotonic()

    def tick() -> None:
        progress.reach(min(run.seconds, int(time.monotonic() - began)), "正在求解")

    pinned, forbidden = what_was_said(run, facts)
    try:
        plan = planning.make_plan(
            facts, planning.Rules.from_dict(run.rules), pinned=pinned, forbidden=forbidden, seconds=run.seconds, tick=tick
        )  # fmt: skip
    except planning.TooLarge as error:
        raise JobRefused(str(error)) from error
    except planning.UnknownPin as error:
        raise JobRefused(GONE) from error
    progress.reach(run.seconds, "正在保存方案")
    with transaction.atomic():
        run.moves.all().delete()
        PlannedMove.objects.bulk_create(_rows(run, plan, len(pinned)))
        verb = "find_none" if plan.conflicts else "solve"
        advance(
            run,
            SUGGESTED_FLOW,
            verb,
            by=by,
            digest=facts.digest,
            result=_result(facts, plan),
            solved_at=timezone.now(),
        )
        progress.fence()
    return run


def facts_of(run: PlanRun) -> planning.Facts:
    """Return the county of today as far as a run asks."""
    return read_facts(today(), term=run.term, since=run.since, until=run.until)


def what_was_said(run: PlanRun, facts: planning.Facts) -> tuple[list[planning.Pair], set[planning.Pair]]:
    """Return the pinned and the forbidden moves of a run; who stays is forbidden every post."""
    pinned: list[planning.Pair] = []
    forbidden: set[planning.Pair] = set()
    for hold in run.holds.all():
        if hold.kind == HoldKind.PIN:
            pinned.append((hold.teacher_id, hold.post_key))
        elif hold.kind == HoldKind.FORBID:
            forbidden.add((hold.teacher_id, hold.post_key))
        else:
            forbidden |= {(hold.teacher_id, post.key) for post in facts.posts if post.short}
    return pinned, forbidden


def _rows(run: PlanRun, plan: planning.Plan, pinned: int) -> list[PlannedMove]:
    rows = []
    for number, each in enumerate(plan.moves, start=1):
        move = each.move
        why = asdict(each)
        del why["move"]
        rows.append(
            PlannedMove(
                run=run, number=number, teacher_id=move.teacher.id, from_school_id=move.teacher.school, school_id=move.post.school,
                stage=move.post.stage, subject=move.post.subject, km=move.km, is_unwilling=move.unwilling, gain=move.gain, cost=move.cost,
                why=why, state=MoveState.PINNED if number <= pinned else MoveState.PROPOSED,
            )
        )  # fmt: skip
    return rows


def _result(facts: planning.Facts, plan: planning.Plan) -> dict:
    """Return what is kept of a plan beside its moves: figures, need that stays open, conflicts, need by school."""
    return {
        "figures": asdict(plan.figures),
        "baselines": {name: asdict(figures) for name, figures in plan.baselines.items()},
        "bound": plan.bound,
        "gap": plan.gap,
        "proved": plan.proved,
        "possible": plan.possible,
        "short": plan.short,
        "open": [
            {
                "school": left.post.school,
                "label": left.post.label,
                "places": left.places,
                "why": left.sentence,
            }
            for left in plan.open
        ],
        "conflicts": [
            {"rule": c.rule, "sentence": c.sentence, "teachers": c.teachers} for c in plan.conflicts
        ],
        "enough": [rule.words for rule in plan.enough],
        "schools": _by_school(facts, plan),
    }


def _by_school(facts: planning.Facts, plan: planning.Plan) -> list[dict]:
    """Return the schools that are short of somebody, send or receive: need before and after, the shortest first."""
    short, bare = Counter(), Counter()
    for post in facts.posts:
        short[post.school] += post.short
        bare[post.school] += post.is_bare
    came = Counter(each.move.post.school for each in plan.moves)
    went = Counter(each.move.teacher.school for each in plan.moves)
    bare_closed = Counter(key[0] for key in {e.move.post.key for e in plan.moves if e.move.post.is_bare})
    rows = [
        {
            "school": school.id, "need": school.need, "staff": school.staff, "out": went[school.id], "in": came[school.id],
            "staff_after": school.staff - went[school.id] + came[school.id], "short": short[school.id],
            "short_after": short[school.id] - came[school.id], "bare": bare[school.id], "bare_after": bare[school.id] - bare_closed[school.id],
        }
        for school in facts.schools
        if short[school.id] or came[school.id] or went[school.id]
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (-row["short"], row["school"]))


# --- what the officer says to it -------------------------------------------------------------------


@transaction.atomic
def say(*, by: Actor, move: PlannedMove, kind: str) -> PlannedMove:
    """Pin a move, forbid it, or let its teacher stay; what was said of it before no longer counts."""
    run = _open(move.run_id)
    _unsay(run, move)
    post = (
        {}
        if kind == HoldKind.STAY
        else {"school_id": move.school_id, "stage": move.stage, "subject": move.subject}
    )
    PlanHold.objects.create(run=run, teacher_id=move.teacher_id, kind=kind, **post)
    move.state = MoveState.PINNED if kind == HoldKind.PIN else MoveState.REJECTED
    move.save(update_fields=["state"])
    _touch(by, run, move.teacher_id, HoldKind(kind).label)
    return move


@transaction.atomic
def restore(*, by: Actor, move: PlannedMove) -> PlannedMove:
    """Take back what was said of a move."""
    run = _open(move.run_id)
    _unsay(run, move)
    move.state = MoveState.PROPOSED
    move.save(update_fields=["state"])
    _touch(by, run, move.teacher_id, "恢复")
    return move


def _unsay(run: PlanRun, move: PlannedMove) -> None:
    """Forget what was said of the move's teacher, but other posts forbidden to them."""
    of_teacher = run.holds.filter(teacher=move.teacher_id)
    of_teacher.exclude(kind=HoldKind.FORBID).delete()
    of_teacher.filter(school=move.school_id, stage=move.stage, subject=move.subject).delete()


@transaction.atomic
def send_to(
    *, by: Actor, run: PlanRun, teacher: Teacher, school: School, stage: str, subject: str
) -> PlanHold:
    """Pin a teacher to a post of the officer's choice; a move the plan has for them gives way to it."""
    run = _open(run.pk)
    planned = run.moves.filter(teacher=teacher).first()
    if planned is not None and planned.post_key == (school.pk, stage, subject):
        say(by=by, move=planned, kind=HoldKind.PIN)
        return run.holds.get(teacher=teacher, kind=HoldKind.PIN)
    of_teacher = run.holds.filter(teacher=teacher)
    of_teacher.exclude(kind=HoldKind.FORBID).delete()
    of_teacher.filter(school=school, stage=stage, subject=subject).delete()
    hold = PlanHold.objects.create(
        run=run, teacher=teacher, kind=HoldKind.PIN, school=school, stage=stage, subject=subject
    )
    run.moves.filter(teacher=teacher).update(state=MoveState.REJECTED)
    _touch(by, run, teacher.pk, f"改派 {hold.told}")
    return hold


@transaction.atomic
def take_back(*, by: Actor, hold: PlanHold) -> PlanRun:
    """Forget one thing that was said; a move it was about is proposed again."""
    run = _open(hold.run_id)
    run.moves.filter(teacher=hold.teacher_id).update(state=MoveState.PROPOSED)
    told = f"取消{hold.get_kind_display()} {hold.told}"
    hold.delete()
    _touch(by, run, hold.teacher_id, told)
    return run


def _open(pk: int) -> PlanRun:
    """Return a run, locked, that may still be changed."""
    run = PlanRun.objects.select_for_update().get(pk=pk)
    if run.state not in (RunState.SOLVED, RunState.INFEASIBLE):
        raise StepRefused("这份方案已重新求解、采纳或放弃，不能再调整；请看最新的方案。")
    return run


def _touch(by: Actor, run: PlanRun, teacher: int, told: str) -> None:
    run.is_touched = True
    run.save(update_fields=["is_touched"])
    record(
        by,
        action="suggested_plan.say",
        subject=run,
        changes={"move": [None, f"teachers.teacher:{teacher} {told}"]},
    )


@transaction.atomic
def drop(*, by: Actor, run: PlanRun) -> PlanRun:
    advance(run, SUGGESTED_FLOW, "drop", by=by)
    return run


# --- adopted ---------------------------------------------------------------------------------------


def standing(run: PlanRun) -> list[PlannedMove]:
    """Return the moves that would be adopted."""
    moves = run.moves.filter(state__in=[MoveState.PROPOSED, MoveState.PINNED])
    return list(moves.select_related("teacher__person", "from_school", "school"))


@dataclass(frozen=True, slots=True)
class Review:
    """What a plan is worth today: what keeps it from being adopted, and whether the county has changed since it was solved."""

    problems: list[str]
    is_changed: bool


def review(run: PlanRun, moves: Sequence[PlannedMove]) -> Review:
    """Look at the moves by the county of today and the plan's own rules."""
    problems = [] if moves else ["没有可采纳的调动。"]
    made = {(move.teacher_id, move.post_key) for move in moves}
    for hold in run.holds.filter(kind=HoldKind.PIN).select_related("teacher__person", "school"):
        if (hold.teacher_id, hold.post_key) not in made:
            problems.append(f"{hold.teacher.name}固定到{hold.told}，还没有求解；请先重新求解。")
    facts, rules = facts_of(run), planning.Rules.from_dict(run.rules)
    of_pair = {(move.teacher_id, move.post_key): move for move in moves}
    for pair, rule in planning.recheck(facts, rules, list(of_pair)):
        why = "教师已不在岗、已另有派出，或岗位已不存在" if rule is None else f"现在违反“{rules.says(rule)}”"
        problems.append(f"{of_pair[pair]}：{why}；请否决这一调动，或重新求解。")
    return Review(problems, facts.digest != run.digest)


@transaction.atomic
def adopt(*, by: Actor, run: PlanRun, kind: str, reason: str) -> list[Deployment]:
    """Make a draft of a deployment of every move that stands, all or none, once."""
    advance(run, SUGGESTED_FLOW, "adopt", by=by, reason=reason)
    moves = standing(run)
    found = review(run, moves).problems
    if found:
        raise StepRefused(
            "".join(found[:MOST_TOLD])
            + (f"另有 {len(found) - MOST_TOLD} 项。" if len(found) > MOST_TOLD else "")
        )
    drafts = draft_deployments(
        by=by, origin=DeploymentOrigin.PLANNED,
        rows=[NewDeployment(move.teacher_id, kind, move.school_id, run.since, run.until, _reason(move, reason)) for move in moves],
    )  # fmt: skip
    for move, made in zip(moves, drafts, strict=True):
        move.state, move.deployment = MoveState.ACCEPTED, made
    PlannedMove.objects.bulk_update(moves, ["state", "deployment"], batch_size=200)
    return drafts


def _reason(move: PlannedMove, reason: str) -> str:
    return f"{reason}：补{move.school}{move.post_label}缺额（{move.run}）"
