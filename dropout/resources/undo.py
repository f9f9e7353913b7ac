"""What undoing an import means for holders and for attendance: what is put back together, what stays and why."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import models, transaction
from django.db.models import F

from dropout.actions.attendance import Why
from dropout.actions.attendance_list import keep_changes
from dropout.actions.posts import standing_at
from dropout.actions.runs import recompute
from dropout.enums import PLACE_FIELDS, PlaceKind
from dropout.models import Absence, ChainLink, ClassDay, Post, name_of
from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission
from povertyedu.imports.images import Footprint
from povertyedu.imports.rows import Context, Row
from povertyedu.orgs.models import Area, Person, School, SchoolClass, Term
from povertyedu.workflow.flow import SYSTEM
from students.models import Student

PLACES = {"area": Area, "school": School, "school_class": SchoolClass, "student": Student}
OWNER = ("link", *PLACES)  # whoever holds one link at one place, one after the other
Written = Mapping[type[models.Model], Collection]


class PostsUndone:
    """Mixed into the holders: what a workbook says of one link at one place is undone together or not at all."""

    def footprints(self, rows: Sequence[Row], context: Context) -> list[Footprint]:
        found = [row.found.post for row in rows if row.is_written]
        keys: dict[str, set] = {name: set() for name in PLACES}
        for post in found:
            keys[PLACE_FIELDS[PlaceKind(post.kind)]].add(post.place)
        return [
            Footprint(Person, "phone", {post.whom.phone for post in found}),
            *(
                Footprint(Post, f"{name}_id", at, owner=OWNER, is_main=True)
                for name, at in keys.items()
                if at
            ),
        ]

    def undo_obstacles(self, owners: Collection[str], term: Term | None, written: Written) -> dict[str, str]:
        """Whoever was put in office after the workbook's holders would share days with a former one."""
        at = {(link, place): owner for owner in owners for link, _, place in [_place_of(owner)]}
        ours, told = written.get(Post, ()), {}
        for key, standing in standing_at(map(_place_of, owners)).items():
            first = min((each.span.since for each in standing if each.pk in ours), default=dt.date.max)
            if key in at and any(each.pk not in ours and each.span.since > first for each in standing):
                told[at[key]] = "导入后又任命了别的责任人"
        return told

    def owner_names(self, owners: Collection[str]) -> dict[str, str]:
        """Return link and place of each; a query for each kind of place."""
        labels, names = dict(ChainLink.objects.values_list("pk", "label")), {}
        at = {owner: _place_of(owner) for owner in owners}
        for name, model in PLACES.items():
            rows = model.objects.filter(
                pk__in={place for _, kind, place in at.values() if PLACE_FIELDS[kind] == name}
            )
            along = {"area": ["parent"], "school_class": ["school"]}.get(name)
            names |= {
                (name, row.pk): name_of(row) for row in (rows.select_related(*along) if along else rows)
            }
        return {
            owner: f"{labels[link]} {names.get((PLACE_FIELDS[kind], place), '')}"
            for owner, (link, kind, place) in at.items()
        }


def _place_of(owner: str) -> tuple[int, PlaceKind, Any]:
    """Return link, a kind of place and its key out of what :data:`OWNER` makes of a post."""
    link, *keys = owner.split(":")
    name, key = next(pair for pair in zip(PLACES, keys, strict=True) if pair[1])
    kind = next(kind for kind, field in PLACE_FIELDS.items() if field == name)
    return int(link), kind, key if name == "area" else int(key)


class AttendanceUndone:
    """Mixed into the attendance: a class's day is undone as a whole, unless somebody asked after a child or corrected it."""

    def footprints(self, rows: Sequence[Row], context: Context) -> list[Footprint]:
        """Return where it writes. A day's version is left alone: it only ever counts on."""
        found = {(row.found.school_class, row.found.date) for row in rows if row.is_written}
        with bulk.keys(SchoolClass, "id", {school_class for school_class, _ in found}) as keys:
            days = ClassDay.objects.filter(school_class__in=keys, term=context.term)
            wanted = [pk for pk, *at in days.values_list("pk", "school_class", "date") if tuple(at) in found]
        return [
            Footprint(ClassDay, "id", wanted, owner="id", derived=("version",), is_main=True),
            Footprint(Absence, "class_day_id", wanted, owner="class_day_id"),
        ]

    @transaction.atomic
    def undo_obstacles(self, owners: Collection[int], term: Term, written: Written) -> dict[int, str]:
        """None; what the days hold now is kept for :meth:`undone`."""
        with bulk.keys(ClassDay, "id", owners) as keys:
            self.classes = set(ClassDay.objects.filter(pk__in=keys).values_list("school_class", flat=True))
            self.entered = _entered(keys)
        return {}

    def owner_names(self, owners: Collection[int]) -> dict[int, str]:
        days = ClassDay.objects.filter(pk__in=owners).select_related("school_class__school")
        return {day.pk: f"{day.school_class.school} {day}" for day in days}

    def undone(self, owners: Collection[int], term: Term, *, why: str, by: User | None) -> None:
        """Keep what became otherwise of days that stay, and work out the runs of everybody concerned."""
        actor = by.as_actor(Permission.ENTER_ATTENDANCE) if by else SYSTEM
        with bulk.keys(ClassDay, "id", owners) as keys:
            days = ClassDay.objects.filter(pk__in=keys)
            days.update(version=F("version") + 1)
            there, now = set(days.values_list("pk", flat=True)), _entered(keys)
        changed = [
            (day, student, self.entered.get((day, student)), now.get((day, student)))
            for day, student in self.entered.keys() | now.keys()
            if day in there
        ]
        keep_changes(changed, actor)
        students = {student for day, student in self.entered if day in owners}
        recompute(classes=self.classes, term=term, by=actor, corrected=students)


def _entered(days) -> dict[tuple[int, int], Why]:
    """Return (day, child) -> why it was absent."""
    columns = ("class_day", "student", "reason", "excused")
    rows = Absence.objects.filter(class_day__in=days).values_list(*columns)
    return {(day, student): Why(*why) for day, student, *why in rows}
