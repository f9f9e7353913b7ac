"""Reads of suggested plans: moves by tab, figures against the plans made by hand, need by school before and after."""

from dataclasses import dataclass, replace

from django.db.models import Count, Q

from povertyedu.orgs.models import School
from teachers import planning
from teachers.enums.suggested import MoveState, RunState
from teachers.models import PlanRun

NAMES = {"need_first": "人工排法：先补最缺的", "distance_first": "人工排法：先就近"}
TABS = {
    "moves": "建议调动", "schools": "各校前后", "open": "没有补上的", "holds": "调整意见", "rules": "规则",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanFigures:
    """One line of the comparison. ``closed`` is places, ``percent`` of all places short; ``gap`` to the proved bound, None if unknown."""

    name: str
    points: int
    closed: int
    percent: str
    bare_closed: int
    km: int
    seconds: str
    gap: str


def with_counts(runs):
    """Annotate the number of moves that stand."""
    stand = Q(moves__state__in=[MoveState.PROPOSED, MoveState.PINNED, MoveState.ACCEPTED])
    return runs.annotate(move_count=Count("moves", filter=stand))


def figures_of(run: PlanRun) -> list[PlanFigures]:
    """Return the solver's figures and those of the plans made by hand, the solver's first."""
    result = run.result
    if not result or result["conflicts"]:
        return []
    lines = [("求解方案", result["figures"])]
    lines += [(NAMES[name], figures) for name, figures in result["baselines"].items()]
    bound, short = result["bound"], result["short"]
    return [
        PlanFigures(
            name, kept["points"], kept["moves"], f"{kept['moves'] / short:.1%}" if short else "—", kept["bare_closed"], kept["km"],
            f"{kept['seconds']:.1f}", f"{(bound - kept['points']) / bound:.2%}" if bound > 0 else "0.00%",
        )
        for name, kept in lines
    ]  # fmt: skip


def told_of(run: PlanRun) -> str:
    """Return in a sentence how good the plan is."""
    result = run.result
    if not result or result["conflicts"]:
        return ""
    if result["proved"]:
        return "已证明是这些规则下最好的方案。"
    return f"时限内没有证明最好：与理论上限相差不超过 {result['gap']:.2%}。可以加长时限重新求解。"


def schools_of(run: PlanRun) -> list[dict]:
    """Return need by school before and after, with the schools themselves; one query."""
    rows = run.result.get("schools", [])
    known = School.objects.in_bulk([row["school"] for row in rows])
    return [row | {"school": known[row["school"]]} for row in rows if row["school"] in known]


def open_of(run: PlanRun) -> list[dict]:
    """Return what stays open and why, with the schools; one query."""
    rows = run.result.get("open", [])
    known = School.objects.in_bulk([row["school"] for row in rows])
    found = [row | {"school": known[row["school"]]} for row in rows if row["school"] in known]
    return sorted(found, key=lambda row: (-row["places"], row["school"].pk))


def schools_named(keys: list[int]) -> dict[int, School]:
    """Return schools by key: their names are no secret to who plans."""
    return School.objects.in_bulk(keys)


def rules_told(run: PlanRun) -> list[tuple[str, str]]:
    """Return (rule, with its number or off) and the weights, as readers know them."""
    rules = planning.Rules.from_dict(run.rules)
    lines = []
    for rule in planning.Rule:
        if rule in planning.ALWAYS:
            continue
        is_on = replace(rules) != rules.without(rule)
        lines.append((rule.words, rules.says(rule) if is_on else "不启用"))
    w = rules.weights
    lines.append(
        (
            "得分",
            f"补一个缺额 {w.post}，偏远另加 {w.remote}，村小（教学点）另加 {w.village}，贫困村另加 {w.poor}，学科第一名教师另加 {w.bare}",
        )
    )
    lines.append(("扣分", f"每公里 {w.km}，派未表示愿去偏远的 {w.unwilling}"))
    return lines


def newest_of(run: PlanRun) -> PlanRun | None:
    """Return the plan that was solved again from this one, if any."""
    return run.solved_again.first() if run.state == RunState.REPLACED else None
