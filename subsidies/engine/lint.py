"""What a sound pack's author should look at again: rules that never win, parameters and facts nobody uses."""

from collections.abc import Iterator

from subsidies.engine.amounts import Amount, Form, Unit
from subsidies.engine.checks import stages_of
from subsidies.engine.facts import FACTS
from subsidies.engine.funding import Funding
from subsidies.engine.plan import pick_of
from subsidies.engine.rules import Pick, Policy, Rule, every_condition
from subsidies.engine.terms import Term

Warnings = Iterator[tuple[int, str]]  # (line, sentence)


def lint(policy: Policy) -> Warnings:
    """Warnings about what the pack itself wrote; what it includes has been looked at on its own."""
    own = [rule for rule in policy.rules if rule.pack == policy.name]
    yield from _unused(policy)
    for rule in own:
        yield from _stages(rule)
        yield from _weights(rule.funding, rule.line)
        yield from _never_asked(rule)
        yield from _always_yields(rule, policy)
        for other in policy.rules:
            rivals = other is not rule and rule.group is not None and other.group == rule.group
            if rivals and _beats(other, rule, pick_of(rule, policy)):
                yield (
                    rule.line,
                    f"规则“{rule.code}”在组“{rule.group}”里永远取不到：符合它的都符合“{other.code}”，后者总是优先",
                )
    yield from _units(policy, own)
    yield from _treatments(policy)


def _never_asked(rule: Rule) -> Warnings:
    """Conditions whose own terms lie outside those of their rule."""
    for condition in every_condition(rule):
        first, last = condition.first_term, condition.last_term
        before = last is not None and last < rule.first_term
        after = first is not None and rule.last_term is not None and rule.last_term < first
        if before or after:
            yield rule.line, f"规则“{rule.code}”的条件“{condition.wanted()}”在规则执行期内从不起作用"


def _always_yields(rule: Rule, policy: Policy) -> Warnings:
    for other in policy.rules_behind(rule.yields_to):
        in_force = other.first_term <= rule.first_term and _ends_with(other.last_term, rule.last_term)
        if in_force and _surely_given(other) and other.payer is rule.payer and _implied(rule, other):
            yield rule.line, f"规则“{rule.code}”永远取不到：符合它的都享受“{other.code}”，而它总要让位"


def _surely_given(rule: Rule) -> bool:
    """Whether whoever meets a rule gets it, whatever else is in the plan."""
    alone = rule.group is None and not rule.yields_to and rule.selection is None
    return (
        alone
        and bool(rule.amounts)
        and all(_plain(amount) and amount.unit in _EACH for amount in rule.amounts)
    )


_EACH = (Unit.YEAR, Unit.TERM, Unit.SCHOOL_YEAR)


def _treatments(policy: Policy) -> Warnings:
    asked = {
        str(value)
        for rule in policy.rules
        for condition in every_condition(rule)
        if condition.fact.name == "categories"
        for value in (*condition.any_of, *condition.all_of, *condition.none_of)
    }
    for treatment in policy.treatments:
        if asked.isdisjoint(treatment.adds):
            yield treatment.line, f"比照“{treatment.code}”增加的困难类别没有规则用到"
        if policy.first_term and treatment.last_term < policy.first_term:
            yield treatment.line, f"比照“{treatment.code}”在政策开始之前就已失效"


def _unused(policy: Policy) -> Warnings:
    used = {code for rule in policy.rules for code in (*rule.parameters, *rule.figures)}
    for parameter in policy.parameters:
        if parameter.pack == policy.name and parameter.code not in used:
            yield parameter.line, f"参数“{parameter.code}”没有规则用到"
    asked = {fact.name for fact in policy.facts}
    for fact in policy.declared_facts:
        if fact.pack == policy.name and fact.name not in asked:
            yield fact.line, f"声明的事实“{fact.name}”没有规则用到"
    programmes = {rule.programme for rule in policy.rules}
    for programme in policy.programmes:
        if programme.pack == policy.name and programme.code not in programmes:
            yield programme.line, f"项目“{programme.code}”没有规则"
    groups = {rule.group for rule in policy.rules}
    for group in policy.groups:
        if group.code not in groups:
            yield group.line, f"组“{group.code}”没有规则"


def _stages(rule: Rule) -> Warnings:
    named = {condition.fact.name for condition in every_condition(rule)}
    if "stage" not in named and stages_of(rule) == set(FACTS["stage"].choices):
        yield rule.line, f"规则“{rule.code}”没有写学段，各学段的学生都会享受"


def _weights(funding: Funding, line: int) -> Warnings:
    weights = funding.weights
    if weights and 6 <= max(weights) <= 10 and sum(weights) != 10:
        yield line, f"分担比例 {':'.join(map(str, weights))} 合计 {sum(weights)}，不是 10 成，请核对"


def _units(policy: Policy, own: list[Rule]) -> Warnings:
    """Groups that compare what is paid once with what is paid every year."""
    once = (Unit.ENTRY, Unit.ONCE)
    for code in sorted({rule.group for rule in own if rule.group}):
        members = [rule for rule in policy.rules if rule.group == code]
        units = {amount.unit in once for rule in members for amount in rule.amounts}
        if len(units) > 1 and pick_of(members[0], policy) is Pick.HIGHEST:
            yield members[0].line, f"组“{code}”里有一次性的和每年的金额，就高时按本学年的钱数比较"


def _beats(winner: Rule, loser: Rule, pick: Pick) -> bool:
    """Whether every child that meets the loser meets the winner and gets that; errs on the side of no."""
    if pick is Pick.CHOSEN or winner.selection is not None or winner.yields_to or not loser.amounts:
        return False
    if not winner.amounts or winner.payer is not loser.payer or not _implied(loser, winner):
        return False
    if winner.first_term > loser.first_term or not _ends_with(winner.last_term, loser.last_term):
        return False
    if pick is Pick.FIRST:
        return winner.line < loser.line and winner.pack == loser.pack and winner.amounts[0].form is Form.YUAN
    return _never_less(winner, loser)


def _ends_with(winner: Term | None, loser: Term | None) -> bool:
    return winner is None or (loser is not None and loser <= winner)


def _implied(narrow: Rule, wide: Rule) -> bool:
    """Whether whoever meets the narrow rule meets the wide one."""
    conditions = all(any(have.implies(want) for have in narrow.conditions) for want in wide.conditions)
    return conditions and (not wide.either or wide.either == narrow.either)


def _never_less(winner: Rule, loser: Rule) -> bool:
    """Whether the winner's figure is the higher in every term, or equal and first by code."""
    if any(not _plain(amount) for amount in (*winner.amounts, *loser.amounts)):
        return False
    if len({(amount.unit, amount.times) for amount in (*winner.amounts, *loser.amounts)}) > 1:
        return False
    least, most = min(a.fen or 0 for a in winner.amounts), max(a.fen or 0 for a in loser.amounts)
    return (-least, winner.code) < (-most, loser.code)


def _plain(amount: Amount) -> bool:
    return amount.form is Form.YUAN and not (amount.less or amount.only_above or amount.times_of)
