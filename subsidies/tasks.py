"""Background work of the subsidy side: ids in, one action."""

from collections.abc import Sequence

from povertyedu.jobs.progress import JobRefused, parts
from povertyedu.orgs.models import Term
from povertyedu.workbooks.reading import WorkbookError
from povertyedu.workflow.flow import SYSTEM
from subsidies import engine
from subsidies.actions import inquiry as inquiries
from subsidies.actions import ledgers, nightly, recalculation
from subsidies.actions.exchange_files import ListRefused
from subsidies.actions.what_if import run_what_if
from subsidies.enums import RunCause
from subsidies.models import Inquiry, Policy
from subsidies.queries import FactUnread


def recalculate(
    job, progress, *, term: str, then: Sequence[str] = (), only_changed: bool = True, cause: str = RunCause.BY_HAND
) -> dict:  # fmt: skip
    """Recalculate a term, and the later ones after it: what it gives can decide them; safe to run twice."""
    by = job.by.as_actor() if job.by else SYSTEM
    terms = [Term.objects.get(pk=code) for code in (term, *then)]
    try:
        runs = [
            recalculation.recalculate(
                cause=RunCause(cause), term=found, only_changed=only_changed, trigger=job.label, by=by, progress=part
            )
            for found, part in zip(terms, parts(progress, len(terms)), strict=True)
        ]  # fmt: skip
    except FactUnread as error:
        raise JobRefused(str(error)) from error
    if cause == RunCause.NIGHTLY:
        nightly.tell_done(runs[0])
        nightly.go_on(runs[0], since=job.started_at)
    counts = ("created", "updated", "ended", "unchanged")
    return {"run": runs[0].pk} | {name: sum(getattr(run, name) for run in runs) for name in counts}


def what_if(job, progress, *, policy: int) -> dict:
    """Find out what a draft would change; a second run takes the place of the first."""
    found = Policy.objects.get(pk=policy)
    try:
        run = run_what_if(policy=found, by=job.by.as_actor() if job.by else SYSTEM, progress=progress)
    except (engine.PackError, FactUnread) as error:
        raise JobRefused(f"不能试算：{error}"[:500]) from error
    return {"run": run.pk, "seconds": run.seconds}


def write_ledger(
    job, progress, *, term: str, full_numbers: bool = False, reason: str = "", reading: str = "school_area"
) -> dict:
    """Write a term's ledger into a stored file of who asked, and tell them; a second run finds that file."""
    return ledgers.keep_ledger(
        maker=f"job {job.pk}", term=Term.objects.get(pk=term), owner=job.by, url=job.url, full_numbers=full_numbers, reason=reason,
        reading=reading, progress=progress,
    )  # fmt: skip


def freeze_ledger(job, progress, *, term: str) -> dict:
    """Keep the ledger of a term that was closed; a second run keeps another, both stand."""
    by = job.by.as_actor() if job.by else SYSTEM
    kept = ledgers.freeze_ledger(term=Term.objects.get(pk=term), by=by, progress=progress)
    return {"ledger": kept.pk, "entitled_fen": kept.entitled_fen, "paid_fen": kept.paid_fen}


def answer_county(job, progress, *, inquiry: int) -> dict:
    """Answer another county's question; run again it finds itself done."""
    found = Inquiry.objects.get(pk=inquiry)
    try:
        done = inquiries.answer(inquiry=found, owner=job.by, progress=progress)
    except (ListRefused, WorkbookError) as refusal:
        inquiries.fail(inquiry=found, error=str(refusal))
        raise JobRefused(str(refusal)) from refusal
    return done.counts
