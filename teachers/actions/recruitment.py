"""Verbs of recruitment plans: drawn up from the need, approved by another person, carried out, ended."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.recruitment import PlanState
from teachers.enums.registry import Origin
from teachers.models import ChannelTarget, PlanDecision, PostLine, RecruitmentPlan, StaffGoal
from teachers.queries.recruitment import Wanted
from teachers.states.recruitment import PLAN_FLOW

# Who is bound to the countryside is placed first: what is left goes to the open channels.
PLACED_FIRST = (
    Origin.COMMISSIONED, Origin.SPECIAL_POST, Origin.FUNDED_NORMAL, Origin.PROVINCIAL_EXAM, Origin.OPEN_RECRUITMENT, Origin.TRANSFER,
    Origin.OTHER,
)  # fmt: skip


@transaction.atomic
def draw_up(
    *, by: Actor, plan: RecruitmentPlan, targets: Mapping[tuple[str, str], tuple[int, int]] | None = None
) -> RecruitmentPlan:
    """Store a new plan; ``targets``: (channel, stage or "") -> (posts, of them to remote schools)."""
    plan.drawn_on, plan.drawn_by_id, plan.state = today(), by.id, PlanState.DRAFT
    plan.validate_constraints()
    plan.save(force_insert=True)
    PlanDecision.append(plan, step=PLAN_FLOW["draw_up"], old="", by=by, reason="", at=timezone.now())
    ChannelTarget.objects.bulk_create(
        [
            ChannelTarget(plan=plan, channel=channel, stage=stage, posts=posts, remote_posts=remote)
            for (channel, stage), (posts, remote) in (targets or {}).items()
        ]
    )
    record(by, action="recruitment_plan.draw_up", subject=plan)
    return plan


@transaction.atomic
def correct(*, by: Actor, plan: RecruitmentPlan) -> RecruitmentPlan:
    """Store what was corrected of a draft."""
    _draft(plan)
    plan.validate_constraints()
    plan.save(update_fields=["year", "name", "document", "written_percent", "note"])
    record(by, action="recruitment_plan.correct", subject=plan)
    return plan


@transaction.atomic
def set_target(
    *, by: Actor, plan: RecruitmentPlan, channel: str, stage: str = "", posts: int, remote_posts: int = 0
) -> ChannelTarget:
    """Set how many come by a channel; the same channel and stage again changes the number."""
    _draft(plan)
    found = plan.targets.filter(channel=channel, stage=stage).first() or ChannelTarget(
        plan=plan, channel=channel, stage=stage
    )
    old = found.posts
    found.posts, found.remote_posts = posts, remote_posts
    found.validate_constraints()
    found.save()
    record(
        by,
        action="recruitment_plan.target",
        subject=plan,
        changes={str(found): [old and str(old), str(posts)]},
    )
    return found


@transaction.atomic
def drop_target(*, by: Actor, target: ChannelTarget) -> RecruitmentPlan:
    """Take a channel out of a draft, with its posts."""
    plan = _draft(target.plan)
    record(
        by, action="recruitment_plan.target", subject=plan, changes={str(target): [str(target.posts), None]}
    )
    target.lines.all().delete()
    target.delete()
    return plan


@transaction.atomic
def draw_lines(*, by: Actor, plan: RecruitmentPlan, needs: Iterable[Wanted]) -> int:
    """Place the posts of every channel on ``needs``, the most urgent first; earlier lines of the draft are replaced.

    Return how many posts were placed. A need is met by one channel or by several, never twice.
    """
    _draft(plan)
    wanted = list(needs)
    left = [need.short for need in wanted]
    PostLine.objects.filter(target__plan=plan).delete()
    lines = []
    for target in sorted(plan.targets.all(), key=_placing):
        free = target.posts
        for number, need in enumerate(wanted):
            if target.stage and need.stage != target.stage:
                continue
            posts = min(left[number], free)
            if posts:
                left[number] -= posts
                free -= posts
                lines.append(
                    PostLine(
                        target=target, school_id=need.school, stage=need.stage, subject=need.subject, posts=posts, is_remote=need.is_remote,
                        priority=number + 1, reasons=need.reasons[:120],
                    )
                )  # fmt: skip
    PostLine.objects.bulk_create(lines)
    placed = sum(line.posts for line in lines)
    record(by, action="recruitment_plan.draw_lines", subject=plan, changes={"posts": [None, str(placed)]})
    return placed


def _placing(target: ChannelTarget) -> tuple:
    return PLACED_FIRST.index(target.channel), not target.stage, target.pk


@transaction.atomic
def keep_line(*, by: Actor, line: PostLine) -> PostLine:
    """Store a post line by hand, new or with another number."""
    _draft(line.target.plan)
    line.validate_constraints()
    line.save()
    record(
        by,
        action="recruitment_plan.line",
        subject=line.target.plan,
        changes={str(line)[:60]: [None, str(line.posts)]},
    )
    return line


@transaction.atomic
def drop_line(*, by: Actor, line: PostLine) -> RecruitmentPlan:
    plan = _draft(line.target.plan)
    record(
        by, action="recruitment_plan.line", subject=plan, changes={str(line)[:60]: [str(line.posts), None]}
    )
    line.delete()
    return plan


def _draft(plan: RecruitmentPlan) -> RecruitmentPlan:
    """Return the plan, locked, while it may be changed."""
    locked = RecruitmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if locked.state != PlanState.DRAFT:
        raise StepRefused("计划已提交或批准，不能再改；要改的，请审批人退回。")
    return locked


@transaction.atomic
def submit(*, by: Actor, plan: RecruitmentPlan, reason: str = "") -> RecruitmentPlan:
    """Hand the plan to the approver; who submits has drawn it up, whoever began it."""
    if not plan.targets.exists():
        raise StepRefused("还没有渠道计划人数，不能提交；请先定各渠道招多少人。")
    advance(plan, PLAN_FLOW, "submit", by=by, reason=reason, drawn_by_id=by.id)
    return plan


@transaction.atomic
def approve(*, by: Actor, plan: RecruitmentPlan, reason: str = "") -> RecruitmentPlan:
    """Approve as another person than who drew it up."""
    locked = RecruitmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if by.id is None or locked.drawn_by_id == by.id:
        raise StepRefused("批准人不能是拟订人，请由另一人审批。")
    advance(locked, PLAN_FLOW, "approve", by=by, reason=reason, approved_on=today(), approved_by_id=by.id)
    return locked


def send_back(*, by: Actor, plan: RecruitmentPlan, reason: str) -> RecruitmentPlan:
    advance(plan, PLAN_FLOW, "return", by=by, reason=reason)
    return plan


def close(*, by: Actor, plan: RecruitmentPlan, reason: str) -> RecruitmentPlan:
    """End a plan: who has not come by now does not come by it."""
    advance(plan, PLAN_FLOW, "close", by=by, reason=reason)
    return plan


def cancel(*, by: Actor, plan: RecruitmentPlan, reason: str) -> RecruitmentPlan:
    advance(plan, PLAN_FLOW, "cancel", by=by, reason=reason)
    return plan


@transaction.atomic
def set_goal(*, by: Actor, year: int, stage: str, teachers: int, document: str = "") -> StaffGoal:
    """Set how many teachers a stage is to have by a year, or change it."""
    goal = StaffGoal.objects.filter(year=year, stage=stage).first() or StaffGoal(year=year, stage=stage)
    old = goal.teachers
    goal.teachers, goal.document = teachers, document
    goal.validate_constraints()
    goal.save()
    record(by, action="staff_goal.set", subject=goal, changes={"teachers": [old and str(old), str(teachers)]})
    return goal


@dataclass(frozen=True)
class PlannedChannel:
    """One line of a plan's own table: how many come in a year by a channel."""

    year: int
    plan: str
    channel: str
    stage: str
    posts: int
    remote_posts: int = 0
    document: str = ""


@transaction.atomic
def take_in(*, by: Actor, rows: Sequence[PlannedChannel]) -> int:
    """Put a table's channels into draft plans of their names, which are made where there are none; return how many."""
    plans = {(plan.year, plan.name): plan for plan in RecruitmentPlan.objects.all()}
    for row in rows:
        plan = plans.get((row.year, row.plan))
        if plan is None:
            new = RecruitmentPlan(year=row.year, name=row.plan, document=row.document)
            plan = plans[row.year, row.plan] = draw_up(by=by, plan=new)
        try:
            set_target(
                by=by, plan=plan, channel=row.channel, stage=row.stage, posts=row.posts, remote_posts=row.remote_posts
            )  # fmt: skip
        except IntegrityError as clash:
            raise StepRefused("渠道计划人数与已有的冲突，没有写入；请刷新后再导入。") from clash
    return len(rows)
