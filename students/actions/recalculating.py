"""Starting the recalculation of terms in which children were just marked; the work itself is the subsidies' own."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.models import Max
from django.urls import reverse

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.jobs.models import Job
from povertyedu.jobs.tasks import start
from povertyedu.orgs.models import Term
from students.models import FactChange

KIND = "subsidies.recalculate"
LOCK = "recalculate:"


def lock_of(term: Term) -> str:
    """What no two recalculations of a term may work on at once."""
    return f"{LOCK}{term.pk}"


def terms_of(job: Job) -> list[str]:
    """The terms a recalculation goes through, the oldest first."""
    return [job.arguments["term"], *job.arguments.get("then", ())]


def job_on(term: Term) -> Job | None:
    """The newest recalculation that waits or is at work on ``term``, of its own or as one of several terms."""
    jobs = Job.objects.live().filter(kind=KIND).order_by("-pk")
    return next((job for job in jobs if term.pk in terms_of(job)), None)


@contextmanager
def recalculating(why: str, *, by: User | None) -> Iterator[None]:
    """Recalculate, once the transaction is committed, the marked children of each open term marked in the block: an import was undone."""
    last = FactChange.objects.aggregate(last=Max("pk"))["last"] or 0
    yield
    marked = FactChange.objects.filter(pk__gt=last).values("term")
    page = reverse("subsidies:calculation") if by and by.can(Permission.RECALCULATE) else ""
    for term in Term.objects.filter(pk__in=marked, is_closed=False):
        start(
            KIND, label=f"{why}，重算 {term}", by=by, url=page and f"{page}?term={term.pk}", lock=lock_of(term),
            arguments={"term": term.pk, "only_changed": True, "cause": "undo"},
        )  # fmt: skip
