"""Rules, policies and children made for tests of the engine."""

from subsidies.engine import (
    FACTS,
    Amount,
    Condition,
    Decider,
    Form,
    Kind,
    Measures,
    Policy,
    Programme,
    Rule,
    Term,
    Unit,
    categories_mask,
    explain,
    load_pack,
)
from subsidies.engine.rules import PAYEES, Citation

AUTUMN = Term(2020, 1)
SPRING = Term(2021, 0)
CITATION = Citation("某文件", "二(一)", "原文")


def stated(fen, unit=Unit.YEAR, **more):
    return Amount(Form.YUAN, unit, fen, **more)


def make_rule(code="r", *, amount_fen=100_000, unit=Unit.YEAR, **changes):
    values = {
        "code": code,
        "programme": code,
        "label": f"规则{code}",
        "kind": Kind.CASH,
        "conditions": (),
        "amounts": (stated(amount_fen, unit),),
        "first_term": Term(2015, 1),
        "citation": CITATION,
    }
    values["payee"] = PAYEES[changes.get("kind", Kind.CASH)]
    return Rule(**{**values, **changes})


def policy_of(*rules, **more):
    programmes = {rule.programme: rule.kind for rule in rules}
    made = (
        Programme(code, f"项目{code}", kind, (), place)
        for place, (code, kind) in enumerate(programmes.items())
    )
    return Policy("p", "p", "某文件", tuple(made), rules, **more)


def wants(name, *any_of, **more):
    return Condition(FACTS[name], any_of=any_of, **more)


def child(**changes):
    values = {
        "stage": "primary",
        "grade": 3,
        "boarding": True,
        "categories": 1,
        "ownership": "public",
        "setting": "rural",
        "place": "in_county",
    }
    return {**values, **changes}


def lines(profile, rules, term=AUTUMN, meal_days=100, **more):
    policy = rules if isinstance(rules, Policy) else policy_of(*rules)
    decider = Decider(policy, term, **more)
    return decider.lines(decider.values(profile), Measures(meal_days))


def awards(profile, rules, term=AUTUMN, **more):
    decider = Decider(policy_of(*rules), term, **more)
    return decider.awards(decider.values(profile), Measures())


def findings(profile, rules, term=AUTUMN, meal_days=100, **more):
    policy = rules if isinstance(rules, Policy) else policy_of(*rules)
    return explain(profile, Measures(meal_days), policy, term, **more)


HEAD = """\
name = "small"
title = "小县方案"
document = "某县方案"
first_term = "2016-spring"
"""
DEFAULTS = {
    "programme": {"label": "项目", "kind": "cash", "stages": '["preschool", "primary", "junior", "senior", "vocational"]'},
    "rule": {"label": "规则", "clause": "二", "quote": "原文", "funding": '{ sources = ["county"] }', "when": '{ stage = ["primary", "junior", "senior", "vocational"] }'},
    "parameter": {"label": "参数", "reason": "原文未写"},
    "treat": {"label": "比照", "clause": "三", "quote": "原文"},
    "unpaid": {"label": "酌情", "clause": "四", "quote": "酌情", "reason": "未写金额"},
    "group": {"label": "组"},
    "fact": {"label": "事实"},
}  # fmt: skip


def part(kind, code="", /, **keys):
    """One [[kind]] of a pack; values are TOML, except that plain words are quoted. `label` and the like have defaults."""
    named = {"name" if kind == "fact" else "code": code} if code else {}
    pairs = {**named, **DEFAULTS.get(kind, {}), **keys}
    written = (f"{key} = {_toml(value)}" for key, value in pairs.items() if value is not None)
    return f"[[{kind}]]\n" + "\n".join(written) + "\n"


def _toml(value):
    if not isinstance(value, str):
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value if value[:1] in "[{\"'" else f'"{value}"'


def pack_text(*parts, head=HEAD, programmes=("grant",)):
    """A pack with cash programmes and the given parts."""
    return head + "".join(part("programme", code) for code in programmes) + "".join(parts)


def pack(*parts, **more):
    library = more.pop("library", None)
    return load_pack(pack_text(*parts, **more), library=library)


def pays(policy, profile=None, term="2020-autumn", meal_days=100, **more):
    """{programme: yuan} of a child of primary school, as the engine gives it and as it explains it."""
    known = {"stage": "primary", **(profile or {})}
    if isinstance(known.get("categories"), list):
        known["categories"] = categories_mask(known["categories"])
    on = Term.parse(term)
    decider = Decider(policy, on, **more)
    given = decider.lines(decider.values(known), Measures(meal_days))
    told = explain(known, Measures(meal_days), policy, on, **more)
    assert sum(line.amount_fen for line in given) == sum(finding.amount_fen for finding in told)
    assert all(sum(fen for _, fen in one.shares) == one.amount_fen for one in told)
    return {line.programme: line.amount_fen / 100 for line in given}


def told(policy, rule, profile=None, term="2020-autumn", meal_days=100, **more):
    """What is found of one rule for a child of primary school."""
    known = {"stage": "primary", **(profile or {})}
    if isinstance(known.get("categories"), list):
        known["categories"] = categories_mask(known["categories"])
    found = explain(known, Measures(meal_days), policy, Term.parse(term), **more)
    return next(one for one in found if one.rule.code == rule)
