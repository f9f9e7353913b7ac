"""Who is suggested to teach where: facts and rules in, an explained plan out.

Pure and typed, without Django; docs/adr/0028 tells why the plan is solved exactly and what it is measured by.
"""

from .conflicts import Conflict
from .explain import Alternative, Explained, Open
from .facts import Facts, Post, PostKey, School, Teacher
from .moves import Move, Pair, TooLarge
from .rules import ALWAYS, Rule, Rules, Weights
from .solve import BASELINES, Figures, Plan, UnknownPin, make_plan, recheck

__all__ = [
    "ALWAYS", "BASELINES", "Alternative", "Conflict", "Explained", "Facts", "Figures", "Move", "Open", "Pair", "Plan", "Post", "PostKey",
    "Rule", "Rules", "School", "Teacher", "TooLarge", "UnknownPin", "Weights", "make_plan", "recheck",
]  # fmt: skip
