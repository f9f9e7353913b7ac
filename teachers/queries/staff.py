"""Who works where on a day: the post at a school, or where a deployment took them meanwhile."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from teachers.enums.registry import SERVING, Subject
from teachers.models import Appointment


@dataclass(frozen=True)
class Worker:
    """One who works at a school: what they teach there, in which stage, whether they can teach every subject."""

    teacher: int
    subject: str
    stage: str
    is_full_subject: bool


def working_at(day: dt.date, schools: Iterable[int] | None = None) -> dict[int, list[Worker]]:
    """Return school -> who works there on ``day``; every school with None. One query."""
    posts = Appointment.objects.in_force(day).filter(teacher__state__in=SERVING)
    if schools is not None:
        posts = posts.filter(school__in=list(schools))
    found: dict[int, list[Worker]] = defaultdict(list)
    rows = posts.order_by().values_list(
        "school", "teacher", "subject", "teacher__stage", "teacher__can_teach_all"
    )
    for school, teacher, subject, stage, can_teach_all in rows:
        found[school].append(Worker(teacher, subject, stage, can_teach_all or subject == Subject.ALL))
    return found
