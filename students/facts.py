"""Facts of a child in a term that have no column of their own: ``Enrolment.facts``, one JSON object by name.

The built-in ones are declared here, the county's own are rows of :class:`students.models.CountyFact`. One
declaration serves the roster, the form, the history, promotion and the rules. A fact that is not there is
unknown. Flags are true or false, choices a code, numbers whole, money in fen; ``chosen`` is a list of codes
of programmes.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Func, TextField

from povertyedu.imports.cleaning import one_of
from povertyedu.ui.numerals import yuan
from povertyedu.workbooks.cells import (
    EMPTY,
    CellError,
    Cleaned,
    clean_code,
    clean_int,
    clean_text,
    clean_yes_no,
    clean_yuan_to_fen,
)
from students.enums import OTHER_FACTS, FactKind, Tier
from students.models import CountyFact
from students.money import programmes_by_choice

MOST = 1_000_000  # of a number
MOST_FEN = 100_000_000  # a million yuan: more is a slip of the hand
PREFIX = "fact_"  # of its column and its field
SEVERAL = "several"  # the kind of a fact that holds a list of codes; a county cannot define one


@dataclass(frozen=True)
class Fact:
    """What one fact is called, holds, and how a clerk is told of it."""

    name: str
    label: str
    kind: str
    choices: Mapping[str, str] = field(default_factory=dict)
    help_text: str = ""
    carried: bool = True  # whether it goes on into the next term
    aliases: tuple[str, ...] = ()
    unknown: str = "未填"
    words: Mapping[str, Any] = field(default_factory=dict)  # further words a cell may hold

    @property
    def field_name(self) -> str:
        return f"{PREFIX}{self.name}"

    @property
    def heading(self) -> str:
        """Its column's heading; money says in what."""
        return f"{self.label}（元）" if self.kind == FactKind.MONEY else self.label

    @property
    def history_label(self) -> str:
        return f"{OTHER_FACTS}{self.label}"

    @property
    def options(self) -> list[str]:
        """What a dropdown offers."""
        if self.kind == FactKind.FLAG:
            return ["是", "否"]
        return list(self.choices.values()) if self.kind == FactKind.CHOICE else []

    def cell(self, value: Any) -> str:
        """Return ``value`` as its cell has it, "" for an unknown one; :attr:`clean` reads it back."""
        if self.kind == FactKind.MONEY and value is not None:
            return yuan(value).replace(",", "")
        return self.shown(value)

    def shown(self, value: Any) -> str:
        """Return ``value`` as a person reads it, "" for an unknown one."""
        if value is None:
            return ""
        if self.kind == FactKind.FLAG:
            return "是" if value else "否"
        if self.kind == FactKind.MONEY:
            return f"{yuan(value)} 元"
        if self.kind == SEVERAL:
            return "、".join(self.choices.get(code, code) for code in value)
        return self.choices.get(value, str(value))

    @property
    def clean(self) -> Callable[[Any], Cleaned]:
        """The cleaner of its cell; codes: value_unknown, number_invalid, amount_invalid."""
        if self.kind == FactKind.FLAG:
            return _flag(self)
        if self.kind == FactKind.CHOICE:
            by_word = {word: code for code, word in self.choices.items()}
            return one_of(by_word | dict(self.words) | {code: code for code in self.choices}, self.label)
        if self.kind == SEVERAL:
            return _several(self)
        return _bounded(self)


def _flag(fact: Fact) -> Callable[[Any], Cleaned]:
    known = {clean_code(word).value: value for word, value in fact.words.items()}

    def clean(cell: Any) -> Cleaned:
        text = clean_code(cell).value
        if text in known:
            return Cleaned(known[text])
        try:
            return clean_yes_no(cell)
        except CellError as error:
            raise CellError(error.code, f"“{fact.label}”只能填“是”或“否”；请改正后重新填写。") from None

    return clean


