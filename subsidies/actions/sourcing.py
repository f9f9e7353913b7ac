"""Who bears what: the funding a policy gives each rule, and the shares of a batch's lines frozen from it."""

from collections.abc import Iterable, Iterator

from django.db import connection
from django.db.models import Count, Sum

from povertyedu import bulk
from povertyedu.orgs.models import Term
from subsidies import engine
from subsidies.enums import LineState, fund_sources
from subsidies.models import AdjustmentShare, Batch, Line, LineShare, PaidAdjustment, Policy
from subsidies.queries.earmarks import Need

from .policies import at_of, policies_for

UNSTATED = "unstated"
# One statement whatever the lines: every line takes the shares of its term, rule and amount, unless it has some.
_FREEZE = """
INSERT INTO subsidies_lineshare (line_id, source, amount_fen)
SELECT l.id, s.source, s.share_fen
FROM subsidies_line l
JOIN wanted_shares s ON s.term_id = l.term_id AND s.rule = l.rule AND s.amount_fen = l.amount_fen
WHERE l.batch_id = %s AND l.state IN ('listed', 'held', 'sent') AND s.share_fen > 0
  AND NOT EXISTS (SELECT 1 FROM subsidies_lineshare have WHERE have.line_id = l.id)
"""


class Fundings:
    """The funding of every rule in some terms, read once.

    A rule is looked for in the term's policy, and where that no longer has it in the newest published
    policy that does; what no policy knows is borne by nobody in particular ("unstated").
    """

    def __init__(self, terms: Iterable[str]):
        in_force = policies_for([Term(code=code) for code in set(terms)])  # a code is all that is asked
        self._at = {term: at_of(policy, term) for term, policy in in_force.items()}
        self._published: list[Policy] | None = None

    def split(self, term: str, rule: str, amount_fen: int) -> tuple[tuple[str, int], ...]:
        """Return the amount by source; the shares sum to it exactly."""
        everywhere = (engine.shares_of(rule, amount_fen, at) for at in self._candidates(term))
        return next((shares for shares in everywhere if shares is not None), ((UNSTATED, amount_fen),))

    def _candidates(self, term: str) -> Iterator[engine.At]:
        """Yield the term's policy, then every published one as it would be in ``term``, the newest first."""
        if term in self._at:
            yield self._at[term]
        if self._published is None:
            self._published = list(Policy.objects.published().order_by("-published_at", "-pk"))
        yield from (at_of(policy, term) for policy in self._published)


def needs_of(lines) -> dict[Need, int]:
    """Return what ``lines`` would take of each source for each programme, by the policies as they are now."""
    kinds = list(
        lines.order_by()
        .values_list("term_id", "rule", "programme_id", "amount_fen")
        .annotate(lines=Count("pk"))
    )
    fundings = Fundings(term for term, *_ in kinds)
    needs: dict[Need, int] = {}
    for term, rule, programme, fen, count in kinds:
        for source, share in fundings.split(term, rule, fen):
            if share:
                needs[Need(source, programme)] = needs.get(Need(source, programme), 0) + share * count
    return needs


def freeze_shares(batch: Batch) -> None:
    """Write the shares of those open lines of ``batch`` that have none yet, set-based."""
    without = Line.objects.open().filter(batch=batch, shares=None).order_by()
    kinds = list(without.values_list("term_id", "rule", "amount_fen").distinct())
    if not kinds:
        return
    fundings = Fundings(term for term, _, _ in kinds)
    wanted = [
        (term, rule, fen, source, share)
        for term, rule, fen in kinds
        for source, share in fundings.split(term, rule, fen)
    ]
    bulk.load(
        "wanted_shares", Line, ("term_id", "rule", "amount_fen"), wanted, extra="source varchar(30), share_fen bigint"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, [batch.pk])
        cursor.execute("DROP TABLE wanted_shares")


def freeze_adjustment(adjustment: PaidAdjustment) -> None:
    """Write who bears an adjustment: as the payments of the same money were borne, else as the policy says now.

    What comes back is cut by what each source has paid of that money and not got back yet.
    """
    money = {name: getattr(adjustment, name) for name in ("student_id", "term_id", "programme_id")}
    shares = dict(_borne_by(money)) if adjustment.paid_fen < 0 else {}
    if sum(shares.values()) >= -adjustment.paid_fen > 0:
        parts = zip(shares, engine.split(adjustment.paid_fen, list(shares.values())), strict=True)
    else:
        parts = Fundings([adjustment.term_id]).split(adjustment.term_id, adjustment.rule, adjustment.paid_fen)
    AdjustmentShare.objects.bulk_create(
        AdjustmentShare(adjustment=adjustment, source=source, amount_fen=fen) for source, fen in parts if fen
    )


def _borne_by(money: dict) -> list[tuple[str, int]]:
    """Return (source, fen) of what each source has paid of one money, less what came back, in the order of sources."""
    paid = LineShare.objects.filter(
        line__state=LineState.PAID, **{f"line__{name}": value for name, value in money.items()}
    )
    back = AdjustmentShare.objects.filter(**{f"adjustment__{name}": value for name, value in money.items()})
    sums: dict[str, int] = {}
    for rows in (paid, back):
        for source, fen in rows.order_by().values_list("source").annotate(fen=Sum("amount_fen")):
            sums[source] = sums.get(source, 0) + fen
    return [(code, sums[code]) for code, _ in fund_sources() if sums.get(code, 0) > 0]
