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
from subsidies.engine.examples import check_examples
from subsidies.engine.facts import CATEGORY_BITS, FACTS, STAGES, Measures, Profile, categories_mask
from subsidies.engine.located import PackError
from subsidies.engine.pack import load_pack
from subsidies.engine.rules import SOURCES, Kind, Policy, Programme, Rule
from subsidies.engine.shares import split
from subsidies.engine.terms import Term

__all__ = [
    "CATEGORY_BITS",
    "FACTS",
    "SOURCES",
    "STAGES",
    "Award",
    "Check",
    "Decider",
    "Finding",
    "Kind",
    "Line",
    "Measures",
    "PackError",
    "Policy",
    "Profile",
    "Programme",
    "Rule",
    "Term",
    "Verdict",
    "categories_mask",
    "check_examples",
    "decide",
    "explain",
    "load_pack",
    "scale",
    "split",
    "yuan",
]