def _several(fact: Fact) -> Callable[[Any], Cleaned]:
    known = {clean_code(word).value: code for code, name in fact.choices.items() for word in (code, name)}
    offered = "、".join(fact.choices.values())

    def clean(cell: Any) -> Cleaned:
        words = [word for word in re.split(r"[、,，;；]+", clean_text(cell).value) if word.strip(" -—/")]
        unknown = [word for word in words if clean_code(word).value not in known]
        if unknown:
            raise CellError(
                "value_unknown",
                f"“{fact.label}”里的“{unknown[0][:20]}”不认识；可以填写：{offered}，几项用顿号分开。",
            )
        named = {known[clean_code(word).value] for word in words}
        return Cleaned([code for code in fact.choices if code in named]) if named else EMPTY

    return clean


def _bounded(fact: Fact) -> Callable[[Any], Cleaned]:
    is_money = fact.kind == FactKind.MONEY
    read, most = (clean_yuan_to_fen, MOST_FEN) if is_money else (clean_int, MOST)
    code = "amount_invalid" if is_money else "number_invalid"
    limit = f"{MOST_FEN // 100:,} 元" if is_money else f"{MOST:,} "

    def clean(cell: Any) -> Cleaned:
        if clean_code(cell).value in ("-", "—", "/"):
            return EMPTY
        cleaned = read(cell)
        if cleaned.value is not None and not 0 <= cleaned.value <= most:
            raise CellError(code, f"“{fact.label}”应在 0 到 {limit}之间；请核对后重新填写。")
        return cleaned

    return clean


# The national registry says which way a child follows the class.
_FOLLOWING = {"非随班就读": False} | {
    f"{kind}随班就读": True
    for kind in ("视力残疾", "听力残疾", "智力残疾", "言语残疾", "肢体残疾", "精神残疾", "多重残疾", "其他残疾", "其他")
}  # fmt: skip
_OF_THE_TERM = "本学期实际收取，单位元；没有收取填 0，不清楚的留空"

BUILT_IN: tuple[Fact, ...] = (
    Fact(
        "tier", "困难等级", FactKind.CHOICE, dict(Tier.choices), "按学校认定结果填写，各学期沿用，重新认定后更改",
        aliases=("困难认定等级", "认定等级", "困难程度", "资助等级"), words={"一般": Tier.GENERAL.value},
    ),
    Fact("full_time", "全日制", FactKind.FLAG, help_text="非全日制的填“否”", aliases=("是否全日制", "全日制学生"), unknown="未填（按全日制）"),
    Fact("repeater", "复读（留级）", FactKind.FLAG, help_text="只指本学期", carried=False, aliases=("是否复读", "是否留级", "留级", "复读生", "是否复读生")),
    Fact("eats_at_school", "在校就餐", FactKind.FLAG, aliases=("是否在校就餐", "是否在校用餐", "在校用餐")),
    Fact("integrated", "随班就读", FactKind.FLAG, help_text="残疾学生在普通班级就读", aliases=("是否随班就读",), words=_FOLLOWING),
    Fact("months", "在学月数", FactKind.NUMBER, help_text="本学期在校几个月；标准规定按在学月数计算的资助，填了才能算", carried=False, aliases=("在校月数", "就读月数")),
    Fact("fee_tuition", "学费", FactKind.MONEY, help_text=_OF_THE_TERM, carried=False, aliases=("实收学费", "本学期学费")),
    Fact("fee_textbook", "教科书费", FactKind.MONEY, help_text=_OF_THE_TERM, carried=False, aliases=("课本费", "教材费", "书本费")),
    Fact("fee_lodging", "住宿费", FactKind.MONEY, help_text=_OF_THE_TERM, carried=False, aliases=("实收住宿费", "寄宿费")),
    Fact("fee_care", "保教费", FactKind.MONEY, help_text=_OF_THE_TERM, carried=False, aliases=("保育教育费", "保育费")),
    Fact("fee_misc", "其他费用", FactKind.MONEY, help_text=_OF_THE_TERM, carried=False, aliases=("其他收费", "杂费")),
)  # fmt: skip
CHOSEN = "chosen"  # there only where the bureau's policy lets families choose
# Facts of the rules that are read elsewhere: a county may not call its own by these names.
RESERVED = frozenset(
    {
        "stage", "grade", "boarding", "categories", "ownership", "setting", "place", "agri_major", "aided_elsewhere", "major",
        "household", "ethnicity", "sex", "home_region", "school_region", "home_within", "school_within", "school", "school_tags",
        "exit_status", "entry_term", "terms_studied", "entering", "entry_age", "age", "selected", "had_before", "figure",
        "meal_days", CHOSEN, *(fact.name for fact in BUILT_IN),
    }
)  # fmt: skip
# What belongs to one term alone and does not go on into the next.
NOT_CARRIED = (CHOSEN, *(fact.name for fact in BUILT_IN if not fact.carried))


