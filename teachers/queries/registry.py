"""Lists of teachers: tabs, filters, and what one teacher's page shows."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from teachers.enums.registry import SERVING, TeacherState
from teachers.models import Appointment, Teacher

# "waiting" has no condition of its own columns: see of_tab.
TABS = {"serving": "在职", "waiting": "待安排岗位", "on_leave": "离岗", "gone": "退休和调出"}


def narrowed(rows: QuerySet[Teacher], wanted: dict) -> QuerySet[Teacher]:
    """Narrow by township and school of the present post, and by what the register says."""
    posts = Appointment.objects.in_force().filter(teacher=OuterRef("pk"))
    if township := wanted.get("township"):
        rows = rows.filter(Exists(posts.filter(township.scope.area_q("school__area_id"))))
    if school := wanted.get("school"):
        rows = rows.filter(Exists(posts.filter(school=school)))
    for column in ("stage", "subject", "title", "origin"):
        if value := wanted.get(column):
            rows = rows.filter(**{column: value})
    if backbone := wanted.get("backbone"):
        rows = rows.exclude(backbone="") if backbone == "any" else rows.filter(backbone=backbone)
    if text := wanted.get("q"):
        rows = rows.filter(Q(person__name__contains=text) | Q(code__startswith=text.upper()))
    return rows


def of_tab(rows: QuerySet[Teacher], tab: str) -> QuerySet[Teacher]:
    if tab == "gone":
        return rows.exclude(state__in=SERVING)
    if tab == "on_leave":
        return rows.filter(state=TeacherState.ON_LEAVE)
    rows = rows.filter(state=TeacherState.ACTIVE)
    if tab == "waiting":
        return rows.waiting()
    return rows


def history_of(teacher: Teacher) -> dict:
    """Return what a teacher's page shows: posts, terms to serve, titles; three queries."""
    return {
        "posts": teacher.appointments.select_related("school__area", "excess_request").order_by("-since"),
        "terms": teacher.service_terms.order_by("-since"),
        "titles": teacher.title_records.order_by("-on", "-pk"),
    }
