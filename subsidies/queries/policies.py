"""Reads around policies: the packs there are, and how two texts differ."""

import difflib
import tomllib
from functools import cache
from pathlib import Path

from django.db.models import QuerySet

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from subsidies.models import Policy, Programme, WhatIfTerm

BUILT_IN = Path(__file__).resolve().parent.parent / "policies"


@cache
def built_in_titles() -> tuple[tuple[str, str], ...]:
    """Return (name, title) of the packs that come with the system."""
    packs = (
        (path.stem, tomllib.loads(path.read_text(encoding="utf-8-sig"))) for path in BUILT_IN.glob("*.toml")
    )
    return tuple(sorted((name, values.get("title", name)) for name, values in packs))


def tried_terms(policy: Policy) -> QuerySet:
    """Return the terms of the last run over a policy, the newest first."""
    return WhatIfTerm.objects.filter(what_if__policy=policy).select_related("term", "what_if")


def township_names() -> dict[str, str]:
    """Return {code: name} of the townships."""
    return dict(Area.objects.filter(level=AreaLevel.TOWNSHIP).values_list("code", "name"))


def known_programmes() -> dict[str, str]:
    """Return {code: name} of the programmes that money is counted under, in their order."""
    return dict(Programme.objects.values_list("code", "name"))


def line_diff(old: str, new: str, around: int = 2) -> list[dict]:
    """Return the lines in which two texts differ and some around them: {mark, old, new, text}, a gap has mark "…"."""
    before, after = old.split("\n"), new.split("\n")
    groups = difflib.SequenceMatcher(None, before, after, autojunk=len(before) > 5000).get_grouped_opcodes(
        around
    )
    rows: list[dict] = []
    for group in groups:
        if rows:
            rows.append({"mark": "…", "old": "", "new": "", "text": ""})
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                pairs = zip(range(i1, i2), range(j1, j2), strict=True)
                rows += [{"mark": " ", "old": i + 1, "new": j + 1, "text": before[i]} for i, j in pairs]
                continue
            rows += [{"mark": "-", "old": i + 1, "new": "", "text": before[i]} for i in range(i1, i2)]
            rows += [{"mark": "+", "old": "", "new": j + 1, "text": after[j]} for j in range(j1, j2)]
    return rows
