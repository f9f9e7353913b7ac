"""What a pack that reads well may still have wrong: references, circles, dates, two lines of one programme."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations, product

from subsidies.engine.amounts import Amount, Form
from subsidies.engine.conditions import Condition, contradiction
from subsidies.engine.facts import FACTS
from subsidies.engine.funding import Funding
from subsidies.engine.located import Table, suggest
from subsidies.engine.plan import Circle, settle_order
from subsidies.engine.rules import (
    Group,
    Kind,
    Parameter,
    ParameterKind,
    Policy,
    Programme,
    Rule,
    Treatment,
    Unpaid,
    every_condition,
)
from subsidies.engine.shares import yuan
from subsidies.engine.terms import Term

Tables = dict[str, list[Table]]
_CODE = re.compile(r"[\w.-]+")
_LONGEST = {"rule": 35, "treat": 24}  # a stored line names both, in 60 characters
_Coded = Programme | Parameter | Unpaid | Group | Treatment | Rule


def check_policy(policy: Policy, tables: Tables) -> None:
    """Report every such problem at the table it stands in."""
    own = [rule for rule in policy.rules if rule.pack == policy.name][-len(tables["rule"]) :]
    written = list(zip(tables["rule"], own, strict=False)) if tables["rule"] else []
    _check_unique(policy, tables)
    for table, rule in written:
        _check_references(table, rule, policy)
        _check_terms(table, rule, policy)
        _check_amounts(table, rule)
        _check_funding(table.inner("funding", {}), rule.funding, rule, policy)
        if not any(_possible(rule)):
            table.report("这条规则的条件互相矛盾，没有人能符合", "when")
    _check_examples(policy, tables["example"])
    if not any(table.source.problems for table, _ in written):
        _check_circles(written, policy)
    _check_pairs(written, policy)


def _check_unique(policy: Policy, tables: Tables) -> None:
    kinds: dict[str, tuple[_Coded, ...]] = {
        "programme": policy.programmes,
        "parameter": policy.parameters,
        "unpaid": policy.unpaid,
        "group": policy.groups,
        "treat": policy.treatments,
        "rule": policy.rules,
    }
    for key, parts in kinds.items():
        own = parts[len(parts) - len(tables[key]) :]
        first: dict[str, str] = {one.code: "所包含的政策包里" for one in parts[: len(parts) - len(own)]}
        longest = _LONGEST.get(key, 60)
        for table, one in zip(tables[key], own, strict=True):
            if one.code and (len(one.code) > longest or not _CODE.fullmatch(one.code)):
                table.report(
                    f"代码“{one.code}”只能用字母、数字、下划线、点和短横，不超过 {longest} 个", "code"
                )
            if key == "programme" and len(one.label) > 60:
                table.report("项目名称不超过 60 个字", "label")
            if one.code in first:
                table.report(f"代码“{one.code}”已在{first[one.code]}用过", "code")
            first.setdefault(one.code, f"第 {table.line} 行")


def _check_references(table: Table, rule: Rule, policy: Policy) -> None:
    programmes = {programme.code: programme for programme in policy.programmes}
    programme = programmes.get(rule.programme)
    if rule.programme and programme is None:
        table.report(f"没有项目“{rule.programme}”，{suggest(rule.programme, programmes)}", "programme")
    for code in rule.parameters:
        if code not in policy.parameter_of:
            table.report(f"没有参数“{code}”，{suggest(code, policy.parameter_of)}", "parameters")
    for code in rule.yields_to:
        if code not in policy.rule_of and code not in programmes:
            table.report(
                f"没有规则或项目“{code}”，{suggest(code, [*policy.rule_of, *programmes])}", "yields_to"
            )
    for amount in rule.amounts:
        _check_amount_references(table, rule, amount, policy)
    if rule.selection is not None and rule.selection.parameter:
        _check_figure(table, "selection", rule.selection.parameter, ParameterKind.PLACES, policy)
    for condition in every_condition(rule):
        if (
            programme
            and condition.fact.name == "stage"
            and not set(condition.any_of) <= set(programme.stages)
        ):
            table.report(f"规则的学段超出项目“{programme.label}”的学段", "when")


def _check_amount_references(table: Table, rule: Rule, amount: Amount, policy: Policy) -> None:
    if amount.parameter:
        _check_figure(table, "amount", amount.parameter, ParameterKind.AMOUNT, policy)
    programmes = {programme.code: programme.kind for programme in policy.programmes}
    if amount.form is Form.OF_AWARDED:
        for code in amount.of:
            if code not in programmes:
                table.report(f"没有项目“{code}”，{suggest(code, programmes)}", "amount")
            elif programmes[code] is Kind.LOAN:
                table.report(f"“{code}”是贷款，不计入所享金额", "amount")
    if amount.form is Form.PERCENT and amount.of[0]:
        other = policy.rule_of.get(amount.of[0])
        if other is None:
            table.report(f"没有规则“{amount.of[0]}”，{suggest(amount.of[0], policy.rule_of)}", "amount")
        elif not other.amounts or any(one.form is Form.OF_AWARDED for one in other.amounts):
            table.report(f"规则“{other.code}”没有自己的标准，不能按它的百分比计", "amount")
        elif _percent_circle(rule, policy):
            table.report("按百分比互相引用，成了圈，算不出标准", "amount")


def _check_figure(table: Table, key: str, code: str, kind: ParameterKind, policy: Policy) -> None:
    """Report a parameter that is not there or is no figure of the kind wanted."""
    fitting = [one.code for one in policy.parameters if one.kind is kind]
    if code not in fitting:
        table.report(f"没有 kind 为 {kind.value} 的参数“{code}”，{suggest(code, fitting)}", key)


def _percent_circle(rule: Rule, policy: Policy) -> bool:
    """Whether following the percentages of a rule leads back to it."""
    seen: set[str] = set()
    waiting = [rule]
    while waiting:
        for amount in waiting.pop().amounts:
            code = amount.of[0] if amount.form is Form.PERCENT else ""
            if code == rule.code:
                return True
            if code and code not in seen and code in policy.rule_of:
                seen.add(code)
                waiting.append(policy.rule_of[code])
    return False


def _check_terms(table: Table, rule: Rule, policy: Policy) -> None:
    if rule.last_term is not None and rule.last_term < rule.first_term:
        table.report("last_term 早于 first_term，规则永不执行", "last_term")
    elif policy.last_term is not None and policy.last_term < rule.first_term:
        table.report(
            f"规则自{rule.first_term.label}起，政策到{policy.last_term.label}止，永不执行", "first_term"
        )
    elif policy.first_term and rule.last_term is not None and rule.last_term < policy.first_term:
        table.report(
            f"规则到{rule.last_term.label}止，政策自{policy.first_term.label}起，永不执行", "last_term"
        )


def _check_amounts(table: Table, rule: Rule) -> None:
    """Dated amounts follow each other without overlap or gap, over all terms of the rule."""
    if not rule.amounts:
        return
    dated = sorted(rule.amounts, key=lambda one: one.first_term or rule.first_term)
    if (dated[0].first_term or rule.first_term) > rule.first_term:
        table.report(f"规则自{rule.first_term.label}起，金额却从{_label(dated[0].first_term)}才有", "amount")
    for one, two in zip(dated, dated[1:], strict=False):
        start = two.first_term or rule.first_term
        if one.last_term is None or one.last_term >= start:
            table.report(f"按学期分段的金额在{start.label}重叠", "amount")
        elif one.last_term.next() < start:
            table.report(f"按学期分段的金额在{one.last_term.next().label}断开", "amount")
    last = dated[-1].last_term
    if last is not None and (rule.last_term is None or last < rule.last_term):
        table.report(f"金额到{last.label}为止，规则之后还在执行", "amount")


def _label(term: Term | None) -> str:
    return term.label if term else ""


def _check_funding(table: Table, funding: Funding, rule: Rule, policy: Policy) -> None:
    weights = funding.weights
    if weights and max(weights) > 10 and sum(weights) not in (100, 1000, 10_000):
        table.report(f"分担比例合计 {sum(weights)}，像百分比却不是 100", "weights")
    if not funding.fens:
        return
    fixed = sum(fen or 0 for fen in funding.fens)
    for amount in rule.amounts:
        by_school = amount.parameter and policy.parameter_of.get(amount.parameter)
        if amount.form in (Form.ACTUAL, Form.OF_AWARDED) or (by_school and by_school.scope == "school"):
            table.report("各人标准不同的金额不能按元分担，请按比例（weights）写", "yuan")
        elif amount.form is Form.YUAN and (
            fixed > (amount.fen or 0) or (None not in funding.fens and fixed != amount.fen)
        ):
            table.report(f"各来源合计 {yuan(fixed)} 元，与标准 {yuan(amount.fen or 0)} 元不符", "yuan")
        elif amount.form is not Form.YUAN and None not in funding.fens:
            table.report("标准不是固定金额时，须有一个来源写 'rest'（承担其余）", "yuan")


def _check_examples(policy: Policy, tables: list[Table]) -> None:
    filled = [one.code for one in policy.parameters if one.is_filled_in]
    for table, example in zip(tables, policy.examples, strict=True):
        for code in example.figures:
            if code not in filled:
                table.report(f"没有由教育局填写的参数“{code}”，{suggest(code, filled)}", "figures")


def _check_circles(written: list[tuple[Table, Rule]], policy: Policy) -> None:
    """Report rules that wait for each other, at the last of them this pack wrote."""
    try:
        settle_order(list(policy.rules), policy)
    except Circle as circle:
        names = "、".join(f"“{rule.code}”" for rule in circle.rules)
        for table, rule in reversed(written):
            if rule in circle.rules:
                key = "yields_to" if rule.yields_to else "amount"
                table.report(f"规则{names}互相让位或互相按所享金额计，成了圈，分不出先后", key)
                return


def _check_pairs(written: list[tuple[Table, Rule]], policy: Policy) -> None:
    """Refuse rules that could give one child two lines of one programme."""
    tables = {id(rule): table for table, rule in written}
    payable = [rule for rule in policy.rules if rule.amounts and rule.programme]
    for one, two in combinations(payable, 2):
        table = tables.get(id(two)) or tables.get(id(one))
        grouped = one.group is not None and one.group == two.group
        if table is None or grouped or one.programme != two.programme:
            continue
        if _yields(one, two) or _yields(two, one) or not may_meet(one, two):
            continue
        first = one if id(two) in tables else two
        table.report(
            f"与规则“{first.code}”同属项目“{two.programme}”且可能同时符合，"
            "请写清条件，或放进同一组只取一项，或另立项目",
            "code",
        )


def _yields(one: Rule, two: Rule) -> bool:
    return two.code in one.yields_to


def may_meet(one: Rule, two: Rule) -> bool:
    """Whether some child in some term could hold both rules; errs on the side of yes."""
    return any(
        not contradiction((*mine, *theirs))
        for term in _turning_points(one, two)
        if one.in_force(term) and two.in_force(term)
        for mine, theirs in product(_cases(one, term), _cases(two, term))
    )


def _possible(rule: Rule) -> Iterator[bool]:
    """For each term in which something changes, whether some child could hold the rule."""
    for term in _turning_points(rule):
        if rule.in_force(term):
            yield any(not contradiction(case) for case in _cases(rule, term))


def _cases(rule: Rule, term: Term) -> list[tuple[Condition, ...]]:
    """The ways of meeting a rule in a term, each as conditions that must all hold."""
    asked = rule.asked_at(term)
    if not rule.either:
        return [asked]
    return [(*asked, *one) for one in rule.alternatives_at(term)]


def _turning_points(*rules: Rule) -> Iterable[Term]:
    """One term of each stretch in which the same is asked: those in which a rule or a condition begins or has ended."""
    points = {rule.first_term for rule in rules}
    for rule in rules:
        points |= {one.first_term for one in every_condition(rule) if one.first_term}
        points |= {one.last_term.next() for one in every_condition(rule) if one.last_term}
    return sorted(points)


def stages_of(rule: Rule) -> set[str]:
    """The stages whose children a rule can reach."""
    stages = set(FACTS["stage"].choices)
    for condition in rule.conditions:
        if condition.fact.name == "stage" and condition.any_of:
            stages &= {str(value) for value in condition.any_of}
    return stages
