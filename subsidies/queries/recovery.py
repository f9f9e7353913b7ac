"""Reads of overpaid money and of its recovery, within what the reader may see."""

from django.db.models import Exists, OuterRef, QuerySet

from subsidies.enums import Kind, LineState
from subsidies.models import Balance, Line, Recovery

LONGEST = 500  # overpayments shown at once; they are worked off, not paged through


def overpaid(user, permission) -> QuerySet:
    """Return the balances of cash that is paid beyond what is due, with no recovery under way, newest term first."""
    money = {name: OuterRef(name) for name in ("student_id", "term_id", "programme_id")}
    paid = Line.objects.visible_to(user, permission).filter(**money, state=LineState.PAID)
    under_way = Recovery.objects.open().filter(**money)
    return (
        Balance.objects.filter(
            Exists(paid), ~Exists(under_way), outstanding_fen__lt=0, programme__kind=Kind.CASH
        )
        .select_related("student", "term", "programme")
        .order_by("-term__starts_on", "student__name", "student_id", "programme__position")
    )


def recoveries(user, permission, *, state: str = "") -> QuerySet:
    """Return recoveries with ``taken_fen``, newest first; ``state`` may be empty, for all."""
    found = Recovery.objects.visible_to(user, permission).with_taken()
    return found.filter(state=state) if state else found
