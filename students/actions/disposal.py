"""What became of children whom one list names and the other does not: recorded for many at once.

A second disposal takes the place of the first, as a new row: of several about one person the newest counts.
"""

import datetime as dt

from django.db import transaction

from povertyedu.audit.models import record_many
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.enums import DisposalCode
from students.models import Disposal, TargetListEntry


@transaction.atomic
def dispose(*, by: Actor, rows, code: str, owner=None, note: str = "", on: dt.date) -> int:
    """Give every one of ``rows`` (lines of the list, or rows of a comparison) a disposal; return how many.

    The log keeps what was said before. ``owner`` is a Person or None.
    """
    of_list = rows.model is TargetListEntry
    rows = rows if of_list else rows.select_related("comparison")
    found = list(rows.select_for_update(of=("self",)).order_by("pk"))
    field = "entry" if of_list else "row"
    old = Disposal.objects.filter(**{f"{field}__in": found})
    before = {getattr(disposal, f"{field}_id"): disposal for disposal in old}
    old.delete()
    said = {"code": code, "owner": owner, "note": note, "decided_on": on, "decided_by": by.name}
    Disposal.objects.bulk_create(
        Disposal(
            **{field: row}, id_hash=row.id_hash, term_id=row.term_id if of_list else row.comparison.term_id, **said
        )
        for row in found
    )  # fmt: skip
    _log(by, [(row, before.get(row.pk)) for row in found], said)
    return len(found)


@transaction.atomic
def dispose_people(
    *, by: Actor, term: Term, people: dict, code: str, owner=None, note: str = "", on: dt.date
) -> int:  # fmt: skip
    """Give people whom no line of a list and no comparison stands for a disposal in ``term``; return how many.

    ``people`` is ID hash -> the row that names the person in the log.
    """
    Term.objects.select_for_update().get(pk=term.pk)
    old = Disposal.objects.filter(term=term, id_hash__in=people, entry=None, row=None)
    before = {disposal.id_hash: disposal for disposal in old}
    old.delete()
    said = {"code": code, "owner": owner, "note": note, "decided_on": on, "decided_by": by.name}
    Disposal.objects.bulk_create(Disposal(term=term, id_hash=id_hash, **said) for id_hash in people)
    _log(by, [(row, before.get(id_hash)) for id_hash, row in people.items()], said)
    return len(people)


def _log(by: Actor, pairs, said: dict) -> None:
    owner = said["owner"].name if said["owner"] else ""
    label = DisposalCode(said["code"]).label
    changes = [
        (row, {"处置": [old.get_code_display() if old else "", label], "责任人": ["", owner], "说明": ["", said["note"]]})
        for row, old in pairs
    ]  # fmt: skip
    record_many(by, action="disposal.set", rows=changes)
