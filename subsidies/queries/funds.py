"""Reads of the money that came in."""

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce

from subsidies.models import FundReceipt

from .pages import whole

PAGE = 50


def receipt_page(receipts, *, after: str = "") -> tuple[list[FundReceipt], str]:
    """Return a page of ``receipts``, newest booked first, with programmes and reversals, and the next key or ""."""
    found = receipts.select_related("term", "reversal", "reverses").prefetch_related("programmes")
    if (key := whole(after)) is not None:
        found = found.filter(pk__lt=key)
    page = list(found.order_by("-pk")[: PAGE + 1])
    return page[:PAGE], str(page[PAGE - 1].pk) if len(page) > PAGE else ""


def figures_of(receipts) -> dict:
    """Return how many of ``receipts`` stand, of how many documents and sources, and their fen; one query."""
    return (
        receipts.standing()
        .order_by()
        .aggregate(
            count=Count("pk"),
            documents=Count("number", distinct=True),
            sources=Count("source", distinct=True),
            fen=Coalesce(Sum("amount_fen"), 0),
        )
    )
