"""A rule chosen instead of typed, and a new amount from a term on."""

import re
from dataclasses import replace
from decimal import Decimal

from django import forms

from subsidies import engine
from subsidies.actions.rule_writing import NewProgramme, NewRule
from subsidies.engine.rules import Unit
from subsidies.engine.words import OWN_REGIONS
from subsidies.forms.policies import TermField

NEW = "+"
MAIN_FACTS = ("stage", "grade", "boarding", "categories", "ownership", "setting", "place")
# What people do not choose when they write a rule: filled by choices and earlier terms, not by conditions of a plan.
UNASKED = ("aided_elsewhere", "chosen", "selected")


class _AmountFields(forms.Form):
    yuan = forms.DecimalField(
        label="金额（元）", min_value=Decimal("0.01"), max_value=Decimal(10_000_000), decimal_places=2,
        error_messages={"min_value": "金额须大于零；文件没有写明金额的条款不要写成规则"},
    )  # fmt: skip
    per = forms.ChoiceField(
        label="计量单位", choices=[(str(unit), unit.label) for unit in Unit], help_text="元/天按每名学生本学期的用餐天数计"
    )  # fmt: skip
    months = forms.IntegerField(
        label="每学期几个月", required=False, min_value=1, max_value=12, help_text="按月计的才填，如全年 10 个月的填 5"
    )  # fmt: skip

    def clean(self):
        wanted = super().clean()
        if wanted.get("months") and wanted.get("per") not in (None, Unit.MONTH):
            self.add_error("months", "只有计量单位选“元/月”的才填")
        return wanted

    @property
    def amount(self) -> dict:
        months = {"months": self.cleaned_data["months"]} if self.cleaned_data["months"] else {}
        return {"yuan": self.cleaned_data["yuan"], "per": self.cleaned_data["per"]} | months


