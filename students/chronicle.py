"""A child's record walked backwards: from what it says now through every old value that was kept.

What the database kept (:class:`~students.models.RecordVersion`) is laid over the rows as they are now, newest
first; stopped at a moment, that is the record as it was then. Some queries, the same however much was changed.
"""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q, prefetch_related_objects

from povertyedu.audit.models import Operation
from povertyedu.orgs.models import SchoolClass
from povertyedu.sealing import unseal

from .enums import RecordTable, VersionKind
from .models import BankAccount, Enrolment, Guardian, HardshipStatus, PairDecision, RecordVersion, Student
from .record_triggers import MODELS

GONE_CLASS = "（已撤的班级）"  # undoing an import takes the classes it made away
Key = tuple[str, int]  # table, row
Columns = dict[str, Any]


@dataclass(frozen=True)
class Change:
    """One row before and after one operation; None: it was not there."""

    key: Key
    before: Columns | None
    after: Columns | None


@dataclass
class Then:
    """A child's record at a moment, as rows that were never saved so."""

    student: Student
    enrolments: list[Enrolment]
    hardships: list[HardshipStatus]


class Chronicle:
    """The rows of one child, moved back in time by :meth:`back_to`; only ever backwards."""

    def __init__(self, student: Student):
        self.student_pk = student.pk
        self.own = {student.pk, *student.merged.values_list("pk", flat=True)}
        # What a merge that was taken back had moved lies with the other record again.
        family = self.own | _once_merged(student)
        own = list(RecordVersion.objects.of(family, []))
        numbers = set(Student.objects.filter(pk__in=family).values_list("id_hash", flat=True))
        numbers |= {_old(v).get("id_hash") for v in own if v.source == RecordTable.STUDENT}
        numbers -= {None, ""}
        of_lists = list(RecordVersion.objects.of([], numbers)) if numbers else []
        self.versions = sorted([*own, *of_lists], key=lambda version: -version.pk)
        self.rows = self._now(family, numbers)

    def _now(self, family: set[int], numbers: set[str]) -> dict[Key, Columns]:
        touched: dict[str, set[int]] = {}
        for version in self.versions:
            touched.setdefault(version.source, set()).add(version.row_id)
        rows = {}
        for source, label in MODELS.items():
            model = apps.get_model(label)
            mine = {"student": Q(pk__in=family), "hardship": Q(id_hash__in=numbers)}.get(
                source, Q(student__in=family)
            )
            names = [f.attname for f in model._meta.concrete_fields]
            for columns in model._base_manager.filter(mine | Q(pk__in=touched.get(source, ()))).values(
                *names
            ):
                rows[source, columns["id"]] = columns
        return rows

    def steps(self) -> Iterator[tuple[RecordVersion, Change]]:
        """Go back one kept change at a time, newest first, and yield each."""
        while self.versions:
            version = self.versions[0]
            key = (version.source, version.row_id)
            after = self.rows.get(key)
            before = _before(version, after)
            if before is None:
                self.rows.pop(key, None)
            else:
                self.rows[key] = before
            self.versions = self.versions[1:]
            yield version, Change(key, before, after)

    def is_own(self, version: RecordVersion) -> bool:
        """Whether a version is of this child, not only of one it was once merged with."""
        return version.student_id is None or version.student_id in self.own

    def back_to(self, moment: dt.datetime) -> Then | None:
        """Return the record as it was at ``moment``; None: it was not on file yet."""
        steps = self.steps()
        while self.versions and self.versions[0].at > moment:
            next(steps)
        return self._then(moment)

    def _then(self, moment: dt.datetime) -> Then | None:
        columns = self.rows.get((RecordTable.STUDENT, self.student_pk))
        if columns is None or columns["created_at"] > moment:
            return None
        student = _instance(Student, columns)
        mine = {source: self._mine(source) for source in ("guardian", "account", "enrolment")}
        for name, source, model in (
            ("guardian", "guardian", Guardian),
            ("bank_account", "account", BankAccount),
        ):
            found = [_instance(model, row) for row in mine[source]]
            student._state.fields_cache[name] = found[0] if found else None
        enrolments = [_instance(Enrolment, row) for row in mine["enrolment"]]
        prefetch_related_objects(enrolments, "term", "school")
        classes = SchoolClass.objects.in_bulk({row.school_class_id for row in enrolments} - {None})
        for enrolment in enrolments:
            enrolment.student = student
            if pk := enrolment.school_class_id:
                enrolment.school_class = classes.get(pk) or SchoolClass(pk=pk, name=GONE_CLASS)
        hardships = [_instance(HardshipStatus, row) for row in self._hardships()]
        prefetch_related_objects(hardships, "household__area", "last_term")
        return Then(student, enrolments, hardships)

    def _mine(self, source: str) -> list[Columns]:
        return [
            row for (of, _), row in self.rows.items() if of == source and row["student_id"] == self.student_pk
        ]

    def _hardships(self) -> list[Columns]:
        students = [row for (source, _), row in self.rows.items() if source == RecordTable.STUDENT]
        family = [r for r in students if self.student_pk in (r["id"], r["merged_into_id"])]
        numbers = {row["id_hash"] for row in family} - {None}
        rows = [row for (source, _), row in self.rows.items() if source == RecordTable.HARDSHIP]
        return sorted(
            (row for row in rows if row["id_hash"] in numbers),
            key=lambda row: (-row["since"].toordinal(), row["category"]),
        )


def _once_merged(student: Student) -> set[int]:
    merges = PairDecision.objects.filter(
        Q(subject__first=student) | Q(subject__second=student), verb="confirm"
    ).values_list("subject__first", "subject__second")
    return {pk for pair in merges for pk in pair}


def kept_since() -> dt.datetime | None:
    """Return since when old values are kept; None: since ever."""
    return Operation.objects.filter(action="history.begin").values_list("at", flat=True).last()


def _old(version: RecordVersion) -> dict:
    return json.loads(version.old)


def _before(version: RecordVersion, after: Columns | None) -> Columns | None:
    """Return the row before ``version``, of which ``after`` is what it said next."""
    if version.kind == VersionKind.ADDED:
        return None
    model = apps.get_model(MODELS[version.source])
    old = {name: _read(model, name, value) for name, value in _old(version).items() if name}
    if version.kind == VersionKind.REMOVED:
        return {f.attname: None for f in model._meta.concrete_fields} | {"id": version.row_id} | old
    return (after or {"id": version.row_id}) | old


def _read(model: type[models.Model], name: str, value):
    """Return a value as Python has it, from the JSON that triggers wrote."""
    kept = model._meta.get_field(name)
    if kept.get_internal_type() == "BinaryField":
        return unseal(bytes.fromhex(value)) if value else ""
    if value is None:
        return None
    if isinstance(kept, models.DateField):
        return dt.date.fromisoformat(value)
    return bool(value) if isinstance(kept, models.BooleanField) else value


def _instance(model: type[models.Model], columns: Columns):
    names = [f.attname for f in model._meta.concrete_fields]
    return model.from_db("default", names, [columns[name] for name in names])
