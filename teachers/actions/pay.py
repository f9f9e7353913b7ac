"""Figures of pay: of civil servants as the county states them, of teachers one by one or by import."""

from collections.abc import Sequence

from django.db import transaction

from povertyedu.audit.models import record, record_many
from povertyedu.workflow.flow import Actor
from teachers.models import CivilPay, TeacherPay


@transaction.atomic
def keep_civil(*, by: Actor, figure: CivilPay) -> CivilPay:
    """Store a figure of civil servants, new or corrected."""
    old = CivilPay.objects.filter(pk=figure.pk).values_list("average_fen", flat=True).first()
    figure.validate_constraints()
    figure.save()
    record(by, action="pay.civil", subject=figure, changes={"average_fen": [old, figure.average_fen]})
    return figure


@transaction.atomic
def keep_pays(*, by: Actor, pays: Sequence[TeacherPay]) -> int:
    """Store what teachers were paid in a year, set-based; a later figure replaces an earlier one. No amount goes into the log."""
    TeacherPay.objects.bulk_create(
        pays,
        update_conflicts=True,
        unique_fields=["teacher", "year"],
        update_fields=["title", "total_fen"],
        batch_size=500,
    )
    stored = TeacherPay.objects.filter(
        year__in={p.year for p in pays}, teacher__in={p.teacher_id for p in pays}
    )
    rows = [(pay, {str(pay.year): [None, "已登记"]}) for pay in stored.select_related("teacher__person")]
    record_many(by, action="pay.teacher", rows=rows)
    return len(pays)