class AmountForm(_AmountFields):
    """A new amount of a rule from a term on."""

    rule = forms.ChoiceField(label="规则")
    from_term = TermField(label="自哪个学期起")
    document = forms.CharField(
        label="文件", max_length=200, required=False, help_text="如《…》（文号）；空着，与这条规则的文件相同"
    )
    clause = forms.CharField(
        label="条款", max_length=60, required=False, help_text="新金额出自哪一条；空着，与原条款相同"
    )
    quote = forms.CharField(
        label="原文", max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="照抄文件里写新金额的话"
    )  # fmt: skip
    field_order = ["rule", "yuan", "per", "months", "from_term", "document", "clause", "quote"]

    def __init__(self, *args, rules, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["rule"].choices = [("", "请选择"), *((rule.code, rule.label) for rule in rules)]

    def clean_from_term(self):
        return engine.Term.parse(self.cleaned_data["from_term"])

    def clean(self):
        wanted = super().clean()
        given = [name for name in ("document", "clause", "quote") if wanted.get(name)]
        for name in ("clause", "quote"):
            if given and not wanted.get(name):
                self.add_error(name, "新金额另有依据的，条款和原文都要写")
        return wanted

    @property
    def amount(self) -> dict:
        told = {
            name: self.cleaned_data[name]
            for name in ("document", "clause", "quote")
            if self.cleaned_data[name]
        }
        return super().amount | told


class RuleForm(_AmountFields):
    """A rule by choices: programme, who, how much, by which clause, from whose money."""

    SOURCES = 3
    programme = forms.ChoiceField(label="资助项目")
    programme_label = forms.CharField(label="新项目名称", max_length=60, required=False)
    programme_kind = forms.ChoiceField(
        label="新项目性质", required=False, choices=[("", "请选择"), *((str(k), k.label) for k in engine.Kind)]
    )  # fmt: skip
    label = forms.CharField(label="规则名称", max_length=80, help_text="如：小学寄宿生生活补助")
    group = forms.ChoiceField(
        label="只取一项",
        required=False,
        help_text="同组的几条同时符合时，只享受其中一项，怎样取以各组写明的为准",
    )
    first_term = TermField(label="自哪个学期起", required=False, empty="与整个政策相同")
    last_term = TermField(label="至哪个学期止", required=False, empty="一直执行")
    document = forms.CharField(
        label="文件", max_length=200, required=False, help_text="如《…》（文号）；空着，与整个政策的文件相同"
    )  # fmt: skip
    clause = forms.CharField(label="条款", max_length=60, help_text="如：三(二)1")
    quote = forms.CharField(
        label="原文", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}), help_text="照抄文件里写这个标准的话"
    )  # fmt: skip

    def __init__(self, *args, pack: engine.Policy, county_facts=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.pack = pack
        kinds = [(p.code, f"{p.label}（{p.kind.label}）") for p in pack.programmes]
        self.fields["programme"].choices = [("", "请选择"), *kinds, (NEW, "新的项目…")]
        groups = sorted({rule.group for rule in pack.rules if rule.group})
        self.fields["group"].choices = [
            ("", "不限，可以与其他项目同时享受"),
            *((g, self._told(g)) for g in groups),
        ]
        self._ask(county_facts)
        sources = [("", "—"), *engine.SOURCES.items()]
        for number in range(1, self.SOURCES + 1):
            self.fields[f"source_{number}"] = forms.ChoiceField(
                label=f"资金来源 {number}", required=False, choices=sources
            )
            self.fields[f"weight_{number}"] = forms.IntegerField(
                label=f"份额 {number}", required=False, min_value=1, max_value=1000, help_text="如 8 与 2；只有一个来源时空着"
            )  # fmt: skip

    def _ask(self, county_facts) -> None:
        """Add the fields by which conditions are chosen."""
        had = {programme.code: programme.label for programme in self.pack.programmes}
        own = {fact.name: fact for fact in (*county_facts, *self.pack.county_facts)}
        asked = [
            replace(fact, choices=had) if fact.name == "had_before" else fact
            for fact in engine.FACTS.values()
            if fact.name not in UNASKED
        ]
        self.facts = [*asked, *own.values()]
        for fact in self.facts:
            self.fields |= _fields_of(fact)
        self.absent = [f"unless_{fact.name}" for fact in self.facts if str(fact.type) in _MAY_BE_ABSENT]
        self.fields |= {
            f"unless_{fact.name}": _one_of(fact, f"{fact.label}不含")
            for fact in self.facts
            if str(fact.type) in _MAY_BE_ABSENT
        }
        yes = [
            (fact.name, fact.label if fact.flags[1] == "是" else fact.flags[1])
            for fact in self.facts
            if str(fact.type) == "flag"
        ]
        self.fields["either_categories"] = _ticked("困难类别", engine.FACTS["categories"].choices.items())
        self.fields["either_flags"] = _ticked("其他情形", yes)

    def _told(self, group: str) -> str:
        names = "与“" + "”“".join(rule.label for rule in self.pack.rules if rule.group == group) + "”"
        declared = self.pack.group_of.get(group)
        return f"{names}：{_PICKS[declared.pick if declared else engine.Pick.HIGHEST]}"

    def of_facts(self, *, main: bool) -> list[forms.BoundField]:
        """Return the fields of the facts most rules ask, or of the others."""
        names = [name for f in self.facts if (f.name in MAIN_FACTS) is main for name in _fields_of(f)]
        return [self[name] for name in names]

    def main_facts(self):
        return self.of_facts(main=True)

    def other_facts(self):
        return self.of_facts(main=False)

    def absent_facts(self):
        return [self[name] for name in self.absent]

    def either_facts(self):
        return [self["either_categories"], self["either_flags"]]

    def of_funding(self):
        return [self[f"{part}_{n}"] for n in range(1, self.SOURCES + 1) for part in ("source", "weight")]

    def clean(self):
        wanted = super().clean()
        if wanted.get("programme") == NEW:
            for name in ("programme_label", "programme_kind"):
                if not wanted.get(name):
                    self.add_error(name, "新的项目须有名称和性质")
            if not wanted.get("when_stage"):
                self.add_error("when_stage", "新的项目请选定学段")
        if wanted.get("per") == Unit.MONTH and not wanted.get("months") and "months" not in self.errors:
            self.add_error("months", "按月计的，填每学期发几个月")
        self._check_ends()
        if not any(self._when(fact) is not None for fact in self.facts if not self._wrong(fact)):
            self.add_error(None, "请至少选一个条件：谁可以享受")
        weights = [wanted.get(f"weight_{n}") for n in self._sources()]
        if len(self._sources()) > 1 and None in weights and any(weights):
            self.add_error("source_1", "几个来源分担的，每个都写份额；比例没有写明的，都空着")
        return wanted

    def _check_ends(self) -> None:
        """Refuse what begins after its end: the terms of the rule, and of each fact its ends."""
        wanted = self.cleaned_data
        first, last = wanted.get("first_term"), wanted.get("last_term")
        if first and last and engine.Term.parse(last) < engine.Term.parse(first):
            self.add_error("last_term", "结束的学期早于开始的学期")
        for fact in self.facts:
            low, high = (wanted.get(f"when_{fact.name}_{end}") for end in ("from", "to"))
            if str(fact.type) == "term":
                low, high = (engine.Term.parse(end) if end else None for end in (low, high))
            if low is not None and high is not None and low > high:
                self.add_error(f"when_{fact.name}_to", f"{fact.label}的上限小于下限，没有人能符合")

    def _wrong(self, fact) -> bool:
        return any(name in self.errors for name in (*_fields_of(fact), f"unless_{fact.name}"))

    def _sources(self) -> list[int]:
        return [n for n in range(1, self.SOURCES + 1) if self.cleaned_data.get(f"source_{n}")]

    def _when(self, fact):
        """Return the condition on a fact as a pack writes it, or None where nothing was chosen."""
        absent = self.cleaned_data.get(f"unless_{fact.name}")
        if f"when_{fact.name}" in self.fields:
            value = self.cleaned_data.get(f"when_{fact.name}")
            if str(fact.type) == "flag":
                return {"true": True, "false": False}.get(value)
            if absent:
                return ({"any_of": value} if value else {}) | {"none_of": absent}
            return value or None
        ends = {key: self.cleaned_data.get(f"when_{fact.name}_{key}") for key in ("from", "to")}
        return {key: value for key, value in ends.items() if value not in (None, "")} or None

    def _either(self) -> list[dict]:
        """Return the alternatives as a pack writes them; one of them must hold."""
        categories, flags = self.cleaned_data["either_categories"], self.cleaned_data["either_flags"]
        return [*([{"categories": categories}] if categories else []), *({name: True} for name in flags)]

    def new_programme(self) -> NewProgramme | None:
        """Return the programme to write before the rule, if a new one was asked for."""
        if self.cleaned_data["programme"] != NEW:
            return None
        wanted = self.cleaned_data
        known = {programme.code for programme in self.pack.programmes}
        return NewProgramme(
            _free("county", known), wanted["programme_label"], wanted["programme_kind"], tuple(wanted["when_stage"])
        )  # fmt: skip

    def new_rule(self, programme: str) -> NewRule:
        """Return the rule that was chosen, of ``programme``."""
        wanted = self.cleaned_data
        when = {fact.name: value for fact in self.facts if (value := self._when(fact)) is not None}
        funding: dict = {"sources": ["unstated"]}
        if numbers := self._sources():
            funding["sources"] = [wanted[f"source_{n}"] for n in numbers]
            if all(wanted.get(f"weight_{n}") for n in numbers):
                funding["weights"] = [wanted[f"weight_{n}"] for n in numbers]
        told = {
            name: wanted[name]
            for name in ("label", "clause", "quote", "document", "group", "first_term", "last_term")
        }
        code = _free(programme, {rule.code for rule in self.pack.rules})
        either = self._either()
        return NewRule(
            code=code, programme=programme, amount=self.amount, when=when, funding=funding,
            more={"either": either} if either else {}, **told,
        )  # fmt: skip


def _free(stem: str, taken: set[str]) -> str:
    stem = stem[:50]
    return next(code for n in range(1, len(taken) + 2) if (code := f"{stem}-{n}") not in taken)


_PICKS = {
    engine.Pick.HIGHEST: "就高取一", engine.Pick.FIRST: "按文件所列次序取一", engine.Pick.CHOSEN: "由学生选一项",
}  # fmt: skip
_MAY_BE_ABSENT = ("set", "text", "region")  # of the others, what may not be is said by choosing the rest


class _Listed(forms.CharField):
    """Several texts in one field, set apart by 、 or a comma."""

    def clean(self, value):
        return [part for part in re.split(r"[、，,\s]+", super().clean(value)) if part]


class _Regions(_Listed):
    """Several places: 本县, 本市, 本省, or the digits of a code."""

    WORDS = {"本市": "@prefecture", "本州": "@prefecture"} | {
        told: code for code, (_, told) in OWN_REGIONS.items()
    }

    def clean(self, value):
        return [self._read(part) for part in super().clean(value)]

    def _read(self, part: str) -> str:
        if part in self.WORDS:
            return self.WORDS[part]
        if part in OWN_REGIONS or re.fullmatch(r"[0-9]{2}([0-9]{2}([0-9]{2})?)?", part):
            return part
        raise forms.ValidationError(f"没有“{part}”这个写法，请写本县、本市、本省，或 2、4、6 位区划代码")


def _ticked(label: str, choices) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(choices), widget=forms.CheckboxSelectMultiple
    )


