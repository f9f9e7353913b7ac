"""通报: places that missed their target or fell are proposed by the machine, issued by a person, answered in time."""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.accounts.queries import WhoMay
from povertyedu.audit.models import record_many
from povertyedu.inbox.models import Message, tell, tell_many
from povertyedu.indicators.enums import NoticeState, PlaceKind
from povertyedu.indicators.models import IndicatorNotice, NoticeDecision, Snapshot, SnapshotRow
from povertyedu.indicators.queries import is_reached, targets_in
from povertyedu.indicators.states import NOTICE_FLOW
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused, advance


@transaction.atomic
def propose(*, snapshot: Snapshot) -> int:
    """Propose a notice to every judged place that missed or fell; one a year, place and indicator. Return how many are new.

    A proposal that nobody issued yet is brought up to the newest snapshot, and dropped where the place has recovered.
    """
    last = _last_year(snapshot)
    causes = {}
    for row in _judged(snapshot):
        target = _target(row, snapshot)
        missed = (
            target is not None
            and is_reached(
                row.numerator, row.denominator, target, higher_is_better=snapshot.definition.higher_is_better
            )
            is False
        )
        before = last.get((row.reading, *row.place_key))
        fell = before is not None and _is_worse(row, before, snapshot)
        if missed or fell:
            causes[row.place_key] = (row, missed, fell, target, before)
    standing = IndicatorNotice.objects.select_for_update(of=("self",)).exclude(state=NoticeState.DROPPED)
    present = {
        (notice.area_code, notice.school_id): notice
        for notice in standing.filter(code=snapshot.code, year=snapshot.year).order_by("pk")
    }
    proposed = {key: row for key, row in present.items() if row.state == NoticeState.PROPOSED}
    _refresh([(notice, causes[key]) for key, notice in proposed.items() if key in causes], snapshot)
    _drop_recovered([notice for key, notice in proposed.items() if key not in causes])
    fresh = [_new(snapshot, *cause) for key, cause in causes.items() if key not in present]
    bulk.insert_new(fresh)
    NoticeDecision.append_many(
        fresh, step=NOTICE_FLOW["propose"], by=SYSTEM, at=timezone.now(), reasons={row.pk: row.cause for row in fresh}
    )  # fmt: skip
    if fresh:
        words = f"“{snapshot.definition.label}”有 {len(fresh)} 个单位没有达标或下降，请决定是否通报。"
        _tell_bureau(words, url=reverse("indicators:notices"))
    return len(fresh)


def _judged(snapshot: Snapshot):
    """Return the rows of the places that are held to the indicator; the county itself gets no notice from itself."""
    definition = snapshot.definition
    rows = snapshot.rows.filter(reading=definition.reading, denominator__gt=0)
    return [row for row in rows if row.place_kind in definition.judged and row.place_kind != PlaceKind.COUNTY]


def _target(row: SnapshotRow, snapshot: Snapshot):
    found = targets_of(snapshot).get((snapshot.code, row.place_kind))
    return found.value if found else None


def targets_of(snapshot: Snapshot) -> dict:
    """Return the targets a snapshot is held to, read once."""
    if not hasattr(snapshot, "_targets"):
        snapshot._targets = targets_in(snapshot.period.target_year)
    return snapshot._targets


def _last_year(snapshot: Snapshot) -> dict:
    """Return (reading, area code, school) -> the row of the final snapshot of the year before."""
    rows = SnapshotRow.objects.filter(
        snapshot__code=snapshot.code,
        snapshot__year=snapshot.year - 1,
        snapshot__is_final=True,
        denominator__gt=0,
    )
    return {(row.reading, *row.place_key): row for row in rows}


def _is_worse(row: SnapshotRow, before: SnapshotRow, snapshot: Snapshot) -> bool:
    now, then = row.numerator * before.denominator, before.numerator * row.denominator
    return now < then if snapshot.definition.higher_is_better else now > then


def _figures(snapshot: Snapshot, row: SnapshotRow, missed: bool, fell: bool, target, before) -> dict:
    return {
        "snapshot_id": snapshot.pk, "missed": missed, "fell": fell, "numerator": row.numerator, "denominator": row.denominator, "target": target,
        "last_numerator": before.numerator if before else None, "last_denominator": before.denominator if before else None,
    }  # fmt: skip


def _new(snapshot: Snapshot, row: SnapshotRow, *cause) -> IndicatorNotice:
    return IndicatorNotice(
        code=snapshot.code, year=snapshot.year, area_code=row.area_code, school_id=row.school_id, reading=row.reading, proposed_on=today(),
        **_figures(snapshot, row, *cause),
    )  # fmt: skip


def _refresh(rows: list[tuple[IndicatorNotice, tuple]], snapshot: Snapshot) -> None:
    """Bring proposals up to ``snapshot``."""
    figures = [(notice.pk, _figures(snapshot, *cause)) for notice, cause in rows]
    if figures:
        columns = list(figures[0][1])
        bulk.amend(IndicatorNotice, columns, [(pk, *row.values()) for pk, row in figures], erase=True)


def _drop_recovered(notices: list[IndicatorNotice]) -> None:
    """Drop proposals whose places have recovered."""
    if not notices:
        return
    why, old = "最近一次快照已经达标，也没有下降。", {row.pk: row.state for row in notices}
    for notice in notices:
        notice.state = NoticeState.DROPPED
    bulk.amend(IndicatorNotice, ("state",), [(row.pk, row.state) for row in notices])
    reasons = dict.fromkeys(old, why)
    NoticeDecision.append_many(
        notices, step=NOTICE_FLOW["drop"], by=SYSTEM, at=timezone.now(), old=old, reasons=reasons
    )
    changes = {"state": [NoticeState.PROPOSED, NoticeState.DROPPED]}
    record_many(
        SYSTEM, action="indicator_notice.drop", rows=[(row, changes) for row in notices], reasons=reasons
    )


