"""Where teachers worked on which days: the post, and over it the deployment that takes them elsewhere; 走教 stays at the post."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db.models import Q

from povertyedu.orgs.calendar import today
from teachers.enums.deployment import BEGUN, BESIDE_THE_POST
from teachers.enums.registry import AppointmentKind
from teachers.models import Appointment, Deployment

DAY = dt.timedelta(days=1)


class Spell(NamedTuple):
    """Days at one school (None: at an office), both ends included; ``contract``: without a place of the establishment."""

    school: int | None
    first: dt.date
    last: dt.date
    contract: bool = False

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


def cut(spells: Iterable[Spell], first: dt.date, last: dt.date) -> list[Spell]:
    """Return what of ``spells`` lies between two days, both included."""
    return [
        spell._replace(first=max(spell.first, first), last=min(spell.last, last))
        for spell in spells
        if spell.first <= last and spell.last >= first
    ]


def overlay(posts: Sequence[Spell], elsewhere: Sequence[Spell]) -> list[Spell]:
    """Return where the days of ``posts`` were really worked: at the school of ``elsewhere`` where one covers the day.

    Days elsewhere without a post do not count; of two places elsewhere on a day the one begun first holds. Posts do not overlap
    each other, nor does the result, which is in order of days.
    """
    found: list[Spell] = []
    for post in sorted(posts, key=lambda spell: spell.first):
        day = post.first
        for away in sorted(cut(elsewhere, post.first, post.last), key=lambda spell: spell.first):
            if away.last < day:
                continue
            if away.first > day:
                found.append(post._replace(first=day, last=away.first - DAY))
            found.append(away._replace(first=max(away.first, day), contract=post.contract))
            day = away.last + DAY
        if day <= post.last:
            found.append(post._replace(first=day))
    return found


def spells_between(first: dt.date, last: dt.date, teachers=None) -> dict[int, list[Spell]]:
    """Return teacher -> the spells of the days from ``first`` to ``last``; a constant number of queries."""
    posts, elsewhere = defaultdict(list), defaultdict(list)
    running = Q(until=None) | Q(until__gte=first)
    found = Appointment.objects.filter(running, since__lte=last)
    if teachers is not None:
        found = found.filter(teacher__in=teachers)
    for teacher, school, since, until, kind in found.order_by("since").values_list(
        "teacher", "school", "since", "until", "kind"
    ):
        spell = Spell(school, since, until or last, kind == AppointmentKind.CONTRACT)
        posts[teacher] += cut([spell], first, last)
    sent = Deployment.objects.filter(teacher__in=list(posts), state__in=BEGUN, started_on__lte=last)
    sent = sent.exclude(kind__in=BESIDE_THE_POST)
    for teacher, school, since, until, ended in sent.values_list(
        "teacher", "receiving", "started_on", "until", "ended_on"
    ):
        # who is under way is there until the day agreed, or, when nobody registered the return, until today
        elsewhere[teacher].append(Spell(school, since, ended or max(until, today())))
    return {teacher: overlay(spells, elsewhere[teacher]) for teacher, spells in posts.items()}
