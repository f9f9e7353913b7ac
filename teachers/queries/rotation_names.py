"""The names behind the rates of rotation, and what was changed of a teacher's facts."""

import datetime as dt

from django.db.models import Q

from povertyedu.audit.models import AuditEvent
from povertyedu.indicators.definitions import Named, Trace
from teachers.models import Deployment, Teacher


def names_of(subjects: list[str]) -> dict[str, Named]:
    """Return who each subject is, and where their post is; two queries for any page."""
    keys = [int(subject) for subject in subjects if subject.isdigit()]
    named = {}
    for teacher in Teacher.objects.filter(pk__in=keys).with_post():
        place = teacher.post.school.name if teacher.post else "没有岗位"
        named[str(teacher.pk)] = Named(teacher.name, place, teacher.get_absolute_url())
    return {subject: named.get(subject, Named("（已不在册）", "")) for subject in subjects}


def traces_of(subjects: list[str], since: dt.datetime) -> dict[str, list[Trace]]:
    """Return what the log says was done to each teacher, their posts and deployments after ``since``; two queries."""
    found: dict[str, list[Trace]] = {subject: [] for subject in subjects}
    keys = [int(subject) for subject in subjects if subject.isdigit()]
    owner = {
        str(pk): str(teacher)
        for pk, teacher in Deployment.objects.filter(teacher__in=keys).values_list("pk", "teacher_id")
    }
    of_them = Q(subject_type="teachers.teacher", subject_id__in=subjects)
    of_moves = Q(subject_type="teachers.deployment", subject_id__in=list(owner))
    for event in AuditEvent.objects.filter(of_them | of_moves, at__gt=since).order_by("pk"):
        subject = owner[event.subject_id] if event.subject_type == "teachers.deployment" else event.subject_id
        changed = "；".join(
            f"{name}：{pair[0]} → {pair[1]}"
            for name, pair in event.changes.items()
            if isinstance(pair, list) and len(pair) == 2
        )
        found[subject].append(Trace(event.at, event.by_name, changed or event.action))
    return found
