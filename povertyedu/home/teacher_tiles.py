"""Key figures of the work with teachers on the leaders' dashboard, each leading to its page."""

from django.urls import reverse

from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import period_of
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from teachers.enums.suggested import RunState
from teachers.models import Deployment, PlanRun, RecruitmentPlan
from teachers.queries import recruitment, rotation, training


def teacher_tiles(user) -> list[dict]:
    """Return the figures as ``components/kpi.html`` takes them; none for who does not see teachers, or where there is nothing to count."""
    if not user.can(P.VIEW_TEACHERS):
        return []
    return [*_rotation(user), *_deployed(user), *_suggested(user), *_recruited(user), *_trained(user)]


def _rotation(user) -> list[dict]:
    """The rates of the quality schools in reach in the present school year, by both denominators."""
    schools = list(School.objects.visible_to(user, P.VIEW_TEACHERS).filter(place__is_quality=True))
    if not schools:
        return []
    period = period_of(today())
    _, total = rotation.by_school(period, schools)
    return [tile | {"url": reverse("teachers:rotation")} for tile in rotation.tiles_of(total, period)[:2]]


def _deployed(user) -> list[dict]:
    """Who is away now, and who should be back."""
    rows = Deployment.objects.visible_to(user, P.VIEW_TEACHERS).under_way()
    away = rows.count()
    if not away:
        return []
    late = rows.overdue().count()
    tail = "?tab=overdue" if late else "?tab=under_way"
    return [
        {"title": "支教轮岗在外", "value": str(away), "unit": "人", "s": "bad" if late else "info", "t": "", "foot": "逾期未返回", "change": f"{late} 人", "url": reverse("teachers:deployments") + tail}
    ]  # fmt: skip


def _suggested(user) -> list[dict]:
    """What the newest suggested plan closes of what the schools are short of; for who plans deployments."""
    run = (
        PlanRun.objects.visible_to(user)
        .filter(state__in=[RunState.SOLVED, RunState.ADOPTED])
        .order_by("-pk")
        .first()
    )
    if run is None or not run.result.get("short"):
        return []
    closes, short = run.result["figures"]["moves"], run.result["short"]
    return [
        {"title": "建议方案可补缺额", "value": str(closes), "unit": "人", "s": "info" if run.state == RunState.ADOPTED else "warn", "t": run.get_state_display(),
         "percent": closes * 100 // short, "foot": "全县学科缺额", "change": f"{short} 人", "url": run.get_absolute_url()}
    ]  # fmt: skip


def _recruited(user) -> list[dict]:
    """Who has come of this year's plans of recruitment."""
    plans = RecruitmentPlan.objects.visible_to(user, P.VIEW_RECRUITMENT).filter(year=today().year)
    for table in recruitment.by_year(plans):
        percent = table.posted * 100 // table.posts
        return [
            {"title": "教师招聘到岗", "value": str(table.posted), "unit": "人", "s": "ok" if percent >= 100 else "info", "t": "", "percent": percent,
             "foot": f"{table.year}年计划", "change": f"{table.posts} 人", "url": reverse("teachers:recruitment_years")}
        ]  # fmt: skip
    return []


def _trained(user) -> list[dict]:
    """The share of teachers in reach who were trained within the county's years."""
    schools = School.objects.visible_to(user, P.VIEW_TEACHERS).filter(is_open=True)
    rows = training.coverage(schools, today())
    teachers, trained = sum(row.teachers for row in rows), sum(row.trained for row in rows)
    if not trained:
        return []
    percent = trained * 100 // teachers
    return [
        {"title": "教师培训覆盖", "value": str(percent), "unit": "%", "s": "info", "t": "", "percent": percent, "foot": f"近 {option('training_years')} 年参加过",
         "change": f"{trained}/{teachers} 人", "url": reverse("teachers:training_coverage")}
    ]  # fmt: skip
