"""Amounts and who bears them, as they are written in a pack."""

from collections.abc import Mapping
from typing import Any

from subsidies.engine.amounts import Amount, Basis, Citation, Form, Unit
from subsidies.engine.fact_types import Fact, FactType
from subsidies.engine.facts import FACTS
from subsidies.engine.funding import SOURCES, Funding
from subsidies.engine.located import Table, suggest
from subsidies.engine.read_conditions import Vocabulary

_MEAL_DAY: Mapping[str, Unit] = {"meal_day": Unit.DAY}
_FORMS = {"yuan": Form.YUAN, "parameter": Form.PARAMETER, "percent": Form.PERCENT, "actual": Form.ACTUAL}


def read_amounts(
    table: Table, vocabulary: Vocabulary, *, required: bool, document: str
) -> tuple[Amount, ...]:
    """One amount, or a list of dated ones; `document` is what their citations cite unless they say otherwise."""
    written = table.take("amount", required=required)
    if written is None:
        return ()
    if isinstance(written, dict):
        return (_amount(table.inner("amount", written), vocabulary, document),)
    if not isinstance(written, list) or not written or not all(isinstance(one, dict) for one in written):
        table.report("“amount”应为一组键和值，如 { yuan = 1000, per = 'year' }，或这样的列表", "amount")
        return ()
    return tuple(
        _amount(table.inner("amount", one, place), vocabulary, document) for place, one in enumerate(written)
    )


def _amount(table: Table, vocabulary: Vocabulary, document: str) -> Amount:
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
        citation=_own_citation(table, document),
        **parts,
    )
    table.close()
    return amount


def _own_citation(table: Table, document: str) -> Citation | None:
    """Where an amount comes from that a later document or another clause has fixed."""
    own = any(table.has(key) for key in ("document", "clause", "quote"))
    if not own:
        return None
    return Citation(
        table.text("document", required=False) or document, table.text("clause"), table.text("quote")
    )


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
    capped = table.has("cap")
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


def read_funding(table: Table) -> Funding:
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
