"""Why many records change at once: an import, its undo, a promotion. Said once, beside what changes.

The triggers that keep old values (:mod:`students.record_triggers`) write the open operation to what they keep.
It is seen by its own transaction alone: it is closed before that ends, and gone when that is rolled back.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import models, transaction

from .models import Operation


@contextmanager
def because(
    by, *, action: str, subject: models.Model, label: str = "", undoes: Operation | None = None
) -> Iterator[Operation]:
    """Hold an operation open for what is written inside; ``by`` has id, name, role and ip. Queries: two."""
    with transaction.atomic():
        operation = Operation.objects.create(
            by_id=by.id, by_name=by.name, by_role=by.role, ip=by.ip, action=action, label=label[:200],
            subject_type=subject._meta.label_lower, subject_id=str(subject.pk), undoes=undoes, is_open=True,
        )  # fmt: skip
        yield operation
        Operation.objects.filter(pk=operation.pk).update(is_open=False)


def last_operation(action: str, subject: models.Model) -> Operation | None:
    """Return the newest operation of ``action`` for ``subject``."""
    found = Operation.objects.filter(
        action=action, subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
    )
    return found.order_by("-pk").first()
