"""Where a duty goes: to the lowest link that somebody holds, from there only upwards, in the end to the bureau."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.urls import reverse

from dropout.enums import Climb, Line
from dropout.models import Case, ChainLink, Duty, Escalation
from dropout.queries.chains import Register, Step, seat_of
from povertyedu import bulk
from povertyedu.accounts.models import Grant, User
from povertyedu.accounts.permissions import Role
from povertyedu.inbox.models import Message

NAMED = 3  # children named in one message
NEAR = (Role.SCHOOL_HEAD, Role.TOWNSHIP_OFFICER)
TELEPHONE = "责任人没有账号，请电话告知"


def steps_of(case: Case, line: str, register: Register) -> list[Step]:
    """Return the links of one line of the case's child, from the bottom up."""
    return register.chain(line, seat_of(case), case.student_id, {})[::-1]


def above(steps: list[Step], link: ChainLink) -> list[Step]:
    """Return the steps higher than ``link``; one that was taken out of the chain stood where its number says."""
    return [step for step in steps if step.link.position < link.position and step.link.pk != link.pk]


def climb(duty: Duty, steps: list[Step], *, why: str, on: dt.date, due_on: dt.date) -> list[Escalation]:
    """Put ``duty`` to the first of ``steps`` that somebody holds, else to the bureau; return the rows that tell it.

    Without links to pass and ``why`` empty (a new duty at the bottom) there is nothing to tell.
    """
    rows, missed = [], duty.due_on if why == Climb.LATE else None
    for step in steps:
        if step.holder:
            duty.link, duty.person_id, duty.due_on = step.link, step.holder.person, due_on
            break
        rows.append(Escalation(duty=duty, link=step.link, why=Climb.SKIPPED, on=on))
    else:
        duty.link = duty.person_id = duty.due_on = None
    if rows or why or duty.link is None:
        rows.append(
            Escalation(
                duty=duty, link=duty.link, person_id=duty.person_id, why=why or Climb.VACANT, on=on, missed_on=missed,
                due_on=duty.due_on,
            )
        )  # fmt: skip
    return rows


def write(rows: Sequence[Escalation]) -> None:
    """Write rows whose duties are written by now."""
    for row in rows:
        row.duty_id = row.duty.pk
    bulk.insert_new(rows)


def tell_holders(duties: Sequence[Duty], words: str) -> None:
    """Put one message into the inbox of everybody who has one of ``duties``; the same queries for any number of them.

    Who has no account is told by telephone: the child's school, or its township, is asked to.
    """
    by_person = defaultdict(list)
    for duty in duties:
        if duty.person_id:
            by_person[duty.person_id].append(duty)
    if not by_person:
        return
    with bulk.keys(Duty, "person_id", by_person) as people:
        accounts = dict(User.objects.filter(person__in=people, is_active=True).values_list("person_id", "pk"))
    told = [
        (accounts[person], _text(words, theirs)) for person, theirs in by_person.items() if person in accounts
    ]
    silent = [duty for duty in duties if duty.person_id and duty.person_id not in accounts]
    _send(told + [(user, _text(TELEPHONE, theirs)) for user, theirs in _near(silent).items()])


def _send(told: Sequence[tuple[int, str]]) -> None:
    page = reverse("dropout:case_duties")
    bulk.insert_new([Message(to_id=user, tone="warn", text=text, url=page) for user, text in told])


def _near(duties: Sequence[Duty]) -> dict[int, list[Duty]]:
    """Return user -> those of ``duties`` whose holders are near: of the child's school, or of its township."""
    wanted = defaultdict(list)
    for duty in duties:
        of_school = duty.line == Line.EDUCATION
        wanted[duty.case.school_id if of_school else duty.case.home_area[:9]].append(duty)
    found: dict[int, list[Duty]] = defaultdict(list)
    if wanted:
        near = Grant.objects.filter(ended_at=None, user__is_active=True, role__in=NEAR)
        for school, area, user in near.values_list("school", "area", "user"):
            if theirs := wanted.get(school or area):
                found[user] = [*found[user], *theirs]
    return found


def _text(words: str, duties: list[Duty]) -> str:
    """Name the children, never why they are followed."""
    named = "、".join(f"{duty.case.student.name}（{duty.text}，{duty.due_on} 前）" for duty in duties[:NAMED])
    more = f"等 {len(duties)} 件" if len(duties) > NAMED else ""
    return f"{words}：{named}{more}。"[:300]
