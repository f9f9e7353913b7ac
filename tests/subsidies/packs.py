"""The packs that come with the system, and what they give a child written by hand."""

from functools import cache
from pathlib import Path

import pytest

from subsidies.engine import Decider, Measures, Policy, Term, categories_mask, load_pack

REPOSITORY = Path(__file__).parents[2]
POLICIES = REPOSITORY / "subsidies/policies"
COUNTIES = ("guiding", "linxia", "yizhang", "suizhou", "anhui_city", "nanchang", "luxi")  # plans of one place
PACKS = (*COUNTIES, "national")


def library(name: str) -> str:
    return (POLICIES / f"{name}.toml").read_text(encoding="utf-8")


@cache
def pack(name: str) -> Policy:
    return load_pack(POLICIES / f"{name}.toml", library=library)


@cache
def decider(name: str, term: str) -> Decider:
    return Decider(pack(name), Term.parse(term))


def profile(child: dict) -> dict:
    """A child as a profile: categories and tags, written as lists, as the engine holds them."""
    facts = {name: value for name, value in child.items() if name != "meal_days" and value is not None}
    facts["categories"] = categories_mask(child.get("categories", []))
    facts["school_tags"] = frozenset(child.get("school_tags", []))
    return facts


def gives(name: str, term: str = "2020-autumn", /, *, figures: dict | None = None, **child) -> dict[str, int]:
    """{programme: fen of the term} that a pack gives a child."""
    deciding = (
        decider(name, term) if figures is None else Decider(pack(name), Term.parse(term), figures=figures)
    )
    measures = Measures(child.get("meal_days", 100))
    lines = deciding.lines(deciding.values(profile(child)), measures)
    return {line.programme: line.amount_fen for line in lines}


def year_yuan(name: str, **child) -> int:
    """What the school year 2019-2020 comes to, in yuan."""
    terms = [gives(name, term, **child) for term in ("2019-autumn", "2020-spring")]
    return sum(sum(term.values()) for term in terms) // 100


def shared(path: str) -> Path:
    """A document of the shared material; skips where it does not lie beside the repository."""
    found = REPOSITORY.parent / "shared" / path
    if not found.exists():
        pytest.skip(f"{path} of the shared documents is not beside the repository")
    return found
