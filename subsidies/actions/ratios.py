"""资金分担比例: what the bureau answers where the document says only 按相关比例, and what money stands unearmarked until it does."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.db.models import Sum

from povertyedu.orgs.models import Term
from subsidies import engine
from subsidies.engine.amounts import percent
from subsidies.engine.answers import rests_on
from subsidies.engine.funding import SOURCES, WHOLE
from subsidies.enums import Kind
from subsidies.models import Entitlement, Policy

from .figures import WrongFigure
from .policies import pack_of, policies_for


def read_share(source: str, text: str) -> int:
    """Return a share in per cent as written, in hundredths of a per cent; raise WrongFigure."""
    try:
        share = Decimal(text.strip().removesuffix("%").strip()) * 100
    except InvalidOperation as error:
        raise WrongFigure(f"“{SOURCES[source]}”应为百分数，如 60，不能是“{text}”") from error
    if not share.is_finite() or not 0 <= share <= WHOLE or share != share.to_integral_value():
        raise WrongFigure(f"“{SOURCES[source]}”应为 0 至 100、至多两位小数的百分数，不能是“{text}”")
    return int(share)


def told(pack: engine.Policy) -> list[dict]:
    """Return every ratio that ``pack`` leaves open with what the bureau answered: {ratio, text, is_open}."""
    return [
        {"ratio": ratio, "text": _words(ratio.funding), "is_open": not ratio.funding.decided}
        for ratio in engine.ratios_of(pack)
    ]


def _words(funding: engine.Funding) -> str:
    shares = zip(funding.sources, funding.decided, strict=False)
    return "，".join(f"{SOURCES[source]} {percent(share)}" for source, share in shares)


def changes_between(pack: engine.Policy, old: Mapping, new: Mapping) -> list[dict]:
    """Return which ratios of ``pack`` differ, as the component ``diff`` takes them."""
    before, after = (told(engine.answered(pack, figures)) for figures in (old, new))
    return [
        {"label": f"资金分担比例：{now['ratio'].label}", "old": then["text"] or "待定", "new": now["text"] or "待定"}
        for then, now in zip(before, after, strict=True)
        if then["text"] != now["text"]
    ]  # fmt: skip


@dataclass(frozen=True)
class Unearmarked:
    """Money of some terms that no source bears because the bureau has not answered in what ratio."""

    fen: int
    labels: tuple[str, ...]  # of the ratios that are open
    policy: int | None = None  # the newest policy that leaves them open


def unearmarked(pack: engine.Policy, terms: Iterable[str]) -> Unearmarked:
    """Return what of the entitlements as they stand in ``terms`` rests on ratios that are open in ``pack``."""
    labels = tuple(row["ratio"].label for row in told(pack) if row["is_open"])
    owed = Entitlement.objects.filter(term__in=list(terms), rule__in=rests_on(pack)).exclude(kind=Kind.LOAN)
    return Unearmarked(
        owed.order_by().aggregate(fen=Sum("amount_fen", default=0))["fen"] if labels else 0, labels
    )


def unearmarked_in(terms: Iterable[str]) -> Unearmarked:
    """Return the same of each term by the policy that applies to it."""
    by_policy: dict[Policy, list[str]] = {}
    for term, policy in policies_for([Term(code=code) for code in terms]).items():
        by_policy.setdefault(policy, []).append(term)
    found = {policy.pk: unearmarked(pack_of(policy), of) for policy, of in by_policy.items()}
    labels = dict.fromkeys(label for one in found.values() for label in one.labels)
    newest = max((pk for pk, one in found.items() if one.labels), default=None)
    return Unearmarked(sum(one.fen for one in found.values()), tuple(labels), newest)
