"""Verbs of public lists: put up, take down, objections received and answered.

What a list is about belongs to an app above this one; ``settings.PUBLICITY_SUBJECTS`` names, per kind
of matter (the part of ``Notice.about`` before the colon), the module that knows its people:
``people_on(notice)`` -> [(subject, words)], ``objection_raised(objection, by=)`` and
``objection_answered(objection, by=)``; and, where it is not the aid office's, ``WORDING``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.options.registry import options
from povertyedu.orgs.calendar import add_working_days, today
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused

from .models import PUBLIC_COLUMNS, Notice, NoticeState, Objection, ObjectionState


@dataclass(frozen=True)
class Wording:
    """Whose list it is: how its text reads, who reads it in the office, who hears objections."""

    list_template: str = "publicity/list.html"
    view: str = P.VIEW_SUBSIDIES
    handle: str = P.HANDLE_OBJECTION
    record: tuple[str, ...] = (P.HANDLE_OBJECTION, P.SUBMIT_SHEET)
    publish: str = P.PUBLISH
    office: str = "资助中心"
    held: str = "已登记对 {name} 的异议，该生在本批的资金暂缓发放。"
    record_button: str = "登记并暂缓该生"
    upheld: str = "异议成立，移出名单"
    dismissed: str = "异议不成立，恢复发放"
    person: str = "学生和项目"


def put_up(
    *, by: Actor, about: str, title: str, lists: Iterable[tuple[int, list[dict]]], phone: str = ""
) -> list[Notice]:
    """Open one notice per school of ``lists`` (school id, rows); a row keeps the five PUBLIC_COLUMNS, whatever else it has.

    ``phone`` is where to object, by default the aid office's.

    The day of opening does not count: the list stays up for as many whole working days as the county's
    options say (教财厅函〔2017〕28号; 5 by default).
    """
    chosen = options("publicity_working_days", "publicity_print_only", "aid_office_phone")
    opens, days = today(), chosen["publicity_working_days"]
    closes = add_working_days(opens, days)
    notices = []
    for school_id, rows in lists:
        shown = [{column: row[column] for column in PUBLIC_COLUMNS} for row in rows]
        notices.append(
            Notice(
                school_id=school_id, about=about, title=title, rows=shown, digest=Notice.digest_of(shown),
                opens_on=opens, closes_on=closes, working_days=days,
                phone=phone or chosen["aid_office_phone"], print_only=chosen["publicity_print_only"],
            )
        )  # fmt: skip
    Notice.objects.bulk_create(notices)
    return notices


@transaction.atomic
def withdraw(*, by: Actor, notice: Notice, reason: str) -> Notice:
    """Take a list down before its time, for a reason; what was shown and its digest stay on file."""
    if not reason.strip():
        raise StepRefused("撤下公示必须填写理由。")
    taken = Notice.objects.filter(pk=notice.pk, state=NoticeState.OPEN).update(
        state=NoticeState.WITHDRAWN, taken_down_at=timezone.now()
    )
    if not taken:
        raise StepRefused("这份公示已经期满或撤下。")
    record(by, action="notice.withdraw", subject=notice, reason=reason)
    notice.refresh_from_db()
    return notice


def take_down_expired() -> int:
    """Close the lists whose last day is over and return how many; runs every day, safe to run twice.

    The public page asks the date itself, so that a list is down in time even when this runs late.
    """
    due = list(Notice.objects.filter(state=NoticeState.OPEN, closes_on__lt=today()))
    closed = 0
    for notice in due:
        with transaction.atomic():
            if Notice.objects.filter(pk=notice.pk, state=NoticeState.OPEN).update(
                state=NoticeState.CLOSED, taken_down_at=timezone.now()
            ):
                record(SYSTEM, action="notice.close", subject=notice)
                closed += 1
    return closed


def matter_of(notice: Notice):
    """Return the module that knows what ``notice`` is about."""
    return import_string(settings.PUBLICITY_SUBJECTS[notice.about.partition(":")[0]])


def wordings() -> dict[str, Wording]:
    """Return kind of matter -> its wording."""
    return {
        kind: getattr(import_string(path), "WORDING", Wording())
        for kind, path in settings.PUBLICITY_SUBJECTS.items()
    }


def wording_of(notice: Notice) -> Wording:
    return wordings()[notice.about.partition(":")[0]]


@transaction.atomic
def record_objection(*, by: Actor, notice: Notice, subject: str, text: str, raised_by: str = "") -> Objection:
    """Note what somebody holds against one name on the list; that child's money waits from now on.

    ``subject`` is one of ``people_on(notice)``. StepRefused when the list is down, or the subject is not on it.
    """
    notice = Notice.objects.select_for_update(no_key=True).get(pk=notice.pk)
    if notice.state != NoticeState.OPEN or today() > notice.closes_on:
        raise StepRefused("公示期已过或已撤下，不能再登记异议；如确有问题，请联系公示单位按举报处理。")
    people = dict(matter_of(notice).people_on(notice))
    if subject not in people:
        raise StepRefused("这个人不在本公示名单上，请重新选择。")
    if not text.strip():
        raise StepRefused("请写明异议的内容。")
    objection = Objection.objects.create(
        notice=notice, subject=subject, subject_name=people[subject][:60], text=text.strip()[:500],
        raised_by=raised_by.strip()[:60], received_by=by.name,
    )  # fmt: skip
    matter_of(notice).objection_raised(objection, by=by)
    record(by, action="objection.record", subject=objection)
    return objection


@transaction.atomic
def answer_objection(*, by: Actor, objection: Objection, upheld: bool, answer: str) -> Objection:
    """Answer an objection in words: upheld (the child leaves the list) or dismissed (the child's money goes on)."""
    if not answer.strip():
        raise StepRefused("请写明核查情况和处理结果。")
    answered = Objection.objects.filter(pk=objection.pk, state=ObjectionState.OPEN).update(
        state=ObjectionState.UPHELD if upheld else ObjectionState.DISMISSED,
        answer=answer.strip()[:500],
        answered_at=timezone.now(),
        answered_by=by.name,
    )
    if not answered:
        raise StepRefused("这条异议已有处理结果，请刷新后再看。")
    objection.refresh_from_db()
    matter_of(objection.notice).objection_answered(objection, by=by)
    record(by, action="objection.answer", subject=objection, reason=answer)
    return objection
