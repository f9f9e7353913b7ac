"""Children of the county who study elsewhere, by where, and what the other county has said."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Term
from students.enums import AidedElsewhere, Place
from students.models import Enrolment
from subsidies.enums import CountyAnswer
from subsidies.models import Exchange, ExchangeLine
from subsidies.queries.coverage_rows import named_by_list

OPEN_ANSWERS = (AidedElsewhere.UNKNOWN, AidedElsewhere.TO_VERIFY)


def away_in(term: Term, *, user) -> QuerySet[Enrolment]:
    """Return the children in hardship, or on the province's list, who study away in ``term``; ``waits``: they are asked about."""
    rows = (
        Enrolment.objects.visible_to(user, P.ASK_COUNTIES).of(term).studying().exclude(place=Place.IN_COUNTY)
    )
    waits = ExchangeLine.objects.filter(enrolment=OuterRef("pk"), waits=True)
    return rows.filter(Q(categories__gt=0) | named_by_list(term)).annotate(waits=Exists(waits))


def to_ask(rows: QuerySet[Enrolment]) -> QuerySet[Enrolment]:
    """Narrow :func:`away_in` to those whose answer is open, whom no letter asks about, and who can be asked about by number."""
    return rows.filter(waits=False, aided_elsewhere__in=OPEN_ANSWERS, student__id_hash__isnull=False)


def regions_of(term: Term, *, user) -> list[dict]:
    """Return where children study away: region, children, answered, waiting, to ask, without an ID number; one query."""
    answered = Q(aided_elsewhere__in=[AidedElsewhere.YES, AidedElsewhere.NO])
    rest = ~answered & Q(waits=False)
    numbered = Q(student__id_hash__isnull=False)
    groups = (
        away_in(term, user=user)
        .order_by()
        .values("outside_region")
        .annotate(
            children=Count("pk"), answered=Count("pk", filter=answered), waiting=Count("pk", filter=~answered & Q(waits=True)),
            to_ask=Count("pk", filter=rest & numbered), unnumbered=Count("pk", filter=rest & ~numbered),
        )
        .order_by("outside_region")
    )  # fmt: skip
    return list(groups)


def exchanges_in(term: Term, *, user) -> QuerySet[Exchange]:
    """Return the letters of ``term``, newest first, with ``children`` and ``open`` (still waiting for an answer)."""
    rows = Exchange.objects.visible_to(user, P.ASK_COUNTIES).filter(term=term)
    return rows.annotate(children=Count("lines"), open=Count("lines", filter=Q(lines__waits=True)))


def answers_of(exchange: Exchange) -> dict[str, int]:
    """Return how many children of a list have which answer; "" for none yet."""
    counted = exchange.lines.order_by().values_list("answer").annotate(n=Count("pk"))
    found = dict(counted)
    return {answer: found.get(answer, 0) for answer in (*CountyAnswer.values, "")}


def last_answer(enrolment: Enrolment) -> ExchangeLine | None:
    """Return the newest answer a county of study gave about a child's term."""
    rows = ExchangeLine.objects.filter(enrolment=enrolment).exclude(answer="")
    return rows.select_related("exchange").order_by("-answered_on", "-pk").first()
