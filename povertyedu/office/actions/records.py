"""Storing one row of the county's own lists, with what changed."""

from django.db import transaction
from django.db.models import Model

from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor


@transaction.atomic
def store(row: Model, *, by: Actor) -> Model:
    """Save a new or edited row and record what changed; nothing is written when nothing did.

    Raise IntegrityError when somebody else has just stored the same.
    """
    new = row._state.adding
    kind = row._meta.model_name
    before = None if new else type(row)._default_manager.select_for_update().get(pk=row.pk)
    changes = changes_between(before, row)
    if not (new or changes):
        return row
    row.save(force_insert=new)
    record(by, action=f"{kind}.{'create' if new else 'update'}", subject=row, changes=changes)
    return row


@transaction.atomic
def remove(row: Model, *, by: Actor) -> None:
    """Delete a row that nothing stands on, keeping its values in the log."""
    changes = {name: [new, old] for name, (old, new) in changes_between(None, row).items()}
    record(by, action=f"{row._meta.model_name}.delete", subject=row, changes=changes)
    row.delete()
