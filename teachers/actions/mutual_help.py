"""Verbs of help between schools: planned for a term, held with evidence, cancelled with a reason."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record, record_many
from povertyedu.files.models import StoredFile
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor, StepRefused
from teachers.enums.mutual_help import HelpState
from teachers.models import HelpActivity, Teacher

MOST_TIMES = 30


class NewHelp(NamedTuple):
    """One planned activity, by keys."""

    kind: str
    term: int
    from_school: int
    to_school: int
    subject: str
    topic: str
    planned_on: dt.date
    hours: int
    teachers: tuple[int, ...] = ()

    @property
    def key(self) -> tuple:
        """What tells activities apart."""
        return self.kind, self.from_school, self.to_school, self.planned_on, self.topic


@transaction.atomic
def plan(
    *, by: Actor, kind: str, term: Term, from_school: School, to_school: School, topic: str, planned_on: dt.date, planned_hours: int,
    subject: str = "", teachers: Sequence[Teacher] = (), times: int = 1, every_weeks: int = 1,
) -> list[HelpActivity]:  # fmt: skip
    """Plan an activity of a term, or a series of ``times``, one each ``every_weeks`` weeks; all within the term."""
    if not 1 <= times <= MOST_TIMES:
        raise StepRefused(f"次数应为 1 到 {MOST_TIMES}。")
    days = [planned_on + dt.timedelta(weeks=every_weeks * number) for number in range(times)]
    if not (term.starts_on <= days[0] and days[-1] <= term.ends_on):
        raise StepRefused(
            f"{days[0]} 到 {days[-1]} 不全在{term}（{term.starts_on} 到 {term.ends_on}）内，请核对日期和次数。"
        )
    rows = [
        HelpActivity(
            kind=kind, term=term, from_school=from_school, to_school=to_school, subject=subject, topic=topic.strip()[:120], planned_on=day,
            planned_hours=planned_hours, by_name=by.name,
        )
        for day in days
    ]  # fmt: skip
    for row in rows:
        row.validate_constraints()
    return _planned(by, rows, [[teacher.pk for teacher in teachers]] * len(rows))


@transaction.atomic
def take_in_plans(*, by: Actor, rows: Sequence[NewHelp]) -> list[HelpActivity]:
    """Plan each of ``rows``; queries do not grow with them."""
    made = [
        HelpActivity(
            kind=row.kind, term_id=row.term, from_school_id=row.from_school, to_school_id=row.to_school, subject=row.subject, topic=row.topic,
            planned_on=row.planned_on, planned_hours=row.hours, by_name=by.name,
        )
        for row in rows
    ]  # fmt: skip
    return _planned(by, made, [row.teachers for row in rows])


def _planned(by: Actor, rows: list[HelpActivity], teachers: Sequence[Sequence[int]]) -> list[HelpActivity]:
    """Store new activities with the keys of who goes to each."""
    made = HelpActivity.objects.bulk_create(rows)
    through = HelpActivity.teachers.through
    through.objects.bulk_create(
        through(helpactivity_id=row.pk, teacher_id=teacher)
        for row, own in zip(made, teachers, strict=True)
        for teacher in own
    )
    record_many(
        by, action="help.plan", rows=[(row, {"planned_on": [None, str(row.planned_on)]}) for row in made]
    )
    return made


def hold(
    *, by: Actor, activity: HelpActivity, held_on: dt.date, held_hours: int, audience: int, summary: str, upload, account=None,
    teachers: Sequence[Teacher] | None = None,
) -> HelpActivity:  # fmt: skip
    """Report an activity held, with ``upload`` as evidence; the file goes again where the report fails."""
    if held_on > today():
        raise StepRefused("开展日期不能晚于今天。")
    stored = StoredFile.keep(
        upload.chunks(), name=upload.name[:200], purpose="help_evidence", personal=False, owner=account
    )
    try:
        with transaction.atomic():
            _leave(
                activity, state=HelpState.HELD, held_on=held_on, held_hours=held_hours, audience=audience, summary=summary.strip()[:500], evidence=stored,
            )  # fmt: skip
            if teachers is not None:
                activity.teachers.set(teachers)
            record(by, action="help.hold", subject=activity, changes={"held_hours": [None, held_hours]})
    except BaseException:
        stored.path.unlink(missing_ok=True)
        StoredFile.objects.filter(pk=stored.pk).delete()
        raise
    activity.refresh_from_db()
    return activity


@transaction.atomic
def cancel(*, by: Actor, activity: HelpActivity, reason: str) -> HelpActivity:
    """Cancel what was planned, with the reason."""
    if not reason.strip():
        raise StepRefused("取消必须填写理由。")
    _leave(activity, state=HelpState.CANCELLED, reason=reason.strip()[:200])
    record(
        by, action="help.cancel", subject=activity, changes={"state": ["planned", "cancelled"]}, reason=reason
    )
    activity.refresh_from_db()
    return activity


def _leave(activity: HelpActivity, **changes) -> None:
    """Take a planned activity to its end, once."""
    planned = HelpActivity.objects.filter(pk=activity.pk, state=HelpState.PLANNED)
    try:
        with transaction.atomic():
            done = planned.update(**changes)
    except IntegrityError as clash:
        raise StepRefused("实际课时应为 1 以上，并上传佐证。") from clash
    if not done:
        raise StepRefused("这项活动已登记开展或取消，请刷新后再看。")
