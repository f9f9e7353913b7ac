"""A policy pack: one county's plan written as TOML, read strictly and checked against its own examples.

Every figure carries its clause and the words of the document. Unknown keys, missing citations, rules that could
pay one programme twice and worked examples that do not come out are refused with file, line and a sentence.
"""

from collections.abc import Container
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from subsidies.engine.examples import check_examples
from subsidies.engine.facts import FACTS, Fact, FactType, Measures, Profile, Value, categories_mask
from subsidies.engine.located import PackError, Problem, Table, open_toml, suggest
from subsidies.engine.rules import (
    SOURCES,
    Basis,
    Citation,
    Condition,
    Example,
    Funding,
    Kind,
    Parameter,
    Payer,
    Policy,
    Programme,
    Rule,
    Unit,
    Unpaid,
)
from subsidies.engine.terms import Term

_NO_TERM = Term(1, 0)  # stands for a term that was reported as missing or wrong
_TEXT_NAME = "政策文本"  # what a text without a file is called in messages


def load_pack(source: str | Path) -> Policy:
    """Read a pack from a `Path` or from its text; PackError with every problem found.

    The worked examples are run last: a pack that does not give its author's own figures is refused.
    """
    text, file = _read(source)
    top = open_toml(text, file)
    policy = _policy(top)
    if not top.source.problems:
        top.source.problems.extend(
            Problem(file, failure.example.line, failure.message) for failure in check_examples(policy)
        )
    if top.source.problems:
        raise PackError(top.source.problems)
    return policy


def _read(source: str | Path) -> tuple[str, str]:
    if isinstance(source, str):
        return source.removeprefix("\ufeff"), _TEXT_NAME
    try:
        return source.read_bytes().decode("utf-8-sig"), source.name
    except OSError as error:
        raise PackError([Problem(source.name, 1, "读不到这个文件，请检查文件名和路径")]) from error
    except UnicodeDecodeError as error:
        raise PackError([Problem(source.name, 1, "文件不是 UTF-8 编码，请在编辑器中另存为 UTF-8")]) from error


def _policy(top: Table) -> Policy:
    document = top.text("document")
    first_term = top.term("first_term") or _NO_TERM
    if "first_term" not in top.values:
        top.report("缺少“first_term”（政策自哪个学期起执行）")
    tables = {key: top.tables(key) for key in ("programme", "parameter", "rule", "unpaid", "example")}
    programmes = [_programme(table, order) for order, table in enumerate(tables["programme"], start=1)]
    parameters = [_parameter(table) for table in tables["parameter"]]
    kinds = {programme.code: programme.kind for programme in programmes}
    rules = [_rule(table, document, first_term, kinds) for table in tables["rule"]]
    unpaid = [_unpaid(table, document) for table in tables["unpaid"]]
    policy = Policy(
        name=top.text("name"),
        title=top.text("title"),
        document=document,
        programmes=tuple(programmes),
        rules=tuple(rules),
        parameters=tuple(parameters),
        unpaid=tuple(unpaid),
        examples=tuple(_example(table, kinds) for table in tables["example"]),
    )
    top.close()
    if not rules:
        top.report("没有一条规则，至少要写一个 [[rule]]")
    for key, parts in (("programme", programmes), ("parameter", parameters), ("unpaid", unpaid)):
        _check_unique(tables[key], [part.code for part in parts])
    _check_unique(tables["rule"], [rule.code for rule in rules])
    for table, rule in zip(tables["rule"], rules, strict=True):
        _check_references(table, rule, policy)
    _check_pairs(tables["rule"], rules)
    return policy


def _programme(table: Table, order: int) -> Programme:
    stages = table.texts("stages")
    for stage in stages:
        _check_operand(table, "stages", FACTS["stage"], stage)
    programme = Programme(
        code=table.text("code"),
        label=table.text("label"),
        kind=table.choice("kind", Kind),
        stages=stages,
        order=order,
    )
    table.close()
    return programme


def _parameter(table: Table) -> Parameter:
    parameter = Parameter(
        code=table.text("code"),
        label=table.text("label"),
        value=table.text("value"),
        reason=table.text("reason"),
    )
    table.close()
    return parameter


