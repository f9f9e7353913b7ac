"""Verbs of the base table: opened for two months, explained, submitted with its figures frozen, accepted by another person."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record
from povertyedu.inbox.models import tell
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.workflow.flow import Actor, StepRefused, advance
from projects.models import BaseTable, BaseTableRow, Period, Project
from projects.queries import base_tables as queries
from projects.states import BASE_TABLE_FLOW

PER_STATEMENT = 500


def open_table(*, period: Period) -> BaseTable:
    """Return the county's table of the period; opened where there is none."""
    county = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").first()
    if county is None:
        raise StepRefused("还没有行政区划，请先导入县和乡镇。")
    table, _ = BaseTable.objects.get_or_create(
        area=county,
        last=period.last,
        defaults={"first": period.first, "due_on": period.due_on, "opened_on": today()},
    )
    return table


@transaction.atomic
def explain(*, by: Actor, table: BaseTable, notes: Mapping[int, str]) -> int:
    """Keep the words written for projects (key -> text) of a table that is not handed in; return how many changed."""
    locked = BaseTable.objects.select_for_update(no_key=True).get(pk=table.pk)
    if locked.is_frozen:
        raise StepRefused("这张表已经报送，说明不能再改；要改的，请审定人退回。")
    kept = {row.project_id: row for row in locked.rows.all()}
    known = set(Project.objects.filter(pk__in=notes).values_list("pk", flat=True))
    new = [
        BaseTableRow(table=locked, project_id=pk, note=text)
        for pk, text in notes.items()
        if pk in known and pk not in kept and text
    ]
    changed = [kept[pk] for pk, text in notes.items() if pk in kept and kept[pk].note != text]
    for row in changed:
        row.note = notes[row.project_id]
    BaseTableRow.objects.bulk_create(new)
    BaseTableRow.objects.bulk_update(changed, ["note"])
    if count := len(new) + len(changed):
        record(by, action="base_table.explain", subject=locked, changes={"rows": [None, count]})
    return count


@transaction.atomic
def submit(*, by: Actor, table: BaseTable, note: str = "") -> BaseTable:
    """Freeze every figure as it stood at the end of the months and hand the table in."""
    locked = BaseTable.objects.select_for_update(no_key=True).get(pk=table.pk)
    if by.id is None:
        raise StepRefused("双月报要由本人报送。")
    if not locked.is_frozen:
        if locked.last >= today():
            raise StepRefused(f"{locked.period}还没有过完，{locked.last} 以后才能报送。")
        _refuse_unexplained(_draw(locked))
    advance(
        locked, BASE_TABLE_FLOW, "submit", by=by, note=note[:1000], submitted_at=timezone.now(), submitted_by_id=by.id,
        accepted_by_id=None,
    )  # fmt: skip
    late = f"，迟 {locked.days_late} 天" if locked.days_late else ""
    forget_drawn()  # a later table is compared with this one
    for user in User.objects.who_may_at(P.APPROVE_PROJECTS, area=locked.area_id):
        tell(user, f"待审定：{locked}{late}", url=locked.get_absolute_url(), tone="warn")
    return locked


def _refuse_unexplained(rows: list[BaseTableRow]) -> None:
    if not rows:
        raise StepRefused("还没有项目，不用报送。")
    lacking = [row for row in rows if row.reasons and not row.note]
    if lacking:
        first = lacking[0]
        raise StepRefused(
            f"还有 {len(lacking)} 个项目没有写说明，如“{first.facts['name']}”（{first.reasons}）；请在“需说明”里写好再报送。"
        )


def keep_drawn(*, table: BaseTable) -> None:
    """Draw the figures of a table that is not handed in anew, where the books have moved on since; else nothing is done.

    So a page reads rows that are there, whatever the number of projects.
    """
    if not table.is_frozen and table.drawn_from != queries.books_now():
        with transaction.atomic():
            locked = BaseTable.objects.select_for_update(no_key=True).get(pk=table.pk)
            if locked.drawn_from != queries.books_now():  # somebody else may have drawn them meanwhile
                _draw(locked)


def _draw(locked: BaseTable) -> list[BaseTableRow]:
    """Put the rows in place as they are now, with the words written so far; nothing to a table that was handed in."""
    if locked.is_frozen:
        return list(locked.rows.all())
    locked.drawn_from = queries.books_now()
    rows = queries.marked(locked)
    locked.rows.all().delete()
    BaseTableRow.objects.bulk_create(rows, batch_size=PER_STATEMENT)
    locked.save(update_fields=["drawn_from"])
    return rows


def forget_drawn() -> None:
    """Have the open tables drawn anew when they are next looked at: something changed that their books do not show."""
    BaseTable.objects.open().exclude(drawn_from="").update(drawn_from="")


@transaction.atomic
def accept(*, by: Actor, table: BaseTable) -> BaseTable:
    """Accept a table as another person than who submitted it."""
    if by.id is None or table.submitted_by_id == by.id:
        raise StepRefused("审定人不能是报送人，请由另一人审定。")
    advance(table, BASE_TABLE_FLOW, "accept", by=by, accepted_by_id=by.id)
    return table


@transaction.atomic
def send_back(*, by: Actor, table: BaseTable, reason: str) -> BaseTable:
    """Return a table for a reason; whoever submitted it is told."""
    advance(table, BASE_TABLE_FLOW, "return", by=by, reason=reason)
    forget_drawn()
    sender = User.objects.filter(pk=table.submitted_by_id).first()
    tell(sender, f"{table}被退回：{reason}", url=table.get_absolute_url(), tone="warn")
    return table


def keep_tables() -> int:
    """Daily: open the table that is to be made out now and tell of it; tell once of one that is late. Return how many were told of.

    Where a county begins with the system after a deadline, that table is not opened by itself: nothing is late before it was known.
    """
    period, told = queries.period_begun(), 0
    known = BaseTable.objects.exists()
    if Project.objects.filter(registered_on__lte=period.due_on).exists() and (
        known or today() <= period.due_on
    ):
        with transaction.atomic():
            before = BaseTable.objects.filter(last=period.last).exists()
            table = open_table(period=period)
            if not before:
                told += _tell(table, f"请在 {table.due_on} 前报送{table}", "info")
    for table in BaseTable.objects.overdue().filter(told_late_on=None):
        with transaction.atomic():
            if BaseTable.objects.filter(pk=table.pk, told_late_on=None).update(told_late_on=today()):
                told += _tell(table, f"{table}已过截止日 {table.due_on}，还没有报送", "bad")
    return told


def _tell(table: BaseTable, words: str, tone: str) -> int:
    people = list(User.objects.who_may_at(P.MANAGE_PROJECTS, area=table.area_id))
    for user in people:
        tell(user, words, url=table.get_absolute_url(), tone=tone)
    return len(people)
