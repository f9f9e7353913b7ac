"""小学送、中学接: receiving who was sent, and saying where the others are."""

from django.db import transaction
from django.utils import timezone

from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.orgs.models import School
from povertyedu.workflow.flow import Actor, StepRefused
from students.enums import ChangeCause
from students.models import Departure, Feeder

from .hardship import derive_categories, mark_changed
from .promotion_sql import make_received
from .terms import refuse_closed


@transaction.atomic
def receive(*, by: Actor, departures) -> int:
    """Enrol the children of ``departures`` (a queryset) who arrived at the school they were sent to; return how many."""
    chosen = list(departures.to_be_received().select_related("term", "to_school"))
    by_term: dict = {}
    for departure in chosen:
        if departure.to_school_id:
            by_term.setdefault(departure.term, []).append(departure)
    received = 0
    for term, rows in by_term.items():
        refuse_closed(term)
        students = [row.student_id for row in rows]
        with because(by, action="departure.receive", subject=term, label=str(term)):
            received += make_received([row.pk for row in rows])
            derive_categories(term, student_ids=students)
        mark_changed(term, students, ChangeCause.TRANSFER)
        record(by, action="departure.receive", subject=rows[0].to_school, changes={"rows": ["", len(rows)]})
    return received


@transaction.atomic
def answer(
    *,
    by: Actor,
    departure: Departure,
    destination: str,
    responsible: str,
    whereabouts: str = "",
    note: str = "",
) -> Departure:
    """Say where the child is, who answers for it, and what is being done; may be said again as things change."""
    departure = Departure.objects.select_for_update().get(pk=departure.pk)
    if not responsible.strip():
        raise StepRefused("请填写责任人：谁负责把这名学生找到、劝返或送到学校。")
    old = [departure.get_destination_display(), departure.responsible, departure.whereabouts]
    departure.destination, departure.whereabouts = destination, whereabouts.strip()
    departure.responsible, departure.note = responsible.strip(), note.strip()
    departure.answered_at, departure.answered_by = timezone.now(), by.name
    departure.save()
    new = [departure.get_destination_display(), departure.responsible, departure.whereabouts]
    changes = {
        name: [was, now]
        for name, was, now in zip(("destination", "responsible", "whereabouts"), old, new, strict=True)
        if was != now
    }
    record(by, action="departure.answer", subject=departure, changes=changes, reason=departure.note)
    return departure


@transaction.atomic
def set_feeder(*, by: Actor, from_school: School, to_school: School | None) -> None:
    """Set or take away the junior school of a primary school."""
    old = Feeder.objects.filter(from_school=from_school).select_related("to_school").first()
    if (old.to_school_id if old else None) == (to_school.pk if to_school else None):
        return
    if to_school is None:
        old.delete()
    else:
        Feeder.objects.update_or_create(from_school=from_school, defaults={"to_school": to_school})
    changes = {"to_school": [str(old.to_school) if old else "", str(to_school or "")]}
    record(by, action="feeder.set", subject=from_school, changes=changes)
