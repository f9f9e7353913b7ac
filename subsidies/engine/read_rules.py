"""The parts of a pack as they are written: programmes, parameters, rules, treatments, examples."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from subsidies.engine.amounts import Citation
from subsidies.engine.conditions import Condition
from subsidies.engine.fact_types import HOME
from subsidies.engine.facts import FACTS, Measures
from subsidies.engine.located import Table, suggest
from subsidies.engine.read_amounts import read_amounts, read_funding
from subsidies.engine.read_conditions import Vocabulary, check_stages, read_child, read_conditions
from subsidies.engine.rules import (
    PAYEES,
    Example,
    Group,
    Kind,
    Parameter,
    ParameterKind,
    Payee,
    Payer,
    Pick,
    Programme,
    Rule,
    Selection,
    Treatment,
    Unpaid,
)
from subsidies.engine.terms import Term

NO_TERM = Term(1, 0)  # stands for a term that was reported as missing or wrong


@dataclass(slots=True)
class Heading:
    """What the head of a pack says for all its parts."""

    pack: str
    document: str
    first_term: Term
    last_term: Term | None
    kinds: Mapping[str, Kind]  # of the programmes, by code
    vocabulary: Vocabulary


def read_programme(table: Table, order: int, pack: str) -> Programme:
    stages = table.texts("stages")
    check_stages(table, stages)
    programme = Programme(
        code=table.text("code"),
        label=table.text("label"),
        kind=table.choice("kind", Kind),
        stages=stages,
        order=order,
        line=table.line,
        pack=pack,
    )
    table.close()
    return programme


def read_parameter(table: Table, pack: str) -> Parameter:
    kind = table.choice("kind", ParameterKind, default=ParameterKind.READING)
    filled = kind is not ParameterKind.READING
    scope = table.text("scope", required=False) or "county"
    if scope not in ("county", "school"):
        table.report(f"“scope”没有“{scope}”这个值，{suggest(scope, ('county', 'school'))}", "scope")
    for key in ("scope", "range", "suggested"):
        if not filled and key in table.values:
            table.report(f"只有 kind 为 amount 或 places 的参数才写“{key}”", key)
    if filled and "value" in table.values:
        table.report("由教育局填写的参数不能在政策包里写 value；参考数请写 suggested", "value")
    parameter = Parameter(
        code=table.text("code"),
        label=table.text("label"),
        value=table.text("value", required=not filled),
        reason=table.text("reason"),
        kind=kind,
        scope=scope,
        range=_range(table, kind),
        suggested=_figure(table, "suggested", table.take("suggested", required=False), kind),
        line=table.line,
        pack=pack,
    )
    if parameter.suggested is not None and filled and not parameter.allows(parameter.suggested):
        table.report("suggested 不在 range 之内", "suggested")
    table.close()
    return parameter


def _range(table: Table, kind: ParameterKind) -> tuple[int, int] | None:
    ends = [_figure(table, "range", value, kind) for value in table.items("range")]
    if "range" not in table.values:
        return None
    if len(ends) != 2 or None in ends or (ends[0] or 0) > (ends[1] or 0):
        table.report("range 应写成从小到大的两个数，如 [1600, 2000]", "range")
        return None
    return ends[0] or 0, ends[1] or 0


def _figure(table: Table, key: str, value: Any, kind: ParameterKind) -> int | None:
    """A figure of a parameter: yuan in fen, or a number of places."""
    if value is None:
        return None
    if kind is not ParameterKind.PLACES:
        return table.fen(key, value)
    if type(value) is not int or value < 0:
        table.report(f"“{key}”应为不小于零的整数", key)
        return None
    return value


def read_group(table: Table) -> Group:
    group = Group(
        table.text("code"),
        table.text("label"),
        table.choice("pick", Pick, default=Pick.HIGHEST),
        table.line,
    )
    table.close()
    return group


def read_unpaid(table: Table, head: Heading) -> Unpaid:
    stages = table.texts("stages", required=False)
    check_stages(table, stages)
    clause = Unpaid(
        code=table.text("code"),
        label=table.text("label"),
        reason=table.text("reason"),
        citation=_citation(table, head),
        stages=stages,
        conditions=read_conditions(table.table("when", required=False), head.vocabulary),
        line=table.line,
    )
    table.close()
    return clause


def read_treatment(table: Table, head: Heading) -> Treatment:
    adds = table.texts("adds")
    for category in adds:
        if category not in FACTS["categories"].choices:
            known = suggest(category, FACTS["categories"].choices)
            table.report(f"困难类别没有“{category}”，{known}", "adds")
    last = table.term("last_term")
    if "last_term" not in table.values:
        table.report("缺少“last_term”（比照到哪个学期为止；比照必须自行失效）")
    treatment = Treatment(
        code=table.text("code"),
        label=table.text("label"),
        citation=_citation(table, head),
        first_term=table.term("first_term") or head.first_term,
        last_term=last or NO_TERM,
        conditions=read_conditions(table.table("when"), head.vocabulary),
        adds=tuple(category for category in adds if category in FACTS["categories"].choices),
        funding=read_funding(table.table("funding")) if table.has("funding") else None,
        line=table.line,
    )
    if last is not None and last < treatment.first_term:
        table.report("last_term 早于 first_term，比照永不执行", "last_term")
    table.close()
    return treatment


def _citation(table: Table, head: Heading) -> Citation:
    return Citation(
        document=table.text("document", required=False) or head.document,
        clause=table.text("clause"),
        quote=table.text("quote"),
        source_rule=table.text("source_rule", required=False),
    )


def read_rule(table: Table, head: Heading) -> Rule:
    programme = table.text("programme")
    kind = head.kinds.get(programme, Kind.CASH)
    unstated = table.text("unstated", required=False)
    citation = _citation(table, head)
    rule = Rule(
        code=table.text("code"),
        programme=programme,
        label=table.text("label"),
        kind=kind,
        conditions=read_conditions(table.table("when"), head.vocabulary),
        either=_either(table, head),
        amounts=read_amounts(table, head.vocabulary, required=not unstated, document=citation.document),
        first_term=table.term("first_term") or head.first_term,
        last_term=table.term("last_term") or head.last_term,
        citation=citation,
        group=table.text("group", required=False) or None,
        yields_to=table.texts("yields_to", required=False),
        selection=_selection(table),
        funding=read_funding(table.table("funding")),
        payer=table.choice("payer", Payer, default=Payer.STUDY),
        payee=table.choice("payee", Payee, default=PAYEES[kind]),
        parameters=table.texts("parameters", required=False),
        unstated=unstated,
        pack=head.pack,
        line=table.line,
    )
    _check_payee(table, rule)
    if unstated and rule.amounts:
        table.report("写了 amount 就不能再写 unstated", "unstated")
    table.close()
    return rule


def _check_payee(table: Table, rule: Rule) -> None:
    """Whoever is paid follows from the kind of the programme: batches pay cash to children, and nothing else."""
    if rule.kind is Kind.CASH and rule.payee is not Payee.CHILD:
        table.report(
            "现金项目发给学生本人；拨给学校或食堂的，请把项目的 kind 写成 waiver 或 in_kind", "payee"
        )
    if rule.kind in (Kind.WAIVER, Kind.IN_KIND) and rule.payee is Payee.CHILD:
        table.report("减免和实物不发给学生本人；发钱给学生的，请把项目的 kind 写成 cash", "payee")


def _either(table: Table, head: Heading) -> tuple[tuple[Condition, ...], ...]:
    either = table.tables("either")
    for one in either:
        if not one.values:
            one.report("这一种情形是空的，人人都会符合")
    return tuple(read_conditions(one, head.vocabulary) for one in either)


def _selection(table: Table) -> Selection | None:
    if not table.has("selection"):
        return None
    inner = table.table("selection")
    per = inner.text("per")
    if per not in ("", "school", "county"):
        inner.report(f"“per”没有“{per}”这个值，{suggest(per, ('school', 'county'))}", "per")
    selection = Selection(inner.whole("places"), inner.text("parameter", required=False), per == "school")
    if (selection.places is None) is not bool(selection.parameter):
        inner.report("名额请写 places，或用 parameter 指明由教育局填写的参数，二者写一个")
    inner.close()
    return selection


def read_example(table: Table, head: Heading, programmes: Container[str]) -> Example:
    pays = table.table("pays")
    amounts = []
    for code in pays.values:
        amounts.append((code, pays.yuan(code)))
        if code not in programmes:
            pays.report(f"没有项目“{code}”，请先写 [[programme]]", code)
    days = table.whole("meal_days")
    example = Example(
        title=table.text("title"),
        profile=read_child(table.table("child"), head.vocabulary, HOME),
        meal_days=Measures().meal_days if days is None else days,
        term=table.term("term") or NO_TERM,
        pays=tuple(amounts),
        year_fen=table.yuan("year") if table.has("year") else None,
        figures=_figures(table),
        line=table.line,
    )
    if "term" not in table.values:
        table.report("缺少“term”")
    table.close()
    return example


def _figures(table: Table) -> dict[str, int | None]:
    """What the bureau is taken to have filled in, in an example."""
    inner = table.table("figures", required=False)
    return {code: None if inner.values[code] == "off" else inner.yuan(code) for code in inner.values}
