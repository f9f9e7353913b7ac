"""Verbs of the work itself: milestones planned and reached, progress with a photo, halting, cancelling."""

import datetime as dt

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.enums import GapState, MilestoneKind, PlanField, ProjectState
from projects.models import FundLine, Milestone, PlanChange, ProgressReport, Project
from projects.states import GAP_FLOW, MOVED_BY, PROJECT_FLOW

from .files import kept

ORDER = list(MilestoneKind)
# What has to be reached before, and what has to show it.
FIRST = {
    MilestoneKind.FINISH: (MilestoneKind.START,), MilestoneKind.ACCEPTANCE: (MilestoneKind.FINISH,),
    MilestoneKind.HANDOVER: (MilestoneKind.ACCEPTANCE, MilestoneKind.ACCOUNTS),
}  # fmt: skip
PROVED = (MilestoneKind.ACCEPTANCE, MilestoneKind.HANDOVER)
CLOSED = (ProjectState.CANCELLED, ProjectState.HALTED)


def plan_milestone(
    *, by: Actor, project: Project, kind: str, planned_on: dt.date, reason: str = ""
) -> Milestone:
    """Say for which day a milestone is planned; the planned finish is the project's own deadline. What was planned before is kept."""
    with transaction.atomic():
        locked = _locked(project)
        if locked.state == ProjectState.CANCELLED:
            raise StepRefused("项目已取消。")
        row, is_new = Milestone.objects.get_or_create(
            project=locked, kind=kind, defaults={"planned_on": planned_on}
        )
        if row.actual_on:
            raise StepRefused("这个节点已经完成，计划日期不再改。")
        old = None if is_new else row.planned_on
        PlanChange.note(locked.pk, PlanField.DAY, kind, old, planned_on, by=by, reason=reason)
        Milestone.objects.filter(pk=row.pk).update(planned_on=planned_on)
        if kind == MilestoneKind.FINISH:
            Project.objects.filter(pk=locked.pk).update(due_on=planned_on)
        record(
            by,
            action="project.plan_milestone",
            subject=locked,
            changes={kind: [old and str(old), str(planned_on)]},
        )
    row.refresh_from_db()
    return row


def reach_milestone(
    *, by: Actor, project: Project, kind: str, actual_on: dt.date, note: str = "", upload=None, account=None
) -> Milestone:
    """Record that a milestone was reached on a day, with its document; start, finish, acceptance and hand-over move the project on."""
    label = MilestoneKind(kind).label
    with kept(upload, project=project, about=label, by=by, account=account) as file, transaction.atomic():
        locked = _locked(project)
        _may_be_reached(locked, kind, actual_on)
        if kind in PROVED and not (note.strip() or upload):
            raise StepRefused(f"“{label}”要有依据：请填写文号，或上传批文、证书。")
        if file:
            file.save()
        if verb := MOVED_BY.get(MilestoneKind(kind)):
            changes = {"percent": 100, "reported_on": actual_on} if verb == "finish" else {}
            advance(
                locked, PROJECT_FLOW, verb, by=by, reason=f"{label} {actual_on} {note}".strip(), **changes
            )
        row, _ = Milestone.objects.update_or_create(
            project=locked, kind=kind, defaults={"actual_on": actual_on, "note": note}
        )
        record(by, action="project.reach_milestone", subject=locked, changes={kind: [None, str(actual_on)]})
    return row


def _may_be_reached(project: Project, kind: str, day: dt.date) -> None:
    if day > today():
        raise StepRefused("完成日期不能晚于今天；还没有完成的请填计划日期。")
    if project.state in CLOSED:
        raise StepRefused(f"项目{project.get_state_display()}，不能登记节点；停工的先复工。")
    reached = dict(project.milestones.exclude(actual_on=None).values_list("kind", "actual_on"))
    if kind in reached:
        raise StepRefused(f"“{MilestoneKind(kind).label}”已在 {reached[kind]} 完成，不能重复登记。")
    if missing := [first.label for first in FIRST.get(MilestoneKind(kind), ()) if first not in reached]:
        raise StepRefused(f"不能“{MilestoneKind(kind).label}”：“{'”“'.join(missing)}”还没有登记，请先登记。")
    place = ORDER.index(MilestoneKind(kind))
    for other, on in reached.items():
        before = ORDER.index(MilestoneKind(other)) < place
        if before and on > day or not before and on < day:
            words = "早于" if before else "晚于"
            raise StepRefused(
                f"“{MilestoneKind(kind).label}”不能{words}“{MilestoneKind(other).label}”（{on}）；请核对日期。"
            )


def report_progress(
    *, by: Actor, project: Project, on: dt.date, percent: int, text: str, upload=None, account=None
) -> ProgressReport:
    """Report how far the work is, with a photo; less than before needs words that say why."""
    with (
        kept(upload, project=project, about=f"进度 {percent}%", by=by, account=account) as photo,
        transaction.atomic(),
    ):
        locked = _locked(project)
        if locked.state != ProjectState.UNDER_WAY:
            raise StepRefused(f"项目{locked.get_state_display()}，不填进度；在建的项目才填。")
        if on > today():
            raise StepRefused("进度日期不能晚于今天。")
        if locked.reported_on and on < locked.reported_on:
            raise StepRefused(f"{locked.reported_on} 已填过更新的进度；请填那以后的日期。")
        if percent < locked.percent and len(text.strip()) < 4:
            raise StepRefused(f"进度比上次的 {locked.percent}% 低，请在“进展”里写明原因。")
        if photo:
            photo.save()
        report = ProgressReport(
            project=locked, on=on, percent=percent, text=text.strip(), photo=photo, by_name=by.name
        )
        report.validate_constraints()
        report.save()
        Project.objects.filter(pk=locked.pk).update(percent=percent, reported_on=on)
        record(by, action="project.progress", subject=locked, changes={"percent": [locked.percent, percent]})
    return report


def halt(*, by: Actor, project: Project, reason: str) -> None:
    advance(project, PROJECT_FLOW, "halt", by=by, reason=reason)


def resume(*, by: Actor, project: Project, reason: str) -> None:
    advance(project, PROJECT_FLOW, "resume", by=by, reason=reason)


@transaction.atomic
def cancel(*, by: Actor, project: Project, reason: str) -> None:
    """Give up a project nothing was contracted for; money that came in has to be moved on first, its gaps are open again."""
    locked = _locked(project)
    lines = FundLine.objects.select_for_update(no_key=True).filter(project=locked)
    if any(line.contracted_fen or line.arrived_fen for line in lines):
        raise StepRefused("项目已有到位资金或合同，不能取消；请先调剂资金、冲销合同。")
    advance(locked, PROJECT_FLOW, "cancel", by=by, reason=reason)
    for gap in locked.gaps.filter(state=GapState.PLANNED):
        advance(gap, GAP_FLOW, "release", by=by, reason=f"{locked.code} {reason}"[:200], project=None)


def _locked(project: Project) -> Project:
    return Project.objects.select_for_update(no_key=True).get(pk=project.pk)
