"""Who works where on a day: the post at a school, or where a deployment took them meanwhile."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from teachers.enums.registry import SERVING, Subject
from teachers.models import Appointment

from .deployment import deployed_on


@dataclass(frozen=True)
class Worker:
    """One who works at a school: what they teach there, in which stage, whether they can teach every subject."""

    teacher: int
    subject: str
    stage: str
    is_full_subject: bool


def working_at(day: dt.date, schools: Iterable[int] | None = None) -> dict[int, list[Worker]]:
    """Return school -> who works there on ``day``; every school with None. Two queries.

    Who is sent elsewhere counts there; 走教 counts at the own school, 跟岗 at neither.
    """
    sent = {each.teacher: each for each in deployed_on(day)}
    posts = Appointment.objects.in_force(day).filter(teacher__state__in=SERVING)
    wanted = None if schools is None else set(schools)
    if wanted is not None:
        arriving = [each.teacher for each in sent.values() if each.fills and each.receiving in wanted]
        posts = posts.filter(Q(school__in=wanted) | Q(teacher__in=arriving))
    found: dict[int, list[Worker]] = defaultdict(list)
    rows = posts.order_by().values_list(
        "school", "teacher", "subject", "teacher__stage", "teacher__can_teach_all"
    )
    for school, teacher, subject, stage, can_teach_all in rows:
        if (away := sent.get(teacher)) and away.leaves:
            school = away.receiving if away.fills else None
        if school is not None and (wanted is None or school in wanted):
            found[school].append(Worker(teacher, subject, stage, can_teach_all or subject == Subject.ALL))
    return found
