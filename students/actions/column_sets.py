"""列组合 kept by the bureau: made, copied, changed column by column, deleted; each change on record."""

from collections.abc import Sequence
from dataclasses import asdict

from django.db import IntegrityError, transaction

from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused
from students.models import ColumnSet
from students.models.column_sets import MOST_COLUMNS, Entry

TAKEN = "已有同名的列组合；请换个名称，或先删除原来的。"
CHANGED = "别人刚改过这个列组合，这次没有保存；请看现在的样子再改。"


@transaction.atomic
def make_set(*, by: Actor, name: str, columns: Sequence[Entry], has_title: bool = True) -> ColumnSet:
    """Save a new set. Refused when the name is taken or there are too many columns."""
    made = ColumnSet(name=name, has_title=has_title, updated_by=by.name)
    made.columns = _few(columns)
    _save(made.save)
    record(by, action="students.column_set", subject=made, changes={"columns": _told(columns)})
    return made


@transaction.atomic
def copy_set(*, by: Actor, of) -> ColumnSet:
    """Save a copy of ``of`` (a set or a preset) under a name of its own."""
    stem = f"{of.name[:32]} 副本"
    taken = set(ColumnSet.objects.filter(name__startswith=stem).values_list("name", flat=True))
    name = next(name for name in (stem, *(f"{stem}{n}" for n in range(2, 9999))) if name not in taken)
    return make_set(by=by, name=name, columns=of.columns, has_title=of.has_title)


@transaction.atomic
def change_set(
    *,
    by: Actor,
    found: ColumnSet,
    version: int,
    columns: Sequence[Entry] | None = None,
    name: str | None = None,
    has_title: bool | None = None,
) -> ColumnSet:
    """Write what is given over ``found`` as it was at ``version``. Refused when somebody else was faster."""
    wanted = {
        "entries": None if columns is None else [asdict(entry) for entry in _few(columns)],
        "name": name, "has_title": has_title, "version": version + 1, "updated_by": by.name,
    }  # fmt: skip
    values = {field: value for field, value in wanted.items() if value is not None}
    rows = ColumnSet.objects.filter(pk=found.pk, version=version)
    if not _save(lambda: rows.update(**values)):
        raise StepRefused(CHANGED)
    changes: dict = {} if columns is None else {"columns": _told(columns)}
    if name is not None and name != found.name:
        changes["name"] = [found.name, name]
    record(by, action="students.column_set", subject=found, changes=changes)
    found.refresh_from_db()
    return found


@transaction.atomic
def delete_set(*, by: Actor, found: ColumnSet) -> None:
    record(by, action="students.column_set_delete", subject=found, changes={"name": found.name})
    found.delete()


def moved(columns: Sequence[Entry], position: int, to: int) -> list[Entry]:
    """Return ``columns`` with the one at ``position`` (from 1) standing at ``to``, as near as there is room."""
    left = list(columns)
    entry = left.pop(position - 1)
    left.insert(max(to, 1) - 1, entry)
    return left


def _few(columns: Sequence[Entry]) -> Sequence[Entry]:
    if len(columns) > MOST_COLUMNS:
        raise StepRefused(f"一个列组合最多 {MOST_COLUMNS} 列；请先删除不用的列。")
    return columns


def _told(columns: Sequence[Entry]) -> list[str]:
    return [entry.heading for entry in columns]


def _save(write):
    """Call ``write``; a name somebody took a moment ago is refused with a sentence."""
    try:
        with transaction.atomic():
            return write()
    except IntegrityError as error:
        raise StepRefused(TAKEN) from error
