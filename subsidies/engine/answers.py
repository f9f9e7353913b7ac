"""What the bureau may answer besides the figures a policy cannot do without: open ratios, amounts the document gives on average.

Unanswered, the policy stands as it is written. Answers are kept with the figures, under keys no parameter can have.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from subsidies.engine.amounts import Amount, Basis, Form
from subsidies.engine.funding import SOURCES, WHOLE, Funding
from subsidies.engine.rules import Figures, Policy, Rule

RATIO, AVERAGE = "ratio:", "average:"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio by which sources bear a cost, and which the document does not give (按相关比例): answered once for all its rules."""

    funding: Funding
    labels: tuple[str, ...]  # of the rules and treatments it is the ratio of

    @property
    def key(self) -> str:
        return key_of(self.funding)

    @property
    def label(self) -> str:
        return "、".join(SOURCES[source] for source in self.funding.sources)


def key_of(funding: Funding) -> str:
    """Under what a ratio is answered: the same sources in the same words are one ratio."""
    return f"{RATIO}{'+'.join(funding.sources)}:{funding.quote}"


def ratios_of(policy: Policy) -> tuple[Ratio, ...]:
    """The ratios a plan leaves open, answered or not, in its order."""
    found: dict[str, Ratio] = {}
    for label, funding in _fundings(policy):
        if funding.leaves_ratio_open:
            known = found.get(key_of(funding), Ratio(funding, ()))
            found[known.key] = replace(known, labels=(*known.labels, label))
    return tuple(found.values())


def _fundings(policy: Policy) -> list[tuple[str, Funding]]:
    treated = [(one.label, one.funding) for one in policy.treatments if one.funding]
    return [*((rule.label, rule.funding) for rule in policy.rules), *treated]


@dataclass(frozen=True, slots=True)
class Average:
    """An amount of which the document gives only the average; the bureau may decide another, else the average is paid."""

    rule: Rule
    amount: Amount

    @property
    def key(self) -> str:
        return average_key(self.rule, self.amount)

    @property
    def said_fen(self) -> int:
        """The average as the document says it."""
        return (self.amount.fen if self.amount.average_fen is None else self.amount.average_fen) or 0

    @property
    def is_decided(self) -> bool:
        return self.amount.average_fen is not None


def average_key(rule: Rule, amount: Amount) -> str:
    """Under what an average is answered: its rule, and of several amounts the term it begins with."""
    return f"{AVERAGE}{rule.code}" + (f":{amount.first_term}" if amount.first_term else "")


def averages_of(policy: Policy) -> tuple[Average, ...]:
    """The amounts a plan gives on average, in its order."""
    return tuple(
        Average(rule, amount)
        for rule in policy.rules
        for amount in rule.amounts
        if amount.basis is Basis.AVERAGE and amount.form is Form.YUAN
    )


def answers_in(figures: Figures) -> Figures:
    """What of the bureau's figures are such answers."""
    return {key: figure for key, figure in figures.items() if key.startswith((RATIO, AVERAGE))}


def answered(policy: Policy, figures: Figures) -> Policy:
    """The policy with what the bureau has answered in its place."""

    def filled(funding: Funding) -> Funding:
        return replace(funding, decided=_shares(funding, figures)) if funding.leaves_ratio_open else funding

    def of_rule(rule: Rule) -> Rule:
        amounts = tuple(_decided(rule, amount, figures) for amount in rule.amounts)
        return replace(rule, funding=filled(rule.funding), amounts=amounts)

    treatments = (replace(one, funding=one.funding and filled(one.funding)) for one in policy.treatments)
    return replace(policy, rules=tuple(map(of_rule, policy.rules)), treatments=tuple(treatments))


def _decided(rule: Rule, amount: Amount, figures: Figures) -> Amount:
    """The amount with what the bureau decided for the average the document gives."""
    if amount.basis is not Basis.AVERAGE or amount.form is not Form.YUAN:
        return amount
    if amount.average_fen is not None:
        amount = replace(amount, fen=amount.average_fen, average_fen=None)
    figure = figures.get(average_key(rule, amount))
    if not isinstance(figure, int) or figure <= 0:
        return amount
    return replace(amount, fen=figure, average_fen=amount.fen)


def _shares(funding: Funding, figures: Figures) -> tuple[int, ...]:
    """The shares answered for a ratio; none where nobody has, or what is there is no ratio of these sources."""
    figure = figures.get(key_of(funding))
    if not isinstance(figure, Mapping) or set(figure) != set(funding.sources):
        return ()
    shares = tuple(figure[source] or 0 for source in funding.sources)
    return shares if min(shares) >= 0 and sum(shares) == WHOLE else ()


def rests_on(policy: Policy, key: str | None = None) -> frozenset[str]:
    """What stored lines name whose cost no source bears yet because their ratio is open: of the ratio ``key``, or any."""
    names = set()
    for rule in policy.rules:
        for code, funding in (("", None), *((f"@{one.code}", one.funding) for one in policy.treatments)):
            borne = funding or rule.funding
            if borne.leaves_ratio_open and not borne.decided and key in (None, key_of(borne)):
                names.add(f"{rule.code}{code}")
    return frozenset(names)
