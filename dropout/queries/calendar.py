"""The year's calendar: each duty on its days, with how many places have done it."""

import datetime as dt
from dataclasses import dataclass, field

from django.db.models import Count, F, Q, QuerySet

from dropout.enums import SixSystem
from dropout.models import CalendarDuty, DutyTask
from povertyedu.orgs.calendar import today


@dataclass
class Entry:
    """One duty on one day, and the tasks of it that the reader sees."""

    duty: CalendarDuty
    due_on: dt.date
    total: int = 0
    done: int = 0
    done_late: int = 0

    @property
    def finished(self) -> int:
        return self.done + self.done_late

    @property
    def waiting(self) -> int:
        return self.total - self.finished

    @property
    def begins(self) -> dt.date:
        return self.duty.begins(self.due_on)

    @property
    def s(self) -> str:
        """The entry's state in the vocabulary of states."""
        if not self.total:
            return "todo"
        if not self.waiting:
            return "warn" if self.done_late else "ok"
        return "bad" if self.due_on < today() else "doing"

    @property
    def t(self) -> str:
        words = {
            "todo": "没有开始",
            "ok": "按时办结",
            "warn": "办结（有逾期）",
            "bad": f"逾期 {self.waiting}",
            "doing": "办理中",
        }
        return words[self.s]


@dataclass
class Month:
    number: int
    entries: list[Entry] = field(default_factory=list)


def year_of(year: int, tasks: QuerySet[DutyTask], duties: list[CalendarDuty]) -> list[Month]:
    """Return the months of ``year``: planned days of ``duties``, and days of ``tasks`` that were planned otherwise once."""
    entries = {
        (duty.pk, day): Entry(duty, day) for duty in duties if duty.is_active for day in duty.due_days(year)
    }
    named = {duty.pk: duty for duty in duties}
    counted = tasks.filter(due_on__year=year).order_by().values("duty", "due_on").annotate(
        total=Count("pk"), done=Count("pk", filter=Q(done_on__lte=F("due_on"))),
        done_late=Count("pk", filter=Q(done_on__gt=F("due_on"))),
    )  # fmt: skip
    for row in counted:
        key = row["duty"], row["due_on"]
        if key[0] not in named:
            continue
        entry = entries.setdefault(key, Entry(named[key[0]], key[1]))
        entry.total, entry.done, entry.done_late = row["total"], row["done"], row["done_late"]
    found = [Month(number) for number in range(1, 13)]
    for entry in sorted(entries.values(), key=lambda entry: (entry.due_on, entry.duty.pk)):
        found[entry.due_on.month - 1].entries.append(entry)
    return found


def systems_of(months: list[Month]) -> list[tuple[SixSystem, list[Entry]]]:
    """Return the six systems with their entries of the year."""
    every = [entry for month in months for entry in month.entries]
    return [(system, [entry for entry in every if entry.duty.system == system]) for system in SixSystem]