@transaction.atomic
def issue(*, by: Actor, notices, due_on: dt.date) -> int:
    """Send the proposed ``notices`` (a queryset), each to be answered by ``due_on``; return how many."""
    if due_on < today():
        raise StepRefused("答复期限不能早于今天。")
    chosen = list(
        notices.filter(state=NoticeState.PROPOSED).select_related("school", "snapshot").order_by("pk")
    )
    for notice in chosen:
        advance(notice, NOTICE_FLOW, "issue", by=by, reason="", issued_on=today(), due_on=due_on)
        _tell_place(
            notice,
            f"通报：{notice.definition.label} {notice.percent_text}，{notice.cause}；请在 {due_on} 前答复。",
            "bad",
        )
    return len(chosen)


@transaction.atomic
def drop(*, by: Actor, notice: IndicatorNotice, reason: str) -> IndicatorNotice:
    advance(notice, NOTICE_FLOW, "drop", by=by, reason=reason)
    return notice


@transaction.atomic
def answer(*, by: Actor, notice: IndicatorNotice, reason: str) -> IndicatorNotice:
    """Say why, and what is done about it."""
    advance(
        notice, NOTICE_FLOW, "answer", by=by, reason=reason[:500], answer=reason[:1000], answered_on=today()
    )
    words = f"通报已有答复，请核：{place_of(notice)}，{notice}"
    _tell_bureau(words, url=notice.get_absolute_url(), tone="info")
    return notice


@transaction.atomic
def send_back(*, by: Actor, notice: IndicatorNotice, reason: str, due_on: dt.date) -> IndicatorNotice:
    if due_on < today():
        raise StepRefused("答复期限不能早于今天。")
    advance(notice, NOTICE_FLOW, "return", by=by, reason=reason, due_on=due_on)
    _tell_place(
        notice, f"通报的答复被退回：{notice.definition.label}。{reason} 请在 {due_on} 前重新答复。", "bad"
    )
    return notice


@transaction.atomic
def settle(*, by: Actor, notice: IndicatorNotice, reason: str) -> IndicatorNotice:
    advance(notice, NOTICE_FLOW, "settle", by=by, reason=reason)
    return notice


@transaction.atomic
def rectify(*, by: Actor, notice: IndicatorNotice, reason: str, due_on: dt.date) -> IndicatorNotice:
    """Turn the notice into a finding at its place, to be done by ``due_on``."""
    if due_on < today():
        raise StepRefused("整改期限不能早于今天。")
    area = Area.objects.filter(pk=notice.area_code).first() if notice.area_code else None
    found = import_string(settings.INDICATOR_RECTIFICATION)(
        by=by, source="indicator", subject=f"indicators.notice:{notice.pk}", url=notice.get_absolute_url(), area=area, school=notice.school,
        title=f"{notice.definition.label} {notice.percent_text}，{notice.cause}"[:200], text=reason, origin=f"{notice.period.label}指标通报",
        due_on=due_on,
    )  # fmt: skip
    advance(notice, NOTICE_FLOW, "rectify", by=by, reason=reason, rectification=found.get_absolute_url())
    return notice


@transaction.atomic
def tell_overdue() -> int:
    """Tell the place and the bureau of each notice that was not answered in time, once per deadline; return how many.

    Queries do not grow with the notices.
    """
    late = IndicatorNotice.objects.filter(state=NoticeState.ISSUED, due_on__lt=today())
    late = late.exclude(overdue_told_for=F("due_on"))
    rows = list(late.select_for_update(of=("self",)).select_related("school", "snapshot").order_by("pk"))
    if not rows:
        return 0
    bulk.amend(IndicatorNotice, ("overdue_told_for",), [(row.pk, row.due_on) for row in rows])
    names = dict(Area.objects.filter(pk__in={row.area_code for row in rows}).values_list("pk", "name"))
    bureau = User.objects.who_may(P.MANAGE_INDICATORS).values_list("pk", flat=True)
    answering, messages = WhoMay(P.ANSWER_FINDINGS), []
    for notice in rows:
        place = notice.school.name if notice.school else names.get(notice.area_code, notice.area_code)
        words = f"通报逾期没有答复：{place}，{notice.definition.label}，期限 {notice.due_on}。"
        told = {*answering.at(area=notice.area_code, school=notice.school), *bureau}
        messages += [
            Message(to_id=user, tone="bad", text=words[:300], url=notice.get_absolute_url())
            for user in sorted(told)
        ]
    bulk.insert_new(messages)
    return len(rows)


def place_of(notice: IndicatorNotice) -> str:
    if notice.school:
        return notice.school.name
    return Area.objects.filter(pk=notice.area_code).values_list("name", flat=True).first() or notice.area_code


def _tell_bureau(words: str, *, url: str, tone: str = "warn") -> None:
    officers = User.objects.who_may(P.MANAGE_INDICATORS).values_list("pk", flat=True)
    tell_many(((user, words) for user in officers), url=url, tone=tone)


def _tell_place(notice: IndicatorNotice, words: str, tone: str) -> None:
    for user in User.objects.who_may_at(P.ANSWER_FINDINGS, area=notice.area_code, school=notice.school):
        tell(user, words, url=notice.get_absolute_url(), tone=tone)
