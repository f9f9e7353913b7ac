"""The parts of a pack as they are written: rules, amounts, funding, parameters, examples."""

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

from subsidies.engine.amounts import Amount, Basis, Form, Unit
from subsidies.engine.conditions import Condition
from subsidies.engine.fact_types import HOME, Fact, FactType
from subsidies.engine.facts import FACTS, Measures
from subsidies.engine.funding import SOURCES, Funding
from subsidies.engine.located import Table, suggest
from subsidies.engine.read_conditions import Vocabulary, check_stages, read_child, read_conditions
from subsidies.engine.rules import (
    PAYEES,
    Citation,
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
_MEAL_DAY: Mapping[str, Unit] = {"meal_day": Unit.DAY}
_FORMS = {"yuan": Form.YUAN, "parameter": Form.PARAMETER, "percent": Form.PERCENT, "actual": Form.ACTUAL}


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
        funding=_funding(table.table("funding")) if "funding" in table.values else None,
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
    rule = Rule(
        code=table.text("code"),
        programme=programme,
        label=table.text("label"),
        kind=kind,
        conditions=read_conditions(table.table("when"), head.vocabulary),
        either=_either(table, head),
        amounts=_amounts(table, head, required=not unstated),
        first_term=table.term("first_term") or head.first_term,
        last_term=table.term("last_term") or head.last_term,
        citation=_citation(table, head),
        group=table.text("group", required=False) or None,
        yields_to=table.texts("yields_to", required=False),
        selection=_selection(table),
        funding=_funding(table.table("funding")),
        payer=table.choice("payer", Payer, default=Payer.STUDY),
        payee=table.choice("payee", Payee, default=PAYEES[kind]),
        parameters=table.texts("parameters", required=False),
        unstated=unstated,
        pack=head.pack,
        line=table.line,
    )
    if unstated and rule.amounts:
        table.report("写了 amount 就不能再写 unstated", "unstated")
    table.close()
    return rule


def _either(table: Table, head: Heading) -> tuple[tuple[Condition, ...], ...]:
    either = table.tables("either")
    for one in either:
        if not one.values:
            one.report("这一种情形是空的，人人都会符合")
    return tuple(read_conditions(one, head.vocabulary) for one in either)


def _selection(table: Table) -> Selection | None:
    if "selection" not in table.values:
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


def _amounts(table: Table, head: Heading, *, required: bool) -> tuple[Amount, ...]:
    """One amount, or a list of dated ones."""
    written = table.take("amount", required=required)
    if written is None:
        return ()
    if isinstance(written, dict):
        return (_amount(table.inner("amount", written), head.vocabulary),)
    if not isinstance(written, list) or not written or not all(isinstance(one, dict) for one in written):
        table.report("“amount”应为一组键和值，如 { yuan = 1000, per = 'year' }，或这样的列表", "amount")
        return ()
    return tuple(
        _amount(table.inner("amount", one, place), head.vocabulary) for place, one in enumerate(written)
    )


def _amount(table: Table, vocabulary: Vocabulary) -> Amount:
    forms = [form for key, form in _FORMS.items() if key in table.values]
    if len(forms) != 1:
        table.report("金额须写 yuan、parameter、percent、actual 其中的一个")
        return Amount(Form.YUAN, fen=0)
    form = forms[0]
    reads = {
        Form.YUAN: _stated,
        Form.PARAMETER: lambda one, _: {"parameter": one.text("parameter")},
        Form.PERCENT: _percentage,
        Form.ACTUAL: _actual,
    }
    parts = reads[form](table, vocabulary)
    form = parts.pop("form", form)
    if form in (Form.YUAN, Form.PARAMETER):
        parts |= _unit(table, vocabulary)
    amount = Amount(
        form,
        less=_fact(table, "less", FactType.MONEY, vocabulary),
        only_above=_fact(table, "only_above", FactType.MONEY, vocabulary),
        first_term=table.term("first_term"),
        last_term=table.term("last_term"),
        basis=table.choice("basis", Basis, default=_BASES.get(form, Basis.STATED)),
        **parts,
    )
    table.close()
    return amount


_BASES = {Form.PARAMETER: Basis.PARAMETER, Form.PERCENT: Basis.DERIVED, Form.OF_AWARDED: Basis.DERIVED}


def _stated(table: Table, vocabulary: Vocabulary) -> dict[str, Any]:
    fen = table.yuan("yuan")
    if table.values.get("yuan") == 0:
        table.report("金额须大于零；文件没有写明金额的条款请写成 [[unpaid]]", "yuan")
    return {"fen": fen}


def _percentage(table: Table, vocabulary: Vocabulary) -> dict[str, Any]:
    rate = table.percent("percent")
    of, awarded = table.text("of", required=False), table.texts("of_awarded", required=False)
    if bool(of) is bool(awarded):
        table.report("百分比须写 of（某条规则的标准）或 of_awarded（某些项目的所享金额）其中的一个")
    if awarded:
        return {"form": Form.OF_AWARDED, "rate": rate, "of": awarded}
    return {"rate": rate, "of": (of,)}


def _actual(table: Table, vocabulary: Vocabulary) -> dict[str, Any]:
    capped = "cap" in table.values
    cap = table.yuan("cap", required=False)
    parameter = table.text("cap_parameter", required=False)
    if capped and parameter:
        table.report("cap 和 cap_parameter 只能写一个", "cap_parameter")
    unit = table.choice("per", Unit, default=Unit.TERM)
    if unit not in (Unit.YEAR, Unit.TERM):
        table.report("实际收费按学期登记，上限只能按 year（减半）或 term 计", "per")
    return {
        "charge": _fact(table, "actual", FactType.MONEY, vocabulary) or FACTS["fee_misc"],
        "fen": cap if capped else None,
        "parameter": parameter,
        "unit": unit,
    }


def _unit(table: Table, vocabulary: Vocabulary) -> dict[str, Any]:
    unit = table.choice("per", Unit, also=_MEAL_DAY)
    parts: dict[str, Any] = {"unit": unit}
    for of, key in ((Unit.MONTH, "months"), (Unit.DAY, "days")):
        times, fact = table.whole(key), _fact(table, f"{key}_of", FactType.NUMBER, vocabulary)
        if unit is of:
            parts |= {"times": times, "times_of": fact}
        elif key in table.values or f"{key}_of" in table.values:
            table.report(f"只有 per 为 {of.value} 的金额才写 {key} 或 {key}_of", key)
        if key in table.values and f"{key}_of" in table.values:
            table.report(f"{key} 和 {key}_of 只能写一个", key)
    if unit is Unit.MONTH and not {"months", "months_of"} & table.values.keys():
        table.report("按月计的金额须写 months（每学期几个月）或 months_of（记月数的事实）", "per")
    pay_in = table.text("pay_in", required=False)
    if pay_in not in ("", "autumn", "spring"):
        table.report(f"“pay_in”没有“{pay_in}”这个值，{suggest(pay_in, ('autumn', 'spring'))}", "pay_in")
    if pay_in and unit is not Unit.SCHOOL_YEAR:
        table.report("只有 per 为 school_year 的金额才写 pay_in", "pay_in")
    return parts | {"pays_in_autumn": pay_in != "spring"}


def _fact(table: Table, key: str, kind: FactType, vocabulary: Vocabulary) -> Fact | None:
    """An optional name of a fact of one type."""
    name = table.text(key, required=False)
    if not name:
        return None
    fact = vocabulary.get(name)
    if fact is None or fact.type is not kind:
        known = [one for one in vocabulary.names if (found := vocabulary.get(one)) and found.type is kind]
        words = "金额" if kind is FactType.MONEY else "数"
        table.report(f"“{key}”须是记{words}的事实，没有“{name}”，{suggest(name, known)}", key)
        return None
    return fact


def _funding(table: Table) -> Funding:
    sources = table.texts("sources")
    for source in sources:
        if source not in SOURCES:
            table.report(f"没有“{source}”这个资金来源，{suggest(source, SOURCES)}", "sources")
            sources = ()
    weights = table.wholes("weights")
    fens = tuple(None if one == "rest" else table.fen("yuan", one) for one in table.items("yuan"))
    if weights and (len(weights) != len(sources) or not any(weights)):
        table.report("weights 须与 sources 一一对应，且不能全为零", "weights")
    if fens and (len(fens) != len(sources) or fens.count(None) > 1):
        table.report("yuan 须与 sources 一一对应，至多一个写 'rest'（承担其余）", "yuan")
    if weights and fens:
        table.report("weights 和 yuan 只能写一个", "yuan")
    funding = Funding(sources, weights, table.text("quote", required=False), fens)
    table.close()
    return funding


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
        year_fen=table.yuan("year") if "year" in table.values else None,
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
