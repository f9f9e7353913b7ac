"""The subsidy engine: facts and dated, cited rules in, what a child is owed and why out.

Pure and typed, without Django; `docs/adr` tells why each distinct profile is decided once.
"""

from subsidies.engine.decide import (
    Award,
    Check,
    Decider,
    Finding,
    Line,
    Verdict,
    decide,
    explain,
    scale,
    yuan,
)
from subsidies.engine.facts import CATEGORY_BITS, FACTS, Measures, Profile, categories_mask
from subsidies.engine.rules import SOURCES, Kind, Policy, Programme, Rule
from subsidies.engine.shares import split
from subsidies.engine.terms import Term

__all__ = [
    "CATEGORY_BITS",
    "FACTS",
    "SOURCES",
    "Award",
    "Check",
    "Decider",
    "Finding",
    "Kind",
    "Line",
    "Measures",
    "Policy",
    "Profile",
    "Programme",
    "Rule",
    "Term",
    "Verdict",
    "categories_mask",
    "decide",
    "explain",
    "scale",
    "split",
    "yuan",
]
