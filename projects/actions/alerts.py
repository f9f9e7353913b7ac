"""What about a project needs looking into; seen every day, told once, gone when it is."""

import datetime as dt

from django.db import transaction

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import wan
from projects.enums import AlertKind, ProjectState
from projects.models import Alert, FundLine, Project

SILENT_DAYS = 62  # two months, as the base table is
AHEAD_POINTS = 20  # percentage points that payments may run before the work
SPENT_UP_PERCENT = 95
WATCHED = (ProjectState.PRELIMINARY, ProjectState.UNDER_WAY, ProjectState.HALTED)


def watch() -> int:
    """Open the alerts of today, bring the words of standing ones up to date, end those that are gone, tell whoever manages projects.

    Return how many are new.
    """
    rows = Project.objects.filter(state__in=WATCHED).with_sums().prefetch_related("milestones", "fund_lines")
    standing = {(each.project_id, each.kind): each for each in Alert.objects.filter(ended_on=None)}
    seen, new, changed = set(), [], []
    for project in rows.iterator(chunk_size=1000):
        for kind, words in causes(project):
            seen.add((project.pk, kind))
            alert = standing.get((project.pk, kind))
            if alert is None:
                new.append(Alert(project=project, kind=kind, text=words[:200], since=today()))
            elif alert.text != words[:200]:
                alert.text = words[:200]
                changed.append(alert)
    gone = [alert.pk for key, alert in standing.items() if key not in seen]
    with transaction.atomic():
        Alert.objects.filter(pk__in=gone, ended_on=None).update(ended_on=today())
        Alert.objects.bulk_update(changed, ["text"], batch_size=500)
        made = Alert.objects.bulk_create(new, ignore_conflicts=True)
        _tell(made)
    return len(made)


def causes(project: Project) -> list[tuple[str, str]]:
    """Return (kind, words) of what is amiss with a project read ``with_sums``, its milestones and its sources."""
    found = []
    late = [each for each in project.milestones.all() if not each.actual_on and each.days_late]
    if late:
        worst = max(late, key=_lateness)
        found.append(
            (
                AlertKind.LATE,
                f"“{worst.get_kind_display()}”计划 {worst.planned_on}，已迟 {worst.days_late} 天",
            )
        )
    found += _of_sources(list(project.fund_lines.all()))
    if project.contracted_fen:
        paid = project.paid_fen * 100 // project.contracted_fen
        if paid > project.percent + AHEAD_POINTS:
            found.append((AlertKind.AHEAD_OF_WORK, f"支付到合同的 {paid}%，形象进度 {project.percent}%"))
    if (
        project.budget_fen
        and project.percent < 80
        and project.paid_fen * 100 >= project.budget_fen * SPENT_UP_PERCENT
    ):
        share = project.paid_fen * 100 // project.budget_fen
        found.append((AlertKind.SPENT_UP, f"已支付预算的 {share}%，形象进度 {project.percent}%"))
    last = project.reported_on or project.registered_on
    if project.state == ProjectState.UNDER_WAY and last < today() - dt.timedelta(days=SILENT_DAYS):
        found.append((AlertKind.SILENT, f"自 {last} 起没有填报进度"))
    return found


def _of_sources(lines: list[FundLine]) -> list[tuple[str, str]]:
    """Return what is amiss with single sources: each is earmarked, so what another one has covers nothing."""
    unpaid_for = [
        f"{line.get_source_display()}已支付 {wan(line.paid_fen)} 万元，到位只有 {wan(line.arrived_fen)} 万元"
        for line in lines
        if line.paid_fen > line.arrived_fen
    ]
    over = [
        f"{line.get_source_display()}签约超过预算 {wan(line.contracted_fen - line.budget_fen)} 万元"
        for line in lines
        if line.contracted_fen > line.budget_fen
    ]
    told = ((AlertKind.NO_MONEY, unpaid_for), (AlertKind.OVER_BUDGET, over))
    return [(kind, "；".join(words)) for kind, words in told if words]


def _lateness(milestone) -> int:
    return milestone.days_late


def _tell(made: list[Alert]) -> None:
    """Tell each person who manages projects one message, whatever the number."""
    if not made:
        return
    county = made[0].project.area_id[:6]
    words = f"新的项目预警 {len(made)} 条，如：{made[0].project.name}，{made[0].text}"
    for user in User.objects.who_may_at(P.MANAGE_PROJECTS, area=county):
        tell(user, words, url="/projects/?tab=alerted", tone="warn")
