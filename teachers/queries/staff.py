"""Who works where on a day: the post at a school, or where a deployment took them meanwhile."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from teachers.enums.deployment import BESIDE_THE_POST, FILLS_NO_POST
from teachers.enums.registry import Subject
from teachers.models import Appointment, Deployment


@dataclass(frozen=True)
class Worker:
    """One who works at a school: what they teach there, in which stage, whether they can teach every subject."""

    teacher: int
    subject: str
    stage: str
    is_full_subject: bool


def working_at(day: dt.date, schools: Iterable[int] | None = None) -> dict[int, list[Worker]]:
    """Return school -> who works there on ``day``; every school with None. Two queries.

    Who is deployed is counted where they work: 走教 stays with the post, 跟岗 fills none anywhere.
    """
    away = {
        teacher: None if kind in FILLS_NO_POST else receiving
        for teacher, receiving, kind in Deployment.objects.at_work(day)
        .exclude(kind__in=BESIDE_THE_POST)
        .order_by("since")
        .values_list("teacher", "receiving", "kind")
    }
    wanted = None if schools is None else set(schools)
    posts = Appointment.objects.serving(day)
    found: dict[int, list[Worker]] = defaultdict(list)
    rows = posts.order_by().values_list(
        "school", "teacher", "subject", "teacher__stage", "teacher__can_teach_all"
    )
    for school, teacher, subject, stage, can_teach_all in rows:
        here = away.get(teacher, school)
        if here is not None and (wanted is None or here in wanted):
            found[here].append(Worker(teacher, subject, stage, can_teach_all or subject == Subject.ALL))
    return found
