"""What became of children whom one list names and the other does not: recorded for many at once."""

import datetime as dt

from django.db import transaction

from povertyedu.audit.models import record_many
from povertyedu.workflow.flow import Actor
from students.enums import DisposalCode
from students.models import Disposal, TargetListEntry


@transaction.atomic
def dispose(*, by: Actor, rows, code: str, owner=None, note: str = "", on: dt.date) -> int:
    """Give every one of ``rows`` (lines of the list, or rows of a comparison) a disposal; return how many.

    A second disposal takes the place of the first; the log keeps both. ``owner`` is a Person or None.
    """
    rows = list(rows.select_related("disposal"))
    if not rows:
        return 0
    field = "entry" if isinstance(rows[0], TargetListEntry) else "row"
    label = DisposalCode(code).label
    changes = []
    for row in rows:
        old = row.disposal.get_code_display() if hasattr(row, "disposal") else ""
        changes.append(
            (row, {"处置": [old, label], "责任人": ["", owner.name if owner else ""], "说明": ["", note]})
        )
    Disposal.objects.bulk_create(
        [
            Disposal(**{field: row}, code=code, owner=owner, note=note, decided_on=on, decided_by=by.name)
            for row in rows
        ],
        update_conflicts=True,
        unique_fields=[field],
        update_fields=["code", "owner", "note", "decided_on", "decided_by"],
    )
    record_many(by, action="disposal.set", rows=changes)
    return len(rows)