def _one_of(fact, label: str) -> forms.Field:
    """Return the field by which values of a fact are chosen."""
    if fact.choices:
        return _ticked(label, fact.choices.items())
    if str(fact.type) == "region":
        told = "本县、本市、本省，或 2、4、6 位区划代码；几个之间用顿号隔开"
        return _Regions(label=label, required=False, max_length=200, help_text=told)
    return _Listed(label=label, required=False, max_length=200, help_text="几个之间用顿号隔开")


def _fields_of(fact) -> dict[str, forms.Field]:
    """Return the fields by which a condition on a fact is chosen."""
    name, kind = f"when_{fact.name}", str(fact.type)
    if kind == "flag":
        choices = [("", "不限"), ("true", fact.flags[1]), ("false", fact.flags[0])]
        return {name: forms.ChoiceField(label=fact.label, required=False, choices=choices)}
    if kind in ("number", "money"):
        field = forms.IntegerField if kind == "number" else forms.DecimalField
        ends = {"from": f"{fact.label}不低于", "to": f"{fact.label}不高于"}
        return {f"{name}_{key}": field(label=told, required=False, min_value=0) for key, told in ends.items()}
    if kind == "term":
        ends = {"from": f"{fact.label}不早于", "to": f"{fact.label}不晚于"}
        return {
            f"{name}_{key}": TermField(label=told, required=False, empty="不限") for key, told in ends.items()
        }
    return {name: _one_of(fact, fact.label)}
