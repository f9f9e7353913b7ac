"""Saying which column of a file is which, and checking it again so."""

from django.db import transaction

from povertyedu.audit.models import record
from povertyedu.workbooks.headers import Vocabulary, normal_heading
from povertyedu.workflow.flow import Actor

from .aliases import headed_columns
from .models import HeadingAlias, ImportBatch

LONGEST_ALIAS = 40


@transaction.atomic
def choose_columns(
    *, batch: ImportBatch, choices: dict[str, dict], by: Actor, resource, remember: bool = False
) -> ImportBatch:
    """Keep what a person said of the headings; the check that follows reads by it.

    ``remember``: the headings that were not recognised become the county's own words for their columns.
    """
    told = {name: "不读取" if said.get("skip") else "已指定" for name, said in choices.items()}
    batch.step("map", choices=choices, error="", held="", go_on_reason="")
    record(by, action="import.columns", subject=batch, changes=told)
    if remember:
        for column, text in _new_words(batch, choices, resource):
            saved = HeadingAlias.objects.create(
                kind=batch.kind, column=column, text=text, normal=normal_heading(text), added_by=by.name[:60]
            )
            changes = {"kind": batch.kind, "column": column, "text": text}
            record(by, action="imports.alias", subject=saved, changes=changes)
    return batch


def _new_words(batch: ImportBatch, choices: dict[str, dict], resource) -> list[tuple[str, str]]:
    """Return (column, heading) of every chosen heading that leads nowhere yet; each heading once."""
    known, found = Vocabulary(headed_columns(resource)), {}
    for sheet in batch.sheet_list:
        columns = choices.get(sheet["name"], {}).get("columns") or {}
        for index, text, _, _ in sheet["headings"]:
            normal, column = normal_heading(text), columns.get(str(index))
            if column and normal and len(text) < LONGEST_ALIAS and not known.name_of(normal):
                found.setdefault(normal, (column, text))
    return list(found.values())
