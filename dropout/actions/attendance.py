"""A class's day entered: everybody was there but those named. The same again changes nothing; what changes is kept."""

import datetime as dt
from collections.abc import Mapping
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from dropout.enums import AbsenceReason, ContactResult
from dropout.models import Absence, AbsenceChange, ClassDay, FollowUp, reason_words
from dropout.queries.school_days import day_words, is_school_day
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import SchoolClass, Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment

from .runs import recompute


class Why(NamedTuple):
    """Why a child is absent; nobody unknown is on leave."""

    reason: str
    excused: bool

    @classmethod
    def of(cls, reason: str, excused: bool) -> "Why":
        return cls(reason, excused and reason != AbsenceReason.UNKNOWN)


class Saved(NamedTuple):
    """The entered day, and how many children it now has otherwise than before."""

    day: ClassDay
    is_new: bool
    changed: int


def refuse_day(term: Term, day: dt.date, *, confirmed: bool = False) -> None:
    """Raise ValidationError where attendance of ``day`` cannot be entered; a free day may be ``confirmed``."""
    if term.is_closed:
        raise ValidationError(f"{term}已关闭，考勤不能再登记或更正；请联系县教育局数据管理员。")
    if day > today():
        raise ValidationError(f"{day_words(day)}还没有到，不能提前登记考勤；请选今天或以前的日期。")
    if not term.starts_on <= day <= term.ends_on:
        raise ValidationError(
            f"{day_words(day)}不在{term}（{term.starts_on} 至 {term.ends_on}）里；请改日期，或切换学期。"
        )
    if not confirmed and not is_school_day(term, day):
        raise ValidationError(
            f"{day_words(day)}按校历不上课；确实上了课的，请勾选“这一天照常上课”再保存。", code="free_day"
        )


@transaction.atomic
def save_day(
    *,
    by: Actor,
    school_class: SchoolClass,
    term: Term,
    date: dt.date,
    absences: Mapping[int, Why],
    seen: int,
    confirmed: bool = False,
) -> Saved:
    """Enter or correct a day; ``absences``: student -> why, everybody else of the class was there.

    ``seen`` is the version of the day that the person looked at, 0 for none. Raise ValidationError for a day that
    cannot be, for a child of another class, and where somebody else saved something different meanwhile.
    Works without worker and queue: the clock of the class moves in the same transaction.
    """
    refuse_day(term, date, confirmed=confirmed)
    SchoolClass.objects.select_for_update(no_key=True).get(pk=school_class.pk)  # one save after the other
    day = ClassDay.objects.filter(school_class=school_class, date=date).first()
    before = {a.student_id: a for a in day.absences.all()} if day else {}
    old = {pk: Why(each.reason, each.excused) for pk, each in before.items()}
    if day and old == dict(absences):
        return Saved(day, False, 0)
    if day and day.version != seen:
        raise ValidationError(_told(day, before), code="clash")
    is_new = day is None
    day = _keep(
        by, day or ClassDay(school_class=school_class, term=term, date=date), set(absences), set(before)
    )
    changed = _write(day, old, absences)
    if not is_new:
        _keep_changes(by, day, old, absences, changed)
    record(
        by, action=f"attendance.{'enter' if is_new else 'correct'}", subject=day,
        changes={"absent": ["" if is_new else str(len(old)), str(len(absences))]},
    )  # fmt: skip
    recompute(classes=[school_class.pk], term=term, by=by, corrected=changed)
    return Saved(day, is_new, len(changed))


def _keep(by: Actor, day: ClassDay, absent: set[int], before: set[int]) -> ClassDay:
    """Store the day with its counts, a later save as the next version; refuse who is not of the class."""
    here = Enrolment.objects.of(day.term).studying().filter(school_class=day.school_class)
    children = set(here.values_list("student_id", flat=True))
    _refuse_strangers(absent, children | before, day)
    day.enrolled, day.absent = len(children | absent), len(absent)
    if day.pk:
        day.version += 1
    else:
        day.entered_by_id, day.entered_by = by.id, by.name
    day.save()
    return day


def _told(day: ClassDay, before: Mapping[int, Absence]) -> str:
    """Return what somebody else entered meanwhile."""
    names = [f"{each.student.name} {each.words}" for each in day.absences.select_related("student")]
    last = day.changes.order_by("-pk").first()
    who, at = (last.by_name, last.at) if last else (day.entered_by, day.entered_at)
    return (
        f"没有保存：{who}在 {timezone.localtime(at):%H:%M} 刚登记了这一天，缺勤 {len(before)} 人"
        f"{'：' + '、'.join(names) if names else ''}。请对照下面您填的，改好后再保存。"
    )


def _refuse_strangers(absent: set[int], known: set[int], day: ClassDay) -> None:
    if absent - known:
        raise ValidationError("名单里有人本学期已不在这个班；请刷新后再登记。")
    elsewhere = Absence.objects.filter(student__in=absent, date=day.date).exclude(class_day=day.pk)
    if found := elsewhere.select_related("student", "class_day__school_class__school").first():
        its = found.class_day.school_class
        raise ValidationError(
            f"{found.student.name}这一天已在{its.school}{its}登记为{found.words}；同一天只登记一次，请先核对在哪个班。"
        )


def _write(day: ClassDay, old: Mapping[int, Why], new: Mapping[int, Why]) -> list[int]:
    """Bring the absences of ``day`` from ``old`` to ``new``; return the children that differ."""
    changed = [pk for pk in old.keys() | new.keys() if old.get(pk) != new.get(pk)]
    day.absences.filter(student__in=[pk for pk in changed if pk not in new]).delete()
    put = [
        Absence(
            class_day=day, student_id=pk, term_id=day.term_id, date=day.date, **new[pk]._asdict(),
        )
        for pk in sorted(changed)
        if pk in new
    ]  # fmt: skip
    Absence.objects.bulk_create(
        put, update_conflicts=True, unique_fields=["student", "date"], update_fields=["reason", "excused"]
    )
    keep_promises(day.absences.filter(student__in=changed))
    return changed


def keep_promises(absences: QuerySet[Absence]) -> None:
    """Let the contacts after which the children were expected back later stand for ``absences`` that have none."""
    told = FollowUp.objects.filter(
        student=OuterRef("student"),
        result=ContactResult.WILL_RETURN,
        on__lte=OuterRef("date"),
        return_on__gt=OuterRef("date"),
    )
    absences.filter(follow_up=None).update(follow_up=Subquery(told.order_by("-on", "-pk").values("pk")[:1]))


def _keep_changes(by: Actor, day: ClassDay, old, new, changed: list[int]) -> None:
    gone = Why("", False)
    AbsenceChange.objects.bulk_create(
        AbsenceChange(
            class_day=day, student_id=pk, by_id=by.id, by_name=by.name,
            old=reason_words(*old.get(pk, gone)), new=reason_words(*new.get(pk, gone)),
        )
        for pk in sorted(changed)
    )  # fmt: skip
