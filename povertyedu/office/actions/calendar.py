"""Terms and the county's working calendar."""

import chinese_calendar
from django.core.exceptions import ValidationError
from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.imports.models import ImportBatch, ImportState
from povertyedu.orgs.models import CalendarDay, Term
from povertyedu.workflow.flow import Actor
from students.actions.hardship import mark_changed
from students.enums import ChangeCause
from students.models import Correction, Enrolment, HardshipProof, Move, Promotion

from .records import store


@transaction.atomic
def open_term(*, code: str, by: Actor) -> Term:
    """Make the term of ``code`` (2020-autumn) with usual dates; raise ValidationError when it is there."""
    if Term.objects.filter(pk=code).exists():
        raise ValidationError("这个学期已经有了，请在列表中修改它的日期。")
    term = Term.objects.named(code)
    record(by, action="term.create", subject=term, changes={"starts_on": ["", f"{term.starts_on}"]})
    return term


@transaction.atomic
def save_term(*, term: Term, by: Actor) -> Term:
    """Store a term; other meal days concern every child of it that has none of its own.

    Raise ValidationError for a closed one: its days are facts too.
    """
    old_days, closed = Term.objects.values_list("meal_days", "is_closed").get(pk=term.pk)
    if closed:
        raise ValidationError(f"{term}已关闭，日期和供餐天数不能再改；请先重新打开。")
    store(term, by=by)
    if term.meal_days != old_days:
        rows = Enrolment.objects.filter(term=term, meal_days=None)
        mark_changed(term, list(rows.values_list("student_id", flat=True)), ChangeCause.CALENDAR)
    return term


@transaction.atomic
def close_term(*, term: Term, by: Actor) -> Term:
    """Close a term: no fact of it changes any more.

    Raise ValidationError while something is under way that would change its facts.
    """
    term = Term.objects.select_for_update().get(pk=term.pk)
    if not term.is_closed and (open_work := _under_way(term)):
        raise ValidationError(f"{term}还有没办完的事，不能关闭：{'；'.join(open_work)}。")
    term.is_closed = True
    return store(term, by=by)


@transaction.atomic
def reopen_term(*, term: Term, by: Actor, reason: str) -> Term:
    """Open a closed term again, for a reason that stays in the log."""
    term = Term.objects.select_for_update().get(pk=term.pk)
    if not reason.strip():
        raise ValidationError("请写明为什么重新打开这个学期。")
    if not term.is_closed:
        raise ValidationError(f"{term}没有关闭，不用重新打开。")
    term.is_closed = False
    term.save(update_fields=["is_closed"])
    record(by, action="term.reopen", subject=term, changes={"is_closed": ["是", "否"]}, reason=reason.strip())
    return term


def _under_way(term: Term) -> list[str]:
    """Return in words what would still change facts of ``term``."""
    counts = {
        "等对方学校答复的转学": Move.objects.open().filter(term=term).count(),
        "待确认的升级名单": Promotion.objects.drafts().filter(to_term=term).count(),
        "待复核的困难佐证": HardshipProof.objects.waiting().filter(enrolment__term=term).count(),
        "待审批或批准后还没有用的更正申请": Correction.objects.unfinished()
        .filter(enrolment__term=term)
        .count(),
        "正在办理的导入": ImportBatch.objects.filter(term=term, state=ImportState.APPLYING).count(),
    }
    return [f"{words} {count} 件" for words, count in counts.items() if count]


@transaction.atomic
def load_public_holidays(*, year: int, by: Actor) -> int:
    """Enter the State Council's holidays and worked weekends of ``year``; return how many days were new.

    Days the county has entered itself stay. Raise ValidationError for a year not announced yet.
    """
    known = {
        day: (working, name)
        for days, working in ((chinese_calendar.holidays, False), (chinese_calendar.workdays, True))
        for day, name in days.items()
        if day.year == year
    }
    if not known:
        raise ValidationError(f"系统里没有 {year} 年的国家节假日安排，请按国务院办公厅通知逐日登记。")
    have = set(CalendarDay.objects.filter(date__year=year).values_list("date", flat=True))
    new = [
        CalendarDay(date=day, is_working=working, note=_note(name, working))
        for day, (working, name) in sorted(known.items())
        if day not in have
    ]
    CalendarDay.objects.bulk_create(new, ignore_conflicts=True)
    if new:
        changes = {"dates": ["", "、".join(f"{day.date:%m-%d}" for day in new)]}
        record(by, action="calendarday.load", subject=new[0], changes=changes)
    return len(new)


def years_known() -> list[int]:
    """Return the years whose public holidays the installed package knows."""
    return sorted({day.year for day in chinese_calendar.holidays})


def _note(name: str, working: bool) -> str:
    chinese = next((h.chinese for h in chinese_calendar.Holiday if h.value == name), name)
    return f"{chinese}调休上班" if working else chinese
