"""Why this amount, and why not: the engine's findings for one enrolment, ready for the page and the command."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from students.models import Enrolment
from subsidies import engine
from subsidies.queries import FactReader, Reading, measures_of, own_county, watched_programmes

# What nobody can bring about: a rule of another stage or year is not nearer for meeting all the rest.
FIXED = frozenset(engine.FACTS[name].label for name in ("stage", "grade"))


@dataclass(frozen=True)
class Missing:
    """A rule the child does not meet, and the conditions it fails."""

    finding: engine.Finding
    checks: tuple[engine.Check, ...]

    @property
    def is_for_others(self) -> bool:
        return any(check.label in FIXED for check in self.checks)


@dataclass(frozen=True)
class Explanation:
    """Every rule of a policy against one child in one term; amounts in fen."""

    enrolment: Enrolment
    pack: engine.Policy
    findings: list[engine.Finding]
    promises: list[engine.Promise] = field(default_factory=list)

    @property
    def awarded(self) -> list[engine.Finding]:
        return [finding for finding in self.findings if finding.amount_fen]

    @property
    def not_awarded(self) -> list[engine.Finding]:
        return [f for f in self.findings if not f.amount_fen and f.verdict != engine.Verdict.LOAN]

    @property
    def waiting(self) -> list[engine.Finding]:
        """What the child would get once somebody has said what is still open: a figure, a charge, a choice."""
        return [finding for finding in self.findings if finding.verdict.waits]

    @property
    def promised(self) -> list[engine.Unpaid]:
        """What the document promises such a child besides, says so of whom, and is not computed."""
        told = (promise.unpaid for promise in self.promises if promise.met)
        return [unpaid for unpaid in told if unpaid.stages or unpaid.conditions]

    @property
    def loans(self) -> list[engine.Finding]:
        """What the child may borrow: told, in no total."""
        return [finding for finding in self.findings if finding.verdict == engine.Verdict.LOAN]

    @property
    def cash_fen(self) -> int:
        return sum(f.amount_fen for f in self.awarded if f.rule.kind == engine.Kind.CASH)

    def by_kind(self) -> list[tuple[engine.Kind, list[engine.Finding], int]]:
        """Return (kind, findings, fen) of what is awarded: cash, waivers, in kind and loans are never added up."""
        order = list(engine.Kind)
        awarded = sorted([*self.awarded, *self.loans], key=lambda f: order.index(f.rule.kind))
        grouped = [(kind, list(found)) for kind, found in groupby(awarded, key=lambda f: f.rule.kind)]
        return [(kind, found, sum(f.amount_fen for f in found)) for kind, found in grouped]

    def beaten_by(self, finding: engine.Finding) -> list[engine.Finding]:
        """Return what the child would have had instead of ``finding``: all conditions met, but it went before them."""
        return [other for other in self.findings if other.other is finding.rule]

    def rule_by_rule(self) -> list[tuple[str, list[engine.Finding]]]:
        """Return every rule of the policy by what became of it, in the order a reader looks for it."""
        groups: dict[str, list[engine.Finding]] = {
            name: [] for name in ("享受", "符合条件", "待定", "不符合条件", "其他学段和年级", "本学期不执行")
        }
        for finding in self.findings:
            groups[self._group_of(finding)].append(finding)
        return [(name, found) for name, found in groups.items() if found]

    @staticmethod
    def _group_of(finding: engine.Finding) -> str:
        if finding.amount_fen or finding.verdict == engine.Verdict.LOAN:
            return "享受"
        if finding.verdict == engine.Verdict.NOT_IN_FORCE:
            return "本学期不执行"
        if finding.verdict == engine.Verdict.WAITING_FACT:
            return "待定"
        if finding.verdict.holds:
            return "符合条件"
        unmet = {check.label for check in finding.checks if not check.met}
        return "其他学段和年级" if unmet & FIXED else "不符合条件"

    def missing(self) -> list[Missing]:
        """Return what the child is short of for each rule of its stage that it does not meet, nearest first."""
        held = {finding.rule.programme for finding in self.awarded}
        near = [
            Missing(finding, tuple(check for check in finding.checks if not check.met))
            for finding in self.not_awarded
            if finding.verdict == engine.Verdict.UNMET and finding.rule.programme not in held
        ]
        return sorted((item for item in near if not item.is_for_others), key=lambda item: len(item.checks))

    def of_programme(self, code: str) -> list[engine.Finding]:
        return [finding for finding in self.findings if finding.rule.programme == code]

    def as_dict(self) -> dict:
        """Return the explanation as JSON: what other programs read."""
        return {
            "term": self.enrolment.term_id,
            "student": self.enrolment.student.name,
            "policy": self.pack.name,
            "amount_fen": sum(finding.amount_fen for finding in self.findings),
            "rules": [
                {
                    "rule": finding.rule.code,
                    "programme": finding.rule.programme,
                    "label": finding.rule.label,
                    "kind": str(finding.rule.kind),
                    "verdict": str(finding.verdict),
                    "conditions": [
                        {"wanted": check.wanted, "found": check.found, "met": check.met}
                        for check in finding.checks
                    ],
                    "alternatives": [
                        {"name": one.name, "held": one.held, "wanted": [check.wanted for check in one.checks]}
                        for one in finding.alternatives
                    ],
                    "amount_fen": finding.amount_fen,
                    "loan_fen": finding.loan_fen,
                    "payee": str(finding.rule.payee),
                    "treatment": finding.treatment.code if finding.treatment else None,
                    "arithmetic": finding.arithmetic,
                    "outcome": finding.outcome,
                    "document": finding.citation.document,
                    "clause": finding.citation.clause,
                    "quote": finding.citation.quote,
                    "shares_fen": dict(finding.shares),
                }
                for finding in self.findings
            ],
        }


def explain_enrolment(
    enrolment: Enrolment, pack: engine.Policy, figures: Mapping | None = None
) -> Explanation:
    """Return why ``enrolment`` is owed what it is, by the very function that computes it.

    ``figures``: the bureau's, of the policy. Raise FactUnread.
    """
    term = engine.Term.parse(enrolment.term_id)
    reading = Reading(enrolment.term_id, own_county(), figures or {}, watched_programmes(pack, term))
    wanted = [*pack.facts, *engine.figure_facts(pack, reading.figures)]
    profile = FactReader(wanted, reading).profiles(Enrolment.objects.filter(pk=enrolment.pk))[enrolment.pk]
    where = {"figures": reading.figures, "county": reading.county}
    findings = engine.explain(profile, measures_of(enrolment), pack, term, **where)
    return Explanation(enrolment, pack, findings, engine.promises(profile, pack, term, **where))
