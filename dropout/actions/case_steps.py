"""The steps of one case: verified, persuaded, returned, watched, and its end, proposed by one and confirmed by another.

``by`` is the Actor; a refusal is StepRefused with a sentence for the person who tried. Texts that tell why go into
:class:`~dropout.models.CaseReason`; the log holds their digest.
"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from dropout.enums import STAYS_OPEN, Answer, CaseState, Outcome, ProposalKind
from dropout.models import AbsenceRun, Case, CaseProposal, CaseReason
from dropout.states import CASE_FLOW
from povertyedu.files.models import StoredFile
from povertyedu.options.registry import option
from povertyedu.orgs.calendar import today
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.models import Student

from .duties import hand_on
from .papers import settle_papers

# What stands in the row only while an end stands.
NO_END: dict[str, Any] = {
    "outcome": "", "evidence": None, "proposed_by_id": None, "closed_by_id": None, "closed_on": None, "until": None,
}  # fmt: skip
CONFIRMS = {Outcome.DELAYED: "delay", Outcome.HOME_TAUGHT: "teach_at_home"}


def step(case: Case, verb: str, *, by: Actor, reason: str = "", **changes: Any) -> Case:
    """Take one step; the reason in full is kept with the decision, out of the log."""
    reason = reason.strip()[:500]
    decision = advance(
        case, CASE_FLOW, verb, by=by, reason=CaseReason.digest(reason) if reason else "", state_since=today(), **changes
    )  # fmt: skip
    if reason:
        CaseReason.objects.create(decision=decision, text=reason)
    hand_on(case, verb)
    return case


@transaction.atomic
def verify(*, by: Actor, case: Case, reason: str = "") -> Case:
    """Confirm that the child is away as was found."""
    return step(case, "verify", by=by, reason=reason)


@transaction.atomic
def persuade(*, by: Actor, case: Case) -> Case:
    """Begin with persuasion (劝返)."""
    return step(case, "persuade", by=by)


@transaction.atomic
def return_to_school(*, by: Actor, case: Case, on: dt.date, reason: str = "") -> Case:
    """Record that the child is back since ``on``."""
    if not case.since <= on <= today():
        raise StepRefused(f"返校日期应在离校日期（{case.since}）和今天之间，请核对。")
    _must_be_after_reopening(case, on)
    _must_be_seen_in_class(case, on)
    step(case, "return", by=by, reason=reason, returned_on=on, **NO_END)
    settle_papers(case, returned_on=on, by=by)
    return case


@transaction.atomic
def monitor(*, by: Actor, case: Case, reason: str = "") -> Case:
    """Confirm the return, by somebody other than who recorded it, and watch for a relapse for the days of the county."""
    recorded = case.decisions.filter(verb="return").order_by("-pk").first()
    if recorded and recorded.by_id == by.id:
        raise StepRefused("返校由登记人以外的人核实，请换一个人办理。")
    _must_be_seen_in_class(case, case.returned_on)
    until = today() + dt.timedelta(days=option("case_monitor_days"))
    return step(case, "monitor", by=by, reason=reason, monitored_until=until)


@transaction.atomic
def relapse(*, by: Actor, case: Case, since: dt.date, reason: str) -> Case:
    """Take the case up again: the child is away once more, since ``since``."""
    if case.returned_on and since < case.returned_on or since > today():
        raise StepRefused("再次离校的日期应在返校之后、今天之前，请核对。")
    return step(
        case, "relapse", by=by, reason=reason, since=since, returned_on=None, monitored_until=None
    )  # fmt: skip


@transaction.atomic
def propose(
    *, by: Actor, case: Case, outcome: str, reason: str, evidence: StoredFile, until: dt.date | None = None, delay_kind: str = "",
    where_to: str = "", assessed_on: dt.date | None = None, assessment: StoredFile | None = None,
) -> CaseProposal:  # fmt: skip
    """Propose what the case came to; nothing ends before another person confirms it."""
    _check(case, outcome, until)
    if outcome == Outcome.EXEMPT and not (assessed_on and assessment):
        raise StepRefused("因身体原因免学，须填写县残疾人教育专家委员会的评估日期并上传评估意见。")
    if outcome == Outcome.TRANSFERRED and not where_to.strip():
        raise StepRefused("转学须写明转到哪所学校。")
    before = case.state
    step(case, "propose", by=by, reason=reason)
    return CaseProposal.objects.create(
        case=case, kind=ProposalKind.END, outcome=outcome, before=before, reason=reason.strip(), evidence=evidence,
        until=until if outcome == Outcome.DELAYED else None, delay_kind=delay_kind if outcome == Outcome.DELAYED else "",
        where_to=where_to.strip(), assessed_on=assessed_on, assessment=assessment, proposed_by_id=by.id, proposed_by=by.name,
    )  # fmt: skip


def _check(case: Case, outcome: str, until: dt.date | None) -> None:
    """Refuse an outcome that the facts of the case speak against."""
    if outcome == Outcome.RETURNED:
        if case.state != CaseState.MONITORED:
            raise StepRefused("只有返校监测期满的个案才能按“返校稳定”销号；请先登记返校并监测。")
        if case.monitored_until and case.monitored_until > today():
            raise StepRefused(f"监测期到 {case.monitored_until}，期满后才能销号。")
        _must_be_seen_in_class(case, case.returned_on)
    if outcome == Outcome.DELAYED and (until is None or until <= today()):
        raise StepRefused("缓学、休学须写明到哪一天，且在今天以后。")
    if outcome == Outcome.OVER_AGE:
        _check_over_age(case)


def _must_be_after_reopening(case: Case, on: dt.date) -> None:
    """Refuse a return from before the day on which the child was said to be away again."""
    asked = case.proposals.filter(kind=ProposalKind.REOPEN, answer=Answer.CONFIRMED).first()
    if asked and on < (day := timezone.localtime(asked.proposed_at).date()):
        raise StepRefused(f"这件个案 {day} 提出重开时学生没有到校，返校日期不能早于这一天。")


def _must_be_seen_in_class(case: Case, since: dt.date | None) -> None:
    """Refuse to call a child back whom its class misses without leave on ``since`` or later."""
    run = AbsenceRun.objects.missed().filter(student=case.student_id, last_on__gte=since).first()
    if run:
        raise StepRefused(
            f"{case.student.name}考勤上从 {run.first_on} 起没有到校，最近一次登记缺勤是 {run.last_on}，不能算已返校。确已到校的，请先请班主任更正考勤。"
        )


def _check_over_age(case: Case) -> None:
    """Ages are reckoned on 31 August of the school year (facts.md 5)."""
    oldest, born = option("school_age_to"), case.student.birth_date
    if born is None:
        raise StepRefused("这名学生没有出生日期，请先在学生档案里补上。")
    year = today().year if (today().month, today().day) >= (9, 1) else today().year - 1
    age = year - born.year - ((born.month, born.day) > (8, 31))
    if age <= oldest:
        raise StepRefused(f"按 {year} 年 8 月 31 日算，这名学生 {age} 周岁，没有超过 {oldest} 周岁。")


@transaction.atomic
def confirm(*, by: Actor, case: Case) -> Case:
    """Confirm the proposed end: the case is closed, or goes on as delayed or taught at home."""
    proposal = _to_answer(case, ProposalKind.END, by)
    if proposal.outcome == Outcome.RETURNED:
        _must_be_seen_in_class(case, case.returned_on)
    stays = proposal.outcome in STAYS_OPEN
    # A child that goes on being followed otherwise is no longer counted as back.
    no_return = {"returned_on": None, "monitored_until": None} if stays else {}
    _answer(proposal, Answer.CONFIRMED, by)
    settle_papers(case, by=by)
    return step(
        case, CONFIRMS.get(Outcome(proposal.outcome), "close"), by=by, outcome=proposal.outcome, evidence=proposal.evidence,
        proposed_by_id=proposal.proposed_by_id, closed_by_id=by.id, closed_on=None if stays else today(), until=proposal.until,
        **no_return,
    )  # fmt: skip


@transaction.atomic
def refuse(*, by: Actor, case: Case, reason: str) -> Case:
    """Send a proposed end back to where the case was."""
    proposal = _to_answer(case, ProposalKind.END, by)
    _answer(proposal, Answer.REFUSED, by)
    return step(case, f"refuse_{proposal.before}", by=by, reason=reason)


@transaction.atomic
def ask_reopen(
    *, by: Actor, case: Case, reason: str, evidence: StoredFile, since: dt.date | None = None
) -> CaseProposal:
    """Ask for a closed case to be taken up again; ``since``: the first day away again, of a child that had returned."""
    _check_since(case, since)
    Student.objects.select_for_update().get(pk=case.student_id)
    if Case.objects.open().filter(student=case.student_id).exclude(pk=case.pk).exists():
        raise StepRefused("这名学生另有一件没有销号的个案，请在那件个案里办理。")
    try:
        with transaction.atomic():
            step(case, "ask_reopen", by=by, reason=reason)
    except IntegrityError:
        raise StepRefused("这名学生另有一件没有销号的个案，请在那件个案里办理。") from None
    return CaseProposal.objects.create(
        case=case, kind=ProposalKind.REOPEN, before=CaseState.CLOSED, reason=reason.strip(), evidence=evidence, since=since,
        proposed_by_id=by.id, proposed_by=by.name,
    )  # fmt: skip


def _check_since(case: Case, since: dt.date | None) -> None:
    """A child that had returned is away since another day; no child since before it was away at all."""
    if since is None and case.outcome == Outcome.RETURNED:
        raise StepRefused("这件个案按“返校稳定”销号，重开须写明再次离校的日期。")
    earliest = case.returned_on or case.since
    if since and not earliest <= since <= today():
        raise StepRefused(f"再次离校的日期应在 {earliest} 和今天之间，请核对。")


@transaction.atomic
def reopen(*, by: Actor, case: Case) -> Case:
    """Confirm a reopening: persuasion begins anew, all that was done before stays; the child is away since the day that was said."""
    proposal = _to_answer(case, ProposalKind.REOPEN, by)
    _answer(proposal, Answer.CONFIRMED, by)
    since = proposal.since or case.since
    return step(case, "reopen", by=by, since=since, returned_on=None, monitored_until=None, **NO_END)


@transaction.atomic
def keep_closed(*, by: Actor, case: Case, reason: str) -> Case:
    """Refuse a reopening."""
    _answer(_to_answer(case, ProposalKind.REOPEN, by), Answer.REFUSED, by)
    return step(case, "keep_closed", by=by, reason=reason)


def _to_answer(case: Case, kind: str, by: Actor) -> CaseProposal:
    proposal = (
        CaseProposal.objects.select_for_update(of=("self",)).filter(case=case, kind=kind, answer="").first()
    )  # fmt: skip
    if proposal is None:
        raise StepRefused("没有等待复核的提请：可能刚有人办理，请刷新后再看。")
    if proposal.proposed_by_id == by.id:
        raise StepRefused("提出人不能复核自己的提请，请换一个人办理。")
    return proposal


def _answer(proposal: CaseProposal, answer: str, by: Actor) -> None:
    proposal.answer, proposal.answered_at = answer, timezone.now()
    proposal.answered_by_id, proposal.answered_by = by.id, by.name
    proposal.save(update_fields=["answer", "answered_at", "answered_by_id", "answered_by"])
