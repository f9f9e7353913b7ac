"""The subsidy engine: facts and dated, cited rules in, what a child is owed and why out.

Pure and typed, without Django; `docs/adr` tells why each distinct profile is decided once, and
`docs/policy-packs.md` what a rule may say.
"""

from subsidies.engine.amounts import Amount, Basis, Citation, Form, Unit
from subsidies.engine.answers import Average, Ratio, answered, answers_in, averages_of, ratios_of
from subsidies.engine.conditions import Condition
from subsidies.engine.decide import Award, Decider, Judgement, Line, decide, shares, shares_of
from subsidies.engine.examples import Failure, check_examples, worked_out
from subsidies.engine.explain import Alternative, Check, Finding, Promise, explain, promises
from subsidies.engine.fact_types import HOME, Fact, FactType, Profile, Value
from subsidies.engine.facts import FACTS, Measures, categories_mask
from subsidies.engine.funding import SOURCES, Funding
from subsidies.engine.located import PackError, Problem
from subsidies.engine.pack import Checkup, check_pack, load_pack
from subsidies.engine.plan import Plan, figure_facts, pick_of
from subsidies.engine.reckon import At
from subsidies.engine.rules import (
    Figures,
    Group,
    Kind,
    Parameter,
    ParameterKind,
    Payee,
    Payer,
    Pick,
    Policy,
    Programme,
    Rule,
    Selection,
    Treatment,
    Unpaid,
)
from subsidies.engine.shares import split, yuan
from subsidies.engine.terms import Term
from subsidies.engine.verdicts import Verdict
from subsidies.engine.words import CATEGORY_BITS, STAGES

__all__ = [
    "CATEGORY_BITS",
    "FACTS",
    "HOME",
    "SOURCES",
    "STAGES",
    "Alternative",
    "Amount",
    "At",
    "Average",
    "Award",
    "Basis",
    "Check",
    "Checkup",
    "Citation",
    "Condition",
    "Decider",
    "Fact",
    "FactType",
    "Failure",
    "Figures",
    "Finding",
    "Form",
    "Funding",
    "Group",
    "Judgement",
    "Kind",
    "Line",
    "Measures",
    "PackError",
    "Parameter",
    "ParameterKind",
    "Payee",
    "Payer",
    "Pick",
    "Plan",
    "Policy",
    "Problem",
    "Profile",
    "Programme",
    "Promise",
    "Ratio",
    "Rule",
    "Selection",
    "Term",
    "Treatment",
    "Unit",
    "Unpaid",
    "Value",
    "Verdict",
    "answered",
    "answers_in",
    "averages_of",
    "categories_mask",
    "check_examples",
    "check_pack",
    "decide",
    "explain",
    "figure_facts",
    "load_pack",
    "pick_of",
    "promises",
    "ratios_of",
    "shares",
    "shares_of",
    "split",
    "worked_out",
    "yuan",
]
