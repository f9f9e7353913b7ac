"""Write into a pack's text what a person chose on a form: a programme, a rule, a new amount from a term on.

Only what is asked for is touched: comments, order and spelling of all the rest stay as the author wrote them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from povertyedu.workflow.flow import StepRefused
from subsidies.engine import Policy, Term, check_examples, worked_out
from subsidies.engine.located import find_lines
from subsidies.engine.rules import Unit

Value = str | int | bool | Decimal | list | dict


@dataclass(frozen=True)
class NewProgramme:
    code: str
    label: str
    kind: str
    stages: tuple[str, ...]


@dataclass(frozen=True)
class NewRule:
    """A rule as a form gives it; what is empty is not written."""

    code: str
    programme: str
    label: str
    clause: str
    quote: str
    amount: dict[str, Value]
    when: dict[str, Value]
    funding: dict[str, Value]
    document: str = ""
    group: str = ""
    first_term: str = ""
    last_term: str = ""
    more: dict[str, Value] = field(default_factory=dict)


def written(value: Value) -> str:
    """Return a value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Decimal):
        return f"{value.quantize(Decimal('0.01')):f}" if value % 1 else str(int(value))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {written(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value)


def quoted(text: str) -> str:
    """Return a text as a TOML basic string on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'


def add_programme(text: str, new: NewProgramme) -> str:
    """Return ``text`` with a programme at its end."""
    pairs = {"code": new.code, "label": new.label, "kind": new.kind, "stages": list(new.stages)}
    return _appended(text, ["[[programme]]", *_pairs(pairs)])


def add_rule(text: str, new: NewRule) -> str:
    """Return ``text`` with a rule at its end."""
    pairs = {
        "code": new.code, "programme": new.programme, "label": new.label, "document": new.document, "clause": new.clause,
        "quote": new.quote, "first_term": new.first_term, "last_term": new.last_term, "group": new.group,
        "amount": new.amount, "funding": new.funding, **new.more,
    }  # fmt: skip
    lines = ["[[rule]]", *_pairs({key: value for key, value in pairs.items() if value not in ("", {})})]
    return _appended(text, [*lines, "", "[rule.when]", *_pairs(new.when)])


def _pairs(pairs: Mapping[str, Value]) -> list[str]:
    return [f"{key} = {written(value)}" for key, value in pairs.items()]


def _appended(text: str, lines: list[str]) -> str:
    return text.rstrip() + "\n\n" + "\n".join(lines) + "\n"


def change_amount(text: str, *, code: str, amount: dict[str, Value], from_term: Term) -> str:
    """Return ``text`` with ``amount`` for rule ``code`` from a term on, until its next one; earlier terms keep theirs.

    What the amount in force says besides its figure (months, what is taken off, when it is paid) goes on.
    Raise StepRefused where the rule is not found, not in force, or its amount is written in a way only its author can change.
    """
    values = tomllib.loads(text, parse_float=Decimal)
    place, rule = next(
        ((place, rule) for place, rule in enumerate(values.get("rule", ())) if rule.get("code") == code), (0, None)
    )  # fmt: skip
    if rule is None:
        raise StepRefused(f"文本里没有规则“{code}”，可能在引用的政策包里；请另写一条新规则。")
    begins = Term.parse(rule.get("first_term") or values["first_term"])
    if from_term < begins:
        raise StepRefused(f"这条规则自{begins.label}起执行，新金额不能早于它。")
    amounts = rule.get("amount")
    if amounts is None:
        raise StepRefused("这条规则没有写明金额，请在文本里直接修改。")
    amounts = _with(amounts if isinstance(amounts, list) else [amounts], amount, from_term, begins)
    return _replaced(text, ("rule", place, "amount"), f"amount = {_listed(amounts)}")


def _with(amounts: list[dict], amount: dict, at: Term, begins: Term) -> list[dict]:
    """Return the dated amounts with one more from ``at`` on: the one in force then ends the term before, or gives way."""

    def starts(one: dict) -> Term:
        return Term.parse(one["first_term"]) if "first_term" in one else begins

    amounts = sorted(amounts, key=starts)
    after = [old for old in amounts if starts(old) > at]
    before = amounts[: len(amounts) - len(after)]
    present = before[-1] if before else {}
    new = _following(present, amount)
    if before and starts(present) == at:
        before = before[:-1]
    elif before:
        before[-1] = present | {"last_term": str(_previous(at))}
    if starts(present) != at or "first_term" in present:
        new["first_term"] = str(at)
    if after:
        new["last_term"] = str(_previous(starts(after[0])))
    elif "last_term" in present and Term.parse(present["last_term"]) >= at:
        new["last_term"] = present["last_term"]
    return [*before, new, *after]


_DATES = ("first_term", "last_term")
_CITED = ("document", "clause", "quote", "basis")  # what gives way where the new figure has its own words
# What belongs to one unit only: it cannot go on in another, and dropping it would change what is paid.
_OF_UNIT = {
    "months": "每学期几个月", "months_of": "每人几个月", "days": "每学期几天", "days_of": "每人几天", "pay_in": "在哪个学期发",
}  # fmt: skip


def _following(present: dict, amount: dict) -> dict:
    """Return ``amount`` with all that ``present`` says besides its figure; raise StepRefused where they do not fit."""
    if present and "yuan" not in present:
        raise StepRefused(_not_a_figure(present))
    lost = [told for key, told in _OF_UNIT.items() if key in present]
    if lost and _unit(present) != amount["per"]:
        raise StepRefused(
            f"原金额是{Unit(_unit(present)).label}，并写明了{'、'.join(lost)}，不能直接改成{Unit(amount['per']).label}；"
            "计量单位请与原来的相同，确要改的请在文本里直接修改。"
        )
    left_out = {*_DATES, *(_CITED if "clause" in amount else ())}
    if "months" in amount:
        left_out.add("months_of")
    new = {key: value for key, value in present.items() if key not in left_out} | amount
    if amount["per"] == Unit.MONTH and not {"months", "months_of"} & new.keys():
        raise StepRefused("按月计的金额还须填“每学期几个月”。")
    return new


def _unit(amount: dict) -> str:
    return Unit.DAY if amount.get("per") == "meal_day" else amount.get("per", "")


def _not_a_figure(present: dict) -> str:
    """Say why an amount that is no figure of its own cannot be given one here."""
    if "parameter" in present:
        return "这条规则的金额由教育局确定，请在草稿的“待定金额”里改。"
    how = "其他标准或所享金额的百分比" if "percent" in present else "实际收费"
    return f"这条规则按{how}计，不是固定的元数，不能在这里改成固定金额；请在文本里直接修改。"


def _previous(term: Term) -> Term:
    return Term(term.year, 0) if term.half else Term(term.year - 1, 1)


def _listed(amounts: list[dict]) -> str:
    if len(amounts) == 1:
        return written(amounts[0])
    return "[\n" + "".join(f"    {written(amount)},\n" for amount in amounts) + "]"


def refit_examples(text: str, pack: Policy) -> str:
    """Return ``text`` with the examples that do not come out any more rewritten to what ``pack``, its rules, now give."""
    wrong = {failure.example.line for failure in check_examples(pack)}
    for place, example in enumerate(pack.examples):
        if example.line not in wrong:
            continue
        pays, year = worked_out(pack, example)
        amounts = {code: Decimal(fen) / 100 for code, fen in pays.items()}
        text = _replaced(text, ("example", place, "pays"), f"pays = {written(amounts)}")
        if example.year_fen is not None:
            text = _replaced(text, ("example", place, "year"), f"year = {written(Decimal(year) / 100)}")
    return text


def _replaced(text: str, path: tuple, line: str) -> str:
    """Return ``text`` with the assignment at ``path`` replaced, over as many lines as it takes."""
    number = find_lines(text).get(path)
    lines = text.split("\n")
    if number is None or lines[number - 1].lstrip().startswith("["):
        raise StepRefused(f"第 {number or 1} 行不是写成“{path[-1]} = …”，请在文本里直接修改。")
    for end in range(number, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[number - 1 : end]))
        except tomllib.TOMLDecodeError:
            continue
        return "\n".join([*lines[: number - 1], *line.split("\n"), *lines[end:]])
    raise StepRefused(f"第 {number} 行没有写完，请先在文本里改正。")
