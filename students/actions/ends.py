"""Ending hardships that a complete list no longer names: the list proposes, another person decides.

What past terms were keeps standing: a status ends with the day before the list's term. One that began within
the term, by an earlier list of it, ends with its first day and counts for no term.
"""

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from povertyedu import bulk
from povertyedu.audit.models import record_many
from povertyedu.orgs.models import Term
from povertyedu.ui.templatetags.ui import mask_id
from povertyedu.workflow.flow import Actor, StepRefused, advance
from students.enums import EndState
from students.models import HardshipStatus, ProposedEnd, Student
from students.states import END_FLOW

from .hardship import derive_categories, mark_people
from .terms import refuse_closed

_COLUMNS = (
    "term_id", "id_hash", "id_words", "name", "place", "category", "source", "since", "list_name", "state", "proposed_at",
    "proposed_by_id", "proposed_by", "decided_by",
)  # fmt: skip


def _may_end(term: Term):
    """Return the open statuses that no list of a later term names: begun before ``term``, or by a list of it."""
    unnamed = Q(last_term=None) | Q(last_term__starts_on__lte=term.starts_on)
    begun = Q(since__lt=term.starts_on) | Q(since__lte=term.ends_on, last_term=term)
    return HardshipStatus.objects.filter(unnamed, begun, until=None)


@transaction.atomic
def propose_ends(
    *, by: Actor, term: Term, list_name: str, source: str, categories: Collection[int], listed: Collection[str],
    unread: Collection[str],
) -> int:  # fmt: skip
    """Propose to end what a complete list, taken in already, leaves out; return how many. Queries: constant.

    ``listed`` are the ID hashes it names, ``unread`` the names of its rows that could not be taken in:
    they count as named. Who is on an earlier list of the same term and not on this one is proposed as well.
    What was decided in the term before is not asked again.
    """
    merged = Student.objects.filter(merged_into__isnull=False, id_hash__isnull=False)
    pairs = list(merged.values_list("id_hash", "merged_into__id_hash"))
    same = {old for old, kept in pairs if kept in listed} | {kept for old, kept in pairs if old in listed}
    asked = ProposedEnd.objects.filter(term=term, source=source).exclude(state=EndState.LAPSED)
    known = set(asked.values_list("id_hash", "category"))
    fields = ("id_hash", "category", "name", "id_number", "household__area__name", "since")
    statuses = _may_end(term).filter(source=source, category__in=categories).order_by("pk")
    now = timezone.now()
    rows = [
        (
            term.pk, id_hash, mask_id(number), name, place or "", category, source, since, list_name, EndState.WAITING.value, now,
            by.id, by.name, "",
        )
        for id_hash, category, name, number, place, since in statuses.values_list(*fields).iterator()
        if id_hash not in listed and id_hash not in same and name not in unread and (id_hash, category) not in known
    ]  # fmt: skip
    return bulk.insert(ProposedEnd, _COLUMNS, rows) if rows else 0


@transaction.atomic
def confirm_ends(*, by: Actor, ends: Sequence[ProposedEnd]) -> int:
    """End the hardships with the day before the list's term, or as they began within it; return how many.

    One that a list of a later term names by now, or that ended otherwise, lapses. StepRefused for who imported the list.
    """
    ended = []
    for end in ends:
        _may_decide(end, by)
        here = _may_end(end.term).filter(id_hash=end.id_hash, category=end.category, source=end.source)
        status = here.select_for_update(of=("self",)).first()
        if status is None:
            advance(end, END_FLOW, "lapse", by=by)
            continue
        advance(end, END_FLOW, "confirm", by=by, **_stamp(by))
        _end(status, end.term)
        ended.append(end)
    hashes = {end.id_hash for end in ended}
    derive_categories(id_hashes=hashes)
    mark_people(hashes)
    children = Student.objects.in_bulk(hashes, field_name="id_hash")
    told = [
        (children[e.id_hash], {e.get_category_display(): ["有效", "终止"]})
        for e in ended
        if e.id_hash in children
    ]
    record_many(by, action="students.end_hardship", rows=told)
    return len(ended)


def _end(status: HardshipStatus, term: Term) -> None:
    if status.since < term.starts_on:
        status.until = term.starts_on - dt.timedelta(days=1)
    else:
        status.until, status.counts = status.since, False
    status.save(update_fields=["until", "counts"])


@transaction.atomic
def refuse_ends(*, by: Actor, ends: Sequence[ProposedEnd], reason: str) -> int:
    """Leave the hardships as they are, for a reason; return how many."""
    for end in ends:
        _may_decide(end, by)
        advance(end, END_FLOW, "refuse", by=by, reason=reason, **_stamp(by))
    return len(ends)


def lapse_named(term: Term, source: str, listed: Collection[tuple[str, int]]) -> None:
    """Drop what waits of those whom a later list of the term, complete or not, names: (ID hash, category)."""
    waiting = ProposedEnd.objects.waiting().filter(term=term, source=source)
    named = [pk for pk, *key in waiting.values_list("pk", "id_hash", "category") if tuple(key) in listed]
    if named:
        with bulk.keys(ProposedEnd, "id", named) as keys:
            waiting.filter(pk__in=keys).update(state=EndState.LAPSED)


def lapse_ends(term: Term, source: str) -> int:
    """Drop what waits of a term's list whose import was undone; return how many."""
    return ProposedEnd.objects.waiting().filter(term=term, source=source).update(state=EndState.LAPSED)


def _may_decide(end: ProposedEnd, by: Actor) -> None:
    refuse_closed(end.term)
    if by.id is not None and by.id == end.proposed_by_id:
        raise StepRefused("这份名单是您导入的，是否终止须由另一人确认。")


def _stamp(by: Actor) -> dict:
    return {"decided_at": timezone.now(), "decided_by_id": by.id, "decided_by": by.name}
