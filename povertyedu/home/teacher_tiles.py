"""Key figures of the work with teachers on the leaders' dashboard, each leading to its page."""

from django.urls import reverse

from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from teachers.models import Deployment
from teachers.queries import rotation


def teacher_tiles(user) -> list[dict]:
    """Return the figures as ``components/kpi.html`` takes them; none for who does not see teachers, or where there is nothing to count."""
    if not user.can(P.VIEW_TEACHERS):
        return []
    return [*_rotation(user), *_deployed(user)]


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