def _of_county(row: CountyFact) -> Fact:
    return Fact(row.name, row.label, row.kind, row.choices, row.help_text)


def _chosen() -> list[Fact]:
    programmes = programmes_by_choice()
    told = "几项资助只能享受一项的，按家庭的选择填写"
    return [Fact(CHOSEN, "选定项目", SEVERAL, programmes, told, aliases=("选择的资助项目", "选定资助项目"), carried=False)] if programmes else []  # fmt: skip


def facts_in_use() -> list[Fact]:
    """Return the built-in facts and the county's own that are filled in now; two queries."""
    return [*BUILT_IN, *_chosen(), *map(_of_county, CountyFact.objects.in_use())]


def all_facts() -> list[Fact]:
    """Return every fact a record may hold, retired ones too; two queries."""
    return [*BUILT_IN, *_chosen(), *map(_of_county, CountyFact.objects.all())]


def amended(facts: dict, changes: Mapping[str, Any]) -> dict:
    """Return ``facts`` with ``changes``; None takes one away, what is not named stays."""
    return {name: value for name, value in {**facts, **changes}.items() if value is not None}


def carried_changes(old: dict, new: dict) -> set[str]:
    """Return the names of what differs and goes on into later terms."""
    return {
        name for name in old.keys() | new.keys() if old.get(name) != new.get(name) and name not in NOT_CARRIED
    }


def carried(facts: dict) -> dict:
    """Return what an enrolment's facts give to that of a later term."""
    return {name: value for name, value in facts.items() if name not in NOT_CARRIED}


def shown(facts: dict, every: Iterable[Fact]) -> list[tuple[str, str]]:
    """Return (label, words) of what is known."""
    return [(fact.label, fact.shown(facts[fact.name])) for fact in every if fact.name in facts]


# --- in SQL ---------------------------------------------------------------------------------------


def carried_sql(column: str) -> str:
    """Return the SQL of what ``column`` of last term's enrolment gives to the next one."""
    if connection.vendor == "postgresql":
        names = ", ".join(f"'{name}'" for name in NOT_CARRIED)
        return f"({column} - ARRAY[{names}])"
    paths = ", ".join(f"'$.{name}'" for name in NOT_CARRIED)
    return f"json_remove({column}, {paths})"


class FactsText(Func):
    """The facts of an enrolment as text that can be compared with another's."""

    output_field = TextField()

    def as_sql(self, compiler, connection, **extra):
        template = "(%(expressions)s)::text" if connection.vendor == "postgresql" else "json(%(expressions)s)"
        return super().as_sql(compiler, connection, template=template)


class CarriedFactsText(FactsText):
    """What of an enrolment's facts goes on into the next term, as text."""

    def as_sql(self, compiler, connection, **extra):
        sql, params = compiler.compile(self.source_expressions[0])
        kept = carried_sql(sql)
        return (f"{kept}::text" if connection.vendor == "postgresql" else kept), params
