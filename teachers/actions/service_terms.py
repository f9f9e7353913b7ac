"""服务期: told before its end, then what follows: stays with an established post, goes on by contract, leaves."""

import datetime as dt

from django.db import transaction

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.enums.recruitment import TermOutcome
from teachers.enums.registry import AppointmentKind, ServiceKind, TeacherState
from teachers.models import ServiceTerm, TermEnd, TermReminder

from .posts import correct_post, leave
from .registry import end_term, keep_term

REMIND_DAYS = (90, 30, 0)


def remind() -> int:
    """Tell who recruits of terms that end within 90 days, again at 30, and once more when they are over; return how many.

    Run every hour by beat; each term is told of once per bound. Whoever runs late tells of the nearest bound alone.
    """
    day, made = today(), []
    within = day + dt.timedelta(days=max(REMIND_DAYS))
    rows = ServiceTerm.objects.running().filter(until__lte=within).select_related("teacher__person")
    told = set(TermReminder.objects.filter(term__in=rows.values("pk")).values_list("term", "days"))
    for term in rows.order_by("until", "pk"):
        left = (term.until - day).days
        bound = min(days for days in REMIND_DAYS if left <= days or days == max(REMIND_DAYS))
        if (term.pk, bound) not in told:
            made.append(TermReminder(term=term, days=bound, told_on=day))
    with transaction.atomic():
        TermReminder.objects.bulk_create(made, ignore_conflicts=True)
        _tell(made)
    return len(made)


def _tell(made: list[TermReminder]) -> None:
    """Tell each person one message, whatever the number."""
    county = Area.objects.filter(level="county").order_by("code").first()
    if not made or county is None:
        return
    first = made[0].term
    words = f"{len(made)} 份服务期（合同）临近或已到期，如：{first}，{first.until}；请办理去向。"
    for user in User.objects.who_may_at(P.PLAN_RECRUITMENT, area=county.code):
        tell(user, words, url="/teachers/service-terms/", tone="warn")


@transaction.atomic
def end(*, by: Actor, term: ServiceTerm, outcome: str, reason: str, until: dt.date | None = None) -> TermEnd:
    """Write down what follows a term: an established post (refused without a place), another contract, or leaving.

    A term is broken off on the day it is ended when that is before its end.
    """
    on = min(today(), term.until)
    teacher = term.teacher
    end_term(by=by, term=term, on=max(on, term.since), note=reason)
    if outcome == TermOutcome.STAY:
        post = teacher.appointments.standing().first()
        if post is None:
            raise StepRefused(f"{teacher}现在没有岗位，不能留任；请先办理聘任。")
        correct_post(
            by=by, post=post, subject=post.subject, since=post.since, until=None, kind=AppointmentKind.ESTABLISHED, note=f"服务期满留任：{reason}"[:200]
        )  # fmt: skip
    elif outcome == TermOutcome.EXTEND:
        if until is None or until <= term.until:
            raise StepRefused(f"续签的止日应晚于原来的 {term.until}。")
        since = term.until + dt.timedelta(days=1)
        kind = term.kind if term.kind != ServiceKind.SPECIAL_POST else ServiceKind.CONTRACT
        keep_term(by=by, teacher=teacher, kind=kind, since=since, until=until, note=reason)
    elif teacher.is_serving:
        leave(by=by, teacher=teacher, state=TeacherState.LEFT, on=on, reason=reason)
    return TermEnd.objects.create(
        term=term, outcome=outcome, on=on, reason=reason[:300], by_id=by.id, by_name=by.name
    )
