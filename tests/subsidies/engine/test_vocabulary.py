"""The engine knows no Django, so it spells codes and words out; they are those of the enums that are stored."""

import ast
from pathlib import Path

import pytest

import subsidies.engine
from povertyedu.orgs.enums import Ownership, Setting, Stage
from students.enums import AidedElsewhere, ExitStatus, HardshipCategory, Hukou, Place, Sex
from subsidies.engine import CATEGORY_BITS, FACTS, Kind
from subsidies.engine.words import (
    ANSWERS,
    CATEGORIES,
    EXIT_STATUSES,
    HOUSEHOLDS,
    OWNERSHIPS,
    PLACES,
    SETTINGS,
    SEXES,
    STAGES,
)
from subsidies.enums import Kind as StoredKind

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("words", "enum"),
    [
        (STAGES, Stage),
        (OWNERSHIPS, Ownership),
        (SETTINGS, Setting),
        (PLACES, Place),
        (ANSWERS, AidedElsewhere),
        (HOUSEHOLDS, Hukou),
        (SEXES, Sex),
        (EXIT_STATUSES, ExitStatus),
    ],
)
def test_codes_and_words_are_those_that_are_stored(words, enum):
    assert dict(words) == dict(enum.choices)


def test_categories_are_the_stored_bits():
    assert dict(CATEGORY_BITS) == {category.name.lower(): category.value for category in HardshipCategory}
    assert list(CATEGORIES.values()) == HardshipCategory.labels


def test_kinds_are_those_that_are_stored():
    assert {kind.value: kind.label for kind in Kind} == dict(StoredKind.choices)


def test_every_fact_that_packs_are_told_of_is_registered():
    table = (ROOT / "docs/policy-packs.md").read_text(encoding="utf-8").split("## Facts")[1]

    assert [name for name in FACTS if name not in table] == []


def test_the_engine_imports_only_itself_and_the_standard_library():
    outside = set()
    for module in Path(subsidies.engine.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            outside |= {name for name in names if name.split(".")[0] in {"django", "povertyedu", "students"}}
            outside |= {name for name in names if name.startswith("subsidies") and ".engine" not in name}
    assert outside == set()
