"""Teachers at other schools: on rotation, one overdue, some at each step of approval; two quality schools; heads' terms; a suggested plan."""

import datetime as dt

from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Permission, Role
from povertyedu.indicators.definitions import period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor
from teachers import planning
from teachers.actions import deployment as actions
from teachers.actions import deployment_days as days
from teachers.actions import suggested
from teachers.actions.head_terms import register_head_term
from teachers.enums.deployment import DeploymentKind
from teachers.models import Appointment, SchoolPlace

SOLVE_SECONDS = 10
# How far each goes: steps of the chain taken.
ASKED, APPROVED, AGREED, BEGUN = 1, 2, 4, 5


def send_teachers() -> int:
    """Send some of the demo's teachers elsewhere; return how many. Nothing where the county has no teachers."""
    schools = list(_schools_with_staff())
    if len(schools) < 3:
        return 0
    sending, *others = schools
    for school in schools[:2]:
        SchoolPlace.objects.update_or_create(school=school, defaults={"is_quality": True})
    people = {
        user.username: user for user in User.objects.filter(username__in=["head", "personnel", "approver"])
    }
    posts = (
        Appointment.objects.in_force()
        .filter(school=sending, teacher__state="active")
        .select_related("teacher__person")
        .order_by("since", "pk")
    )
    begins = period_of(today()).starts_on
    steps = (
        (DeploymentKind.EXCHANGE, BEGUN, 0), (DeploymentKind.EXCHANGE, BEGUN, 0), (DeploymentKind.SUPPORT, BEGUN, 0),
        (DeploymentKind.SHADOWING, BEGUN, -10), (DeploymentKind.ITINERANT, AGREED, 0), (DeploymentKind.SUPPORT, APPROVED, 0),
        (DeploymentKind.SECONDMENT, ASKED, 0), (DeploymentKind.EXCHANGE, 0, 0),
    )  # fmt: skip
    sent = 0
    for number, (post, (kind, taken, left)) in enumerate(zip(posts, steps, strict=False)):
        until = today() + dt.timedelta(days=left) if left else dt.date(begins.year + 1, 7, 15)
        since = begins if taken == BEGUN else today() + dt.timedelta(days=30)
        _send(post.teacher, kind, others[number % len(others)], (since, until), taken, people)
        sent += 1
    if head := posts.first():
        officer = people["personnel"].as_actor(Permission.EDIT_TEACHERS)
        for number in (1, 2):
            since = dt.date(begins.year - 9 + 3 * number, 9, 1)
            if head.since <= since:
                register_head_term(
                    by=officer,
                    teacher=head.teacher,
                    number=number,
                    since=since,
                    until=dt.date(since.year + 3, 8, 31),
                )
    return sent


def suggest_moves() -> None:
    """Solve a plan of moves for the term under way, left for the visitor to look at, change and adopt."""
    term = Term.objects.order_by("-starts_on").first()
    officer = User.objects.filter(username="personnel").first()
    if term is None or officer is None or not Appointment.objects.exists():
        return
    by, since = officer.as_actor(Permission.PLAN_DEPLOYMENT), today() + dt.timedelta(days=60)
    run = suggested.order(
        by=by, term=term, since=since, until=since + dt.timedelta(days=300), rules=planning.Rules(), seconds=SOLVE_SECONDS
    )  # fmt: skip
    suggested.solve(by=by, run=run)


def _schools_with_staff():
    """The demo head's school first, then other primary schools with teachers: who is sent teaches the same children there."""
    own = Grant.objects.filter(role=Role.SCHOOL_HEAD, user__username="head", ended_at=None).values("school")
    staffed = School.objects.filter(pk__in=Appointment.objects.in_force().values("school"), is_open=True)
    others = staffed.of_stage("primary").exclude(pk__in=own).order_by("pk")
    return [*staffed.filter(pk__in=own), *others[:5]]


def _send(teacher, kind: str, to: School, period: tuple[dt.date, dt.date], taken: int, people: dict) -> None:
    """Carry one deployment ``taken`` steps along the chain."""
    head = people["head"].as_actor(Permission.ASK_DEPLOYMENT)
    officer = people["personnel"].as_actor(Permission.APPROVE_DEPLOYMENT)
    made = actions.draft(
        by=head,
        teacher=teacher,
        kind=kind,
        receiving=to,
        since=period[0],
        until=period[1],
        reason="均衡城乡师资",
    )
    other = Actor(
        people["approver"].pk, f"{to.name}校长", "校长"
    )  # schools of the demo have one head's account only
    chain = (
        lambda: actions.ask(by=head, deployment=made),
        lambda: actions.approve(by=officer, deployment=made, document=f"云教人〔{period[0].year}〕12号"),
        lambda: actions.agree(by=head, deployment=made, schools=[made.sending_id]),
        lambda: actions.agree(by=other, deployment=made, schools=[made.receiving_id]),
        lambda: days.start(by=other, deployment=made, on=period[0]),
    )
    for step in chain[:taken]:
        step()
        made.refresh_from_db()
