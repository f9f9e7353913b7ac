"""夜间自动重算: children who changed on one day are recalculated in the night, whether or not somebody presses the button."""

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.inbox.models import Message, tell
from povertyedu.jobs.models import LIVE_STATES, Job, JobState
from povertyedu.jobs.tasks import start
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from students.actions.recalculating import KIND, LOCK, lock_of, terms_of
from students.enums import ChangeCause
from students.models import FactChange
from subsidies.enums import RunCause
from subsidies.models import Recalculation

from .policies import policies_for

TITLE = RunCause.NIGHTLY.label
NOT_STARTED = f"{TITLE}没有开始：系统处理时出错，有变动的学生还没有重算。请点“重算有变动的学生”；仍不成功请告诉系统管理员。"


def recalculate_nightly() -> list[Job]:
    """Start, once a day, the recalculation of each open term with a policy in which children were marked before today.

    Called every hour: the first call after midnight does it, where the system was off at night the first of the
    morning. A term that is being recalculated, or waits for it, is left alone. Where not even that succeeds, who may
    recalculate is told once a day.
    """
    if not option("nightly_recalculation"):
        return []
    try:
        return _start_due()
    except Exception:
        told = Message.objects.filter(text=NOT_STARTED, created_at__gte=_midnight()).values("to")
        for user in User.objects.who_may(Permission.RECALCULATE).exclude(pk__in=told):
            tell(user, NOT_STARTED, url=reverse("subsidies:calculation"), tone="bad")
        raise


def _midnight() -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(today(), dt.time()))


@transaction.atomic
def _start_due() -> list[Job]:
    midnight = _midnight()
    due = FactChange.objects.filter(marked_at__lt=midnight).values("term")
    # Of two calls at once the second finds the jobs of the first.
    locked = Term.objects.select_for_update(no_key=True)
    terms = list(locked.filter(pk__in=due, is_closed=False).order_by("starts_on"))
    done = Q(state__in=LIVE_STATES) | Q(arguments__cause=RunCause.NIGHTLY, created_at__gte=midnight)
    taken = {code for job in Job.objects.filter(done, kind=KIND) for code in terms_of(job)}
    governed = policies_for(terms) if terms else {}
    return [_start(term) for term in terms if term.pk in governed and term.pk not in taken]


def _start(term: Term) -> Job:
    return start(
        KIND, label=f"{TITLE} {term}", by=None, url=_page(term), lock=lock_of(term),
        arguments={"term": term.pk, "only_changed": True, "cause": RunCause.NIGHTLY},
    )  # fmt: skip


def go_on(run: Recalculation, *, since: dt.datetime) -> list[Job]:
    """Start the later terms that a nightly run, begun at ``since``, has marked: they need not wait for another night.

    A term that waits to be recalculated already is left alone. Only later terms are marked, so this comes to an end.
    """
    marked = FactChange.objects.filter(cause=ChangeCause.EARLIER, marked_at__gte=since)
    later = Term.objects.filter(
        pk__in=marked.values("term"), starts_on__gt=run.term.starts_on, is_closed=False
    )
    waiting = {code for job in Job.objects.waiting().filter(kind=KIND) for code in terms_of(job)}
    return [_start(term) for term in later.order_by("starts_on") if term.pk not in waiting]


def unfinished() -> QuerySet[Term]:
    """Return the open terms whose nightly run failed at ``failed_at`` and that were not recalculated since."""
    lock = Concat(Value(LOCK), OuterRef("pk"))
    failed = Job.objects.filter(
        kind=KIND, lock=lock, state=JobState.FAILED, arguments__cause=RunCause.NIGHTLY
    )
    since = Recalculation.objects.filter(term=OuterRef("pk"), school=None, at__gt=OuterRef("failed_at"))
    return (
        Term.objects.filter(is_closed=False)
        .annotate(failed_at=Subquery(failed.order_by("-ended_at").values("ended_at")[:1]))
        .filter(~Exists(since), failed_at__isnull=False)
    )


def tell_done(run: Recalculation) -> None:
    """Tell who was to press the button what came of a nightly run."""
    causes = "，".join(f"{cause} {children:,} 人" for cause, children in run.told)
    text = (
        f"{TITLE} {run.term}：核对了有变动的 {run.students:,} 名学生{f'（{causes}）' if causes else ''}，"
        f"应享新增 {run.created:,} 项、变动 {run.updated:,} 项、终止 {run.ended:,} 项。"
    )
    for user in User.objects.who_may(Permission.RECALCULATE):
        tell(user, text, url=_page(run.term), tone="ok")


def _page(term: Term) -> str:
    return f"{reverse('subsidies:calculation')}?term={term.pk}"