def _unpaid(table: Table, document: str) -> Unpaid:
    clause = Unpaid(
        code=table.text("code"),
        label=table.text("label"),
        reason=table.text("reason"),
        citation=_citation(table, document),
    )
    table.close()
    return clause


def _citation(table: Table, document: str) -> Citation:
    return Citation(
        document=table.text("document", required=False) or document,
        clause=table.text("clause"),
        quote=table.text("quote"),
        source_rule=table.text("source_rule", required=False),
    )


def _rule(table: Table, document: str, first_term: Term, kinds: dict[str, Kind]) -> Rule:
    amount = table.table("amount")
    programme = table.text("programme")
    rule = Rule(
        code=table.text("code"),
        programme=programme,
        label=table.text("label"),
        kind=kinds.get(programme, Kind.CASH),
        conditions=_conditions(table.table("when")),
        amount_fen=amount.yuan("yuan"),
        unit=amount.choice("per", Unit),
        basis=amount.choice("basis", Basis, default=Basis.STATED),
        first_term=table.term("first_term") or first_term,
        last_term=table.term("last_term"),
        citation=_citation(table, document),
        group=table.text("group", required=False) or None,
        funding=_funding(table.table("funding")),
        payer=table.choice("payer", Payer, default=Payer.STUDY),
        parameters=table.texts("parameters", required=False),
    )
    if amount.values.get("yuan") == 0:
        amount.report("金额须大于零；文件没有写明金额的条款请写成 [[unpaid]]", "yuan")
    amount.close()
    table.close()
    return rule


def _funding(table: Table) -> Funding:
    funding = Funding(table.texts("sources"), table.wholes("weights"), table.text("quote", required=False))
    for source in funding.sources:
        if source not in SOURCES:
            table.report(f"没有“{source}”这个资金来源，{suggest(source, SOURCES)}", "sources")
            funding = replace(funding, sources=())
    if funding.weights and (len(funding.weights) != len(funding.sources) or not any(funding.weights)):
        table.report("weights 须与 sources 一一对应，且不能全为零", "weights")
    table.close()
    return funding


def _conditions(table: Table) -> tuple[Condition, ...]:
    conditions = []
    for name, written in table.values.items():
        fact = FACTS.get(name)
        if fact is None:
            table.report(f"没有“{name}”这个条件，{suggest(name, FACTS)}", name)
        else:
            conditions.append(_condition(table, fact, written))
    return tuple(conditions)


def _condition(table: Table, fact: Fact, written: Any) -> Condition:
    """A condition in its long form { any_of, none_of, from, to }, or the short forms of any_of."""
    if isinstance(written, list):
        return Condition(fact, any_of=_operands(table, fact, written))
    if not isinstance(written, dict):
        return Condition(fact, any_of=_operands(table, fact, [written]))
    inner = Table(written, (*table.path, fact.name), table.source)
    operands = {}
    for key in ("any_of", "none_of"):
        value = inner.take(key, required=False)
        if value is not None and not isinstance(value, list):
            inner.report(f"“{key}”应为列表，如 ['a', 'b']", key)
        operands[key] = _operands(table, fact, value if isinstance(value, list) else None)
    low, high = inner.whole("from"), inner.whole("to")
    if (low is not None or high is not None) and fact.type is not FactType.NUMBER:
        inner.report(f"“{fact.label}”不是数，不能写 from、to")
    if low is not None and high is not None and low > high:
        inner.report("from 大于 to，没有人能符合")
    if not written:
        inner.report(f"“{fact.label}”的条件是空的")
    inner.close()
    return Condition(fact, operands["any_of"], operands["none_of"], low, high)


def _operands(table: Table, fact: Fact, written: list[Value] | None) -> tuple[Value, ...]:
    if written is None:
        return ()
    if not written:
        table.report(f"“{fact.label}”的条件是空的", fact.name)
    return tuple(value for value in written if _check_operand(table, fact.name, fact, value))


