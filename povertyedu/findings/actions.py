"""Verbs of rectification: found, a measure, done with proof, re-checked by another person, closed, reopened."""

import datetime as dt

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.accounts.queries import WhoMay
from povertyedu.audit.models import record
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import Message, tell
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Person, School
from povertyedu.workflow.flow import Actor, StepRefused, advance

from .enums import FindingSource
from .models import Evidence, Finding, FindingDecision
from .states import FINDING_FLOW


@transaction.atomic
def find(
    *, by: Actor, title: str, due_on: dt.date, source: str = FindingSource.OTHER, area: Area | None = None, school: School | None = None,
    owner: Person | None = None, text: str = "", origin: str = "", subject: str = "", url: str = "",
) -> Finding:  # fmt: skip
    """Open a finding at one place and tell who has to act; the open one where ``subject`` has one already."""
    if subject and (present := Finding.objects.open().filter(subject=subject).first()):
        return present
    finding = Finding(
        source=source, subject=subject, origin=origin.strip(), url=url, title=title.strip(), text=text.strip(), area=area, school=school,
        owner=owner, due_on=due_on, found_on=today(), found_by=by.name,
    )  # fmt: skip
    finding.validate_constraints()
    finding.save()
    FindingDecision.append(
        finding, step=FINDING_FLOW["find"], old="", by=by, reason=finding.text[:500], at=timezone.now()
    )
    record(by, action="finding.find", subject=finding)
    words = f"{finding.place_name}有新的整改事项：{finding.title}，请在 {due_on} 前完成。"
    _tell(finding, P.ANSWER_FINDINGS, words, "warn")
    return finding


@transaction.atomic
def plan(*, by: Actor, finding: Finding, measure: str, owner: Person | None = None) -> Finding:
    """Say what will be done, and by whom; may be said again until it is done."""
    changes = {"measure": measure.strip()[:1000]} | ({"owner": owner} if owner else {})
    advance(finding, FINDING_FLOW, "plan", by=by, reason=measure.strip()[:500], **changes)
    return finding


def finish(*, by: Actor, finding: Finding, result: str, upload, account=None) -> Finding:
    """Report it done, with ``upload`` (a picture or a scan the form checked) as proof, kept under ``account``."""
    stored = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="finding_evidence", owner=account
    )
    try:
        with transaction.atomic():
            Evidence.objects.create(
                finding=finding, file=stored, note=result.strip()[:200], by_id=by.id, by_name=by.name
            )
            advance(
                finding, FINDING_FLOW, "finish", by=by, reason=result.strip()[:500], result=result.strip()[:1000], proof=stored,
                done_on=today(), done_by_id=by.id, rechecked_by_id=None,
            )  # fmt: skip
            _tell(
                finding,
                P.MANAGE_FINDINGS,
                f"{finding.place_name}报告整改完成，请复核：{finding.title}",
                "info",
            )
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    return finding


@transaction.atomic
def recheck(*, by: Actor, finding: Finding, reason: str) -> Finding:
    """Confirm that it is done, as another person than who reported it."""
    locked = Finding.objects.select_for_update().get(pk=finding.pk)
    if by.id is None or locked.done_by_id == by.id:
        raise StepRefused("复核人不能是报告整改完成的人，请由另一人复核。")
    advance(finding, FINDING_FLOW, "recheck", by=by, reason=reason, rechecked_by_id=by.id)
    return finding


@transaction.atomic
def send_back(*, by: Actor, finding: Finding, reason: str, due_on: dt.date | None = None) -> Finding:
    """Find it not done; the place goes on, until ``due_on`` where another deadline is set."""
    changes = {"due_on": due_on} if due_on else {}
    advance(
        finding,
        FINDING_FLOW,
        "send_back",
        by=by,
        reason=reason,
        rechecked_by_id=None,
        done_on=None,
        done_by_id=None,
        **changes,
    )
    _tell(finding, P.ANSWER_FINDINGS, f"整改没有通过复核：{finding.title}。{reason}", "warn")
    return finding


@transaction.atomic
def close(*, by: Actor, finding: Finding, reason: str = "") -> Finding:
    """Close what was re-checked (销号)."""
    advance(finding, FINDING_FLOW, "close", by=by, reason=reason, closed_on=today())
    _tell(finding, P.ANSWER_FINDINGS, f"整改已销号：{finding.title}", "ok")
    return finding


@transaction.atomic
def reopen(*, by: Actor, finding: Finding, reason: str, due_on: dt.date) -> Finding:
    """Begin anew what was closed, with another deadline; what was done before stays on record."""
    if due_on < today():
        raise StepRefused("新的整改期限不能早于今天。")
    subject = Finding.objects.filter(pk=finding.pk).values_list("subject", flat=True).get()
    if subject and Finding.objects.open().filter(subject=subject).exists():
        raise StepRefused("这一事项已另有没有销号的整改，不必重新打开。")
    advance(
        finding, FINDING_FLOW, "reopen", by=by, reason=reason, due_on=due_on, closed_on=None, proof=None, done_on=None, done_by_id=None,
        rechecked_by_id=None, result="",
    )  # fmt: skip
    _tell(finding, P.ANSWER_FINDINGS, f"需要重新整改：{finding.title}，期限 {due_on}。{reason}", "warn")
    return finding


@transaction.atomic
def tell_overdue() -> int:
    """Tell the place, the owner and the bureau of each finding whose deadline passed, once per deadline; return how many.

    Queries do not grow with the findings.
    """
    due = Finding.objects.overdue().exclude(overdue_told_for=F("due_on"))
    rows = list(due.select_for_update(of=("self",)).with_place().order_by("pk"))
    if not rows:
        return 0
    bulk.amend(Finding, ("overdue_told_for",), [(row.pk, row.due_on) for row in rows])
    places = [WhoMay(P.ANSWER_FINDINGS), WhoMay(P.MANAGE_FINDINGS)]
    owners = User.objects.filter(person__in={row.owner_id for row in rows if row.owner_id}, is_active=True)
    accounts = dict(owners.values_list("person", "pk"))
    messages = []
    for row in rows:
        told = {user for place in places for user in place.at(area=row.area_id or "", school=row.school)}
        told |= {accounts[row.owner_id]} if row.owner_id in accounts else set()
        words = f"整改逾期：{row.place_name}，{row.title}，期限 {row.due_on}。"
        messages += [
            Message(to_id=user, tone="bad", text=words[:300], url=row.get_absolute_url())
            for user in sorted(told)
        ]
    bulk.insert_new(messages)
    return len(rows)


def _tell(finding: Finding, permission: str, words: str, tone: str) -> None:
    """Tell everybody who may act on the finding at its place, and its owner where that person has an account."""
    people = User.objects.who_may_at(permission, area=finding.area_id or "", school=finding.school)
    chosen = {user.pk: user for user in people}
    if permission == P.ANSWER_FINDINGS and finding.owner_id:
        chosen |= {user.pk: user for user in User.objects.filter(person=finding.owner_id, is_active=True)}
    for user in chosen.values():
        tell(user, words, url=finding.get_absolute_url(), tone=tone)
