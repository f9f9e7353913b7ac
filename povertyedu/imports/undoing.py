"""How an import is undone: what is put back, what is left as it is and why; set-based."""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, models, transaction

from povertyedu import bulk
from povertyedu.bulk.snapshots import digests

from .images import Image, images_of
from .models import ImportBatch

TOUCHED = "导入后又有修改"
REFERRED = "导入后已有别的记录（如异动、批次、附件）与之相连"


@dataclass
class Table:
    """What an undo means for one table: images by key, and the digests of the rows as they are now."""

    model: type[models.Model]
    images: dict[Any, Image]
    now: dict[Any, str]
    is_main: bool

    def to_remove(self, plan: "UndoPlan") -> list:
        return [
            pk
            for pk, i in self.images.items()
            if i.old is None and pk in self.now and not plan.leaves(self, i)
        ]

    def to_restore(self, plan: "UndoPlan") -> list[Image]:
        kept = (i for i in self.images.values() if i.digest and i.old is not None)
        return [i for i in kept if not plan.leaves(self, i)]

    def to_bring_back(self, plan: "UndoPlan") -> list[Image]:
        return [i for i in self.images.values() if not i.digest and not plan.leaves(self, i)]

    def was_touched(self, image: Image) -> bool:
        digest = self.now.get(image.pk)
        if digest is None:
            return bool(image.digest) and image.old is not None
        return digest != image.digest


@dataclass
class UndoPlan:
    """``left_out``: owner -> reason; ``kept``: rows that owners share and that stay as they are."""

    tables: list[Table] = field(default_factory=list)
    left_out: dict[Any, str] = field(default_factory=dict)
    kept: set[tuple] = field(default_factory=set)  # (model, pk)
    names: dict[Any, str] = field(default_factory=dict)

    def leaves(self, table: Table, image: Image) -> bool:
        return image.owner in self.left_out or (table.model, image.pk) in self.kept

    @property
    def owners(self) -> set:
        every = {image.owner for table in self.tables for image in table.images.values()}
        return every - self.left_out.keys() - {None}

    @property
    def counts(self) -> dict[str, int]:
        """Return how many people (schools, areas) go again, are as before, and stay as the import left them."""
        made = {
            i.owner for table in self.tables if table.is_main for i in table.images.values() if i.old is None
        }
        owners = self.owners
        removed = len(owners & made)
        return {"removed": removed, "restored": len(owners) - removed, "left_out": len(self.left_out)}

    def left_out_list(self) -> list[tuple[str, str]]:
        return sorted(
            (self.names.get(owner, "（已不在档案中）"), why) for owner, why in self.left_out.items()
        )

    def left_out_json(self) -> str:
        return json.dumps(self.left_out_list(), ensure_ascii=False) if self.left_out else ""


@transaction.atomic
def plan_of(batch: ImportBatch, resource) -> UndoPlan:
    """Return what an undo of ``batch`` would do now; nothing is written. Queries: some for each table."""
    plan = UndoPlan()
    for kept in images_of(batch):
        images = {image.pk: image for image in kept.images}
        now = digests(kept.model, images, ignored=kept.derived)
        table = Table(kept.model, images, now, kept.is_main)
        plan.tables.append(table)
        for image in kept.images:
            if table.was_touched(image):
                _leave(plan, table, image, TOUCHED)
    written = {table.model: table.images.keys() for table in plan.tables}
    plan.left_out |= resource.undo_obstacles(plan.owners, batch.term, written)
    for owned in (True, False):  # a class stays where a child stays in it: the children first
        stays = None
        while stays != (
            stays := (len(plan.left_out), len(plan.kept))
        ):  # and a township where a village stays
            for table in plan.tables:
                _leave_what_is_referred_to(plan, table, owned=owned)
    plan.names = resource.owner_names(plan.left_out) if plan.left_out else {}
    return plan


def _leave(plan: UndoPlan, table: Table, image: Image, reason: str) -> None:
    if image.owner is None:
        plan.kept.add((table.model, image.pk))
    else:
        plan.left_out.setdefault(image.owner, reason)


def _leave_what_is_referred_to(plan: UndoPlan, table: Table, *, owned: bool) -> None:
    going = [pk for pk in table.to_remove(plan) if (table.images[pk].owner is not None) == owned]
    if not going:
        return
    for model, column in _referring(table.model, derived=False):
        gone = _going_or_moving(plan, model, column)
        with bulk.keys(model, column, going) as keys:
            found = model._base_manager.filter(**{f"{column}__in": keys}).values_list("pk", column)
            for pk, referred in found.iterator():
                if pk not in gone:
                    _leave(plan, table, table.images[referred], REFERRED)


def _going_or_moving(plan: UndoPlan, model: type[models.Model], column: str) -> set:
    """Return the rows of ``model`` that the undo removes, or whose ``column`` it puts back to another value."""
    gone = set()
    for table in plan.tables:
        if table.model is model:
            gone.update(table.to_remove(plan))
            gone.update(image.pk for image in table.to_restore(plan) if column in image.old)
    return gone


def _referring(model: type[models.Model], *, derived: bool) -> Iterator[tuple[type[models.Model], str]]:
    """Yield (model, attname) of the foreign keys to ``model``; ``derived``: those the database does not hold to."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            key, other = relation.field, relation.related_model
            if other._meta.managed and key.db_constraint != derived:
                yield other, key.attname


def carry_out(plan: UndoPlan, resource, batch: ImportBatch, progress) -> None:
    """Do what ``plan`` says. The caller holds the transaction in which it was made."""
    owners: Collection = plan.owners
    progress.expect(5)
    progress.reach(1, "正在移除新增的内容")
    removals = [(table, table.to_remove(plan)) for table in plan.tables]
    for table, pks in reversed(removals):
        if pks:
            _remove(table.model, pks)
    progress.reach(2, "正在恢复原来的内容")
    for table in plan.tables:
        _restore(table, table.to_restore(plan))
        _bring_back(table, table.to_bring_back(plan))
    progress.reach(4, "正在标记需要重算的学生")
    resource.undone(owners, batch.term, why=f"撤销导入“{batch.file.name[:50]}”", by=batch.by)


def _remove(model: type[models.Model], pks: list) -> None:
    for other, column in _referring(model, derived=True):
        with bulk.keys(other, column, pks) as keys:
            rows = other._base_manager.filter(**{f"{column}__in": keys})
            rows._raw_delete(rows.db)
    key = model._meta.pk.attname
    with bulk.keys(model, key, pks) as keys:
        rows = model._base_manager.filter(**{f"{key}__in": keys})
        rows._raw_delete(rows.db)


def _restore(table: Table, images: list[Image]) -> None:
    if images:
        bulk.overwrite(table.model, ((image.pk, image.old) for image in images))


def _bring_back(table: Table, images: list[Image]) -> None:
    if images:
        fields = table.model._meta.concrete_fields
        rows = ([image.old[f.attname] for f in fields] for image in images)
        with connection.cursor() as cursor:
            bulk.fill(cursor, table.model._meta.db_table, [f'"{f.column}"' for f in fields], rows)
