"""The days of a deployment: the first, the last, an early end, more time, reminders before it ends."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused, advance
from teachers.enums.deployment import NOT_TO_BE, DeploymentOrigin, DeploymentState
from teachers.models import Deployment
from teachers.states.deployment import DEPLOYMENT_FLOW

from .deployment import NewDeployment, ask, checked, written
from .deployment_news import tell_bureau, tell_school, told


@transaction.atomic
def start(*, by: Actor, deployment: Deployment, on: dt.date, reason: str = "") -> Deployment:
    """Say as the receiving school that the teacher is there (of an office, as the sending one); an extension begins the day after the old one ends."""
    if on > today():
        raise StepRefused("到岗日期不能晚于今天；到岗当天再确认。")
    if on < deployment.since:
        raise StepRefused(f"到岗日期不能早于派出的起日 {deployment.since}。")
    if on > deployment.until:
        raise StepRefused(f"派出到 {deployment.until} 已期满；没有到岗的请撤回。")
    try:
        with transaction.atomic():
            if deployment.extends_id:
                on = deployment.since
                old = deployment.extends
                advance(
                    old,
                    DEPLOYMENT_FLOW,
                    "extend",
                    by=by,
                    reason=f"延至 {deployment.until}",
                    ended_on=old.until,
                )
            advance(deployment, DEPLOYMENT_FLOW, "start", by=by, reason=reason, started_on=on)
    except IntegrityError as clash:
        raise StepRefused("这位教师还在另一次派出中，没有登记；请先登记那一次的返回。") from clash
    return deployment


@transaction.atomic
def come_back(*, by: Actor, deployment: Deployment, on: dt.date, reason: str = "") -> Deployment:
    """Say that the teacher is back; ``on`` is the last day at the other school, the agreed one or later."""
    if on > today():
        raise StepRefused("最后一天不能晚于今天；返回以后再登记。")
    if on < deployment.until:
        raise StepRefused(f"派出到 {deployment.until} 才期满；提前返回的请由人事股办理“提前结束”。")
    advance(deployment, DEPLOYMENT_FLOW, "return", by=by, reason=reason, ended_on=on)
    tell_bureau(deployment, f"已返回：{told(deployment)}", tone="ok")
    return deployment


@transaction.atomic
def end_early(*, by: Actor, deployment: Deployment, on: dt.date, reason: str) -> Deployment:
    """End it as the bureau before the agreed day; the days that remain are free."""
    if on > today():
        raise StepRefused("最后一天不能晚于今天。")
    if not deployment.started_on or on < deployment.started_on or on >= deployment.until:
        raise StepRefused(
            f"提前结束的最后一天应在到岗（{deployment.started_on or '未到岗'}）以后、期满（{deployment.until}）以前。"
        )
    advance(deployment, DEPLOYMENT_FLOW, "end_early", by=by, reason=reason, ended_on=on)
    for school in deployment.schools:
        tell_school(school, deployment, f"提前结束：{told(deployment)}。{reason}")
    return deployment


@transaction.atomic
def ask_extension(*, by: Actor, deployment: Deployment, until: dt.date, reason: str) -> Deployment:
    """Ask for more time: a deployment of its own from the day after, approved and agreed to like every other."""
    if deployment.state != DeploymentState.UNDER_WAY:
        raise StepRefused("只有进行中的派出可以申请延期。")
    if until <= deployment.until:
        raise StepRefused(f"延期应晚于现在的止日 {deployment.until}。")
    if deployment.extensions.exclude(state__in=NOT_TO_BE).exists():
        raise StepRefused("这次派出已有一份延期申请，请先办完那一份。")
    since = deployment.until + dt.timedelta(days=1)
    row = NewDeployment(
        deployment.teacher_id,
        deployment.kind,
        deployment.receiving_id,
        since,
        until,
        reason,
        deployment.document,
        deployment.office,
    )
    made = checked(by, [row], deployment.origin)
    made[0].extends = deployment
    made[0].origin = DeploymentOrigin.ENTERED
    return ask(by=by, deployment=written(by, made, "draft")[0], reason=reason)


def remind_returns() -> int:
    """Remind both schools before the last day, once for each day it may be; run every day. Return how many."""
    last = today() + dt.timedelta(days=option("deployment_reminder_days"))
    due = (
        Deployment.objects.under_way()
        .filter(until__lte=last)
        .filter(Q(reminded_for=None) | ~Q(reminded_for=F("until")))
    )
    reminded = 0
    for each in due.with_people():
        with transaction.atomic():
            rows = Deployment.objects.filter(pk=each.pk, state=DeploymentState.UNDER_WAY).filter(
                Q(reminded_for=None) | ~Q(reminded_for=each.until)
            )
            if not rows.update(reminded_for=each.until):
                continue
            words = f"{told(each)} 到期，请安排返回，需要延期的请提前申请。"
            for school in each.schools:
                tell_school(school, each, words, tone="warn")
            tell_bureau(each, words)
            reminded += 1
    return reminded
