"""Heads' terms of office (校长任期)."""

import datetime as dt

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.models import HeadTerm, Teacher


@transaction.atomic
def register_head_term(
    *, by: Actor, teacher: Teacher, number: int, since: dt.date, until: dt.date
) -> HeadTerm:
    """Register one term at the school whose post the head held on its first day."""
    post = teacher.appointments.in_force(since).select_related("school").first()
    if post is None:
        raise StepRefused(f"{teacher.name}在 {since} 没有学校岗位，请先核对岗位聘任。")
    made = HeadTerm(teacher=teacher, school=post.school, number=number, since=since, until=until)
    made.validate_constraints()
    made.save()
    record(by, action="head_term.register", subject=made, changes={"number": [None, number]})
    return made
