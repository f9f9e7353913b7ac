"""Reads of batches, sheets and lines for their pages; each within what the reader may see."""

from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from students.models import BankAccount
from subsidies.enums import BatchState, LineState, SheetState
from subsidies.models import Batch, Line, SchoolSheet, SheetDecision

from .pages import page_by_key, whole

LINE_ORDER = ("sheet_id", "stage", "grade", "class_name", "student_name", "id")
_IN_ORDER = Q(state__in=[LineState.LISTED, LineState.SENT, LineState.PAID])
_ATTENTION = Q(state__in=[LineState.HELD, LineState.FAILED])


def batch_page(
    user, permission, *, state: str = "", sheet: str = "", line: str = "", after: str = ""
) -> tuple[list[Batch], str]:
    """Return a page of batches, newest first, each with ``own`` = schools, students and fen the reader sees of it.

    Each filter may be empty: ``state`` of the batch; ``sheet``, open batches where a sheet of the reader's is
    in that state; ``line``, held or failed, batches with a stuck line in that state.
    """
    found = Batch.objects.visible_to(user, permission).select_related("term", "follows").order_by("-pk")
    if state:
        found = found.filter(state=state)
    if sheet:
        sheets = SchoolSheet.objects.visible_to(user, permission).filter(state=sheet)
        found = found.filter(pk__in=sheets.values("batch"), state=BatchState.OPEN)
    if line:
        lines = Line.objects.visible_to(user, permission).stuck().filter(state=line)
        found = found.filter(pk__in=lines.order_by().values("batch"))
    if (key := whole(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found[:51])
    sums = {
        row["batch"]: row
        for row in SchoolSheet.objects.visible_to(user, permission)
        .filter(batch__in=page)
        .order_by()
        .values("batch")
        .annotate(
            schools=Count("pk"),
            waiting=Count("pk", filter=Q(state__in=[SheetState.DRAFT, SheetState.RETURNED])),
            people=Sum("students"),
            fen=Sum("amount_fen"),
        )
    }
    for batch in page:
        batch.own = sums.get(batch.pk)
    return page[:50], str(page[49].pk) if len(page) > 50 else ""


def figures_of(lines) -> dict:
    """Return what the strip above a queue shows of ``lines`` (not the removed), in one query; money in fen."""
    return (
        lines.in_list()
        .order_by()
        .aggregate(
            students=Count("student", distinct=True),
            lines=Count("pk"),
            fen=Coalesce(Sum("amount_fen"), 0),
            good=Count("student", distinct=True, filter=_IN_ORDER),
            good_fen=Coalesce(Sum("amount_fen", filter=_IN_ORDER), 0),
            attention=Count("student", distinct=True, filter=_ATTENTION),
            attention_fen=Coalesce(Sum("amount_fen", filter=_ATTENTION), 0),
        )
    )


def line_page(lines, *, after: str = "", everything: bool = False) -> tuple[list[Line], str]:
    """Return a page of lines with what a row shows; ``everything`` (print) returns all of them."""
    lines = lines.select_related("student", "programme", "sheet")
    if everything:
        return list(lines.order_by(*LINE_ORDER)), ""
    return page_by_key(lines, LINE_ORDER, after=after)


def sheets_of(batch: Batch, user, permission) -> list[SchoolSheet]:
    """Return the sheets of a batch the reader sees, with school, and how many children of each are held."""
    returned = SheetDecision.objects.filter(subject=OuterRef("pk"), new_state=SheetState.RETURNED).order_by(
        "-pk"
    )
    return list(
        batch.sheets.visible_to(user, permission)
        .select_related("school__area", "school__centre")
        .annotate(
            held=Count("lines__student", distinct=True, filter=Q(lines__state=LineState.HELD)),
            last_reason=Subquery(returned.values("reason")[:1]),
        )
        .order_by("school__area_id", "school__code")
    )


def lines_to_approve(batch: Batch):
    """Return the lines of the sheets that approval would take now."""
    return batch.lines.filter(sheet__state__in=[SheetState.REVIEWED, SheetState.APPROVED])


def approval_preview(batch: Batch) -> dict:
    """Return what approval would take now: totals of listed and held lines of reviewed sheets, and late schools."""
    lines = lines_to_approve(batch)
    late = batch.sheets.exclude(state__in=[SheetState.REVIEWED, SheetState.APPROVED])
    return {
        "listed": lines.listed().totals(),
        "held": lines.held().totals(),
        "late": late.count(),
        "schools": batch.sheets.count(),
    }


def payable_batches(user, permission) -> list[Batch]:
    """Return the batches finance works on, newest first, with their files, and what waits in each."""
    return list(
        Batch.objects.visible_to(user, permission)
        .filter(publicity_until__isnull=False)
        .exclude(state__in=["approved", "in_publicity"])
        .select_related("term")
        .prefetch_related("bank_files__returns", "bank_files__file")
        .annotate(
            ready=Count("lines", filter=Q(lines__state=LineState.LISTED)),
            ready_fen=Coalesce(Sum("lines__amount_fen", filter=Q(lines__state=LineState.LISTED)), 0),
            held=Count("lines", filter=Q(lines__state=LineState.HELD)),
            failed=Count("lines", filter=Q(lines__state=LineState.FAILED)),
            paid_fen=Coalesce(Sum("lines__amount_fen", filter=Q(lines__state=LineState.PAID)), 0),
        )
        .order_by("-pk")[:50]
    )


def holder_relation(line: Line) -> str:
    """Return what the holder of the line's account is to the child, as the school says; it decides nothing by itself."""
    account = BankAccount.objects.filter(student=line.student_id, number_hash=line.account_hash).first()
    return account.get_relation_display() if account and account.holder == line.account_holder else ""
