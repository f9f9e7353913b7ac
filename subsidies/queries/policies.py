"""Reads around policies: the packs there are, and how two texts differ."""

import datetime as dt
import difflib
import re
import tomllib
from functools import cache
from pathlib import Path

from django.db.models import QuerySet

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from povertyedu.orgs.models import Term as SchoolTerm
from subsidies import engine
from subsidies.models import Policy, Programme, WhatIfTerm

BUILT_IN = Path(__file__).resolve().parent.parent / "policies"


@cache
def built_in_titles() -> tuple[tuple[str, str], ...]:
    """Return (name, title) of the packs that come with the system."""
    packs = (
        (path.stem, tomllib.loads(path.read_text(encoding="utf-8-sig"))) for path in BUILT_IN.glob("*.toml")
    )
    return tuple(sorted((name, values.get("title", name)) for name, values in packs))


def term_of_day(day: dt.date) -> engine.Term:
    """Return the term a day belongs to: the last one begun by then, so that holidays belong to the term before them.

    Terms that are not named yet begin on their usual day. Raise ValueError, in a sentence, for a day of no year of ours.
    """
    begins = {}
    for code in (f"{day.year - 1:04}-autumn", f"{day.year:04}-spring", f"{day.year:04}-autumn"):
        try:
            begins[code] = SchoolTerm.defaults(code)["starts_on"]
        except ValueError:
            raise ValueError(f"日期“{day}”不在系统的年份里，请填 1950 年至 2199 年的日期。") from None
    begins |= dict(SchoolTerm.objects.filter(pk__in=begins).values_list("pk", "starts_on"))
    return engine.Term.parse(max((start, code) for code, start in begins.items() if start <= day)[1])


def read_on(text: str) -> tuple[engine.Term, dt.date | None]:
    """Read a term ("2020-autumn") or a day ("2020-10-08"): the term, and the day if it was one. Raise ValueError, in a sentence."""
    if text.endswith(("-spring", "-autumn")):
        return engine.Term.parse(text), None
    try:
        day = dt.date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(
            f"“{text[:20]}”既不是学期也不是日期：学期如 2020-autumn，日期如 2020-10-08，须是日历上有的一天。"
        )
    return term_of_day(day), day


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