def _check_operand(table: Table, key: str, fact: Fact, value: object) -> bool:
    """Report a value the fact cannot have."""
    if fact.type is FactType.FLAG:
        right, hint = isinstance(value, bool), "只能写 true 或 false"
    elif fact.type is FactType.NUMBER:
        right, hint = isinstance(value, int) and not isinstance(value, bool), "应为整数"
    else:
        right, hint = isinstance(value, str) and value in fact.choices, suggest(str(value), fact.choices)
    if not right:
        table.report(f"“{fact.label}”（{fact.name}）没有“{value}”这个值，{hint}", key)
    return right


def _example(table: Table, programmes: Container[str]) -> Example:
    pays = table.table("pays")
    amounts = []
    for code in pays.values:
        amounts.append((code, pays.yuan(code)))
        if code not in programmes:
            pays.report(f"没有项目“{code}”，请先写 [[programme]]", code)
    days = table.whole("meal_days")
    example = Example(
        title=table.text("title"),
        profile=_profile(table.table("child")),
        meal_days=Measures().meal_days if days is None else days,
        term=table.term("term") or _NO_TERM,
        pays=tuple(amounts),
        year_fen=table.yuan("year") if "year" in table.values else None,
        line=table.line,
    )
    if "term" not in table.values:
        table.report("缺少“term”")
    table.close()
    return example


def _profile(table: Table) -> Profile:
    """A whole child: every fact is given, except that categories may be none and defaults hold."""
    values: dict[str, Any] = {}
    for fact in FACTS.values():
        default = Profile._field_defaults.get(fact.name, [] if fact.type is FactType.SET else None)
        written = table.take(fact.name, required=default is None)
        if written is None:
            written = default
        elif fact.type is FactType.SET and not isinstance(written, list):
            table.report(f"“{fact.name}”应为列表，如 ['registered_poor']", fact.name)
            written = []
        operands = written if isinstance(written, list) else [written]
        sound = all(_check_operand(table, fact.name, fact, value) for value in operands if value is not None)
        if fact.type is FactType.SET:
            written = categories_mask(written) if sound else 0
        values[fact.name] = written
    table.close()
    return Profile(**values)


def _check_unique(tables: list[Table], codes: list[str]) -> None:
    first: dict[str, int] = {}
    for table, code in zip(tables, codes, strict=True):
        if code in first:
            table.report(f"代码“{code}”已在第 {first[code]} 行用过", "code")
        first.setdefault(code, table.line)


def _check_references(table: Table, rule: Rule, policy: Policy) -> None:
    programmes = {programme.code: programme for programme in policy.programmes}
    programme = programmes.get(rule.programme)
    if rule.programme and programme is None:
        table.report(f"没有项目“{rule.programme}”，{suggest(rule.programme, programmes)}", "programme")
    parameters = [parameter.code for parameter in policy.parameters]
    for code in rule.parameters:
        if code not in parameters:
            table.report(f"没有参数“{code}”，{suggest(code, parameters)}", "parameters")
    if rule.last_term is not None and rule.last_term < rule.first_term:
        table.report("last_term 早于 first_term，规则永不执行", "last_term")
    for condition in rule.conditions:
        if (
            programme
            and condition.fact.name == "stage"
            and not set(condition.any_of) <= set(programme.stages)
        ):
            table.report(f"规则的学段超出项目“{programme.label}”的学段", "when")


def _check_pairs(tables: list[Table], rules: list[Rule]) -> None:
    """Refuse groups of unlike units, and rules that could give one child two lines of one programme."""
    for (_, one), (table, two) in combinations(zip(tables, rules, strict=True), 2):
        grouped = one.group is not None and one.group == two.group
        if grouped and (one.unit is Unit.MEAL_DAY) != (two.unit is Unit.MEAL_DAY):
            table.report(
                f"互斥组“{two.group}”里按天和按学期的金额无法比较高低（另一条是“{one.code}”）", "group"
            )
        if not grouped and two.programme and one.programme == two.programme and one.may_meet(two):
            table.report(
                f"与规则“{one.code}”同属项目“{two.programme}”且可能同时符合，"
                "请写清条件，或用同一个 group 就高取一，或另立项目",
                "code",
            )
