"""Why this amount: the engine's findings for one enrolment, ready for the page and the command."""

from dataclasses import dataclass

from students.models import Enrolment
from subsidies import engine
from subsidies.queries import measures_of, profile_of


@dataclass(frozen=True)
class Explanation:
    """Every rule of a policy against one child in one term; amounts in fen."""

    enrolment: Enrolment
    pack: engine.Policy
    findings: list[engine.Finding]

    @property
    def awarded(self) -> list[engine.Finding]:
        return [finding for finding in self.findings if finding.amount_fen]

    @property
    def not_awarded(self) -> list[engine.Finding]:
        return [finding for finding in self.findings if not finding.amount_fen]

    @property
    def cash_fen(self) -> int:
        return sum(f.amount_fen for f in self.awarded if f.rule.kind == engine.Kind.CASH)

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
                    "amount_fen": finding.amount_fen,
                    "arithmetic": finding.arithmetic,
                    "outcome": finding.outcome,
                    "document": finding.rule.citation.document,
                    "clause": finding.rule.citation.clause,
                    "quote": finding.rule.citation.quote,
                    "shares_fen": dict(finding.shares),
                }
                for finding in self.findings
            ],
        }


def explain_enrolment(enrolment: Enrolment, pack: engine.Policy) -> Explanation:
    """Return why ``enrolment`` is owed what it is, by the very function that computes it."""
    findings = engine.explain(
        profile_of(enrolment), measures_of(enrolment), pack.rules, engine.Term.parse(enrolment.term_id)
    )
    return Explanation(enrolment, pack, findings)
