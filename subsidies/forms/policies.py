"""Forms of a policy's life: its text, a rule chosen instead of typed, a new amount from a term on."""

import re
from decimal import Decimal

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from subsidies import engine
from subsidies.actions.rule_writing import NewProgramme, NewRule
from subsidies.engine.rules import Unit
from subsidies.queries.policies import term_of_day

MAX_BYTES = 1024 * 1024
NEW = "+"
MAIN_FACTS = ("stage", "grade", "boarding", "categories", "ownership", "setting", "place")
# What people do not choose when they write a rule: filled by choices and earlier terms, not by conditions of a plan.
UNASKED = ("aided_elsewhere", "chosen", "selected")


def term_choices(present: str = "") -> list[tuple[str, str]]:
    """Return the terms a policy may apply from: from the beginning, every term there is, and two more."""
    codes = {engine.Term.parse(code) for code in Term.objects.values_list("pk", flat=True)}
    if codes:
        codes |= {max(codes).next(), max(codes).next().next()}
    if present:
        codes.add(engine.Term.parse(present))
    return [
        ("", "自始适用（各学期都按它算）"),
        *((str(on), f"{on.label}起") for on in sorted(codes, reverse=True)),
    ]


YEARS_BACK, YEARS_AHEAD = 15, 2


def every_term(present: str = "") -> list[tuple[str, str]]:
    """Return the terms a person may choose from, the newest first; ``present`` is among them."""
    last = engine.Term(today().year + YEARS_AHEAD, 1)
    terms = [
        engine.Term(year, half)
        for year in range(last.year, last.year - YEARS_BACK - YEARS_AHEAD, -1)
        for half in (1, 0)
    ]
    if present and engine.Term.parse(present) not in terms:
        terms.append(engine.Term.parse(present))
    return [(str(term), term.label) for term in sorted(terms, reverse=True)]


class TermField(forms.ChoiceField):
    """One of the terms of the last years and the next."""

    def __init__(self, *, empty: str = "请选择", **options):
        super().__init__(choices=lambda: [("", empty), *every_term()], **options)


class NewDraftForm(forms.Form):
    """What a draft begins from: a built-in pack, a stored policy, or a file."""

    pack = forms.ChoiceField(label="内置政策包", required=False)
    policy = forms.TypedChoiceField(label="已有的版本", required=False, coerce=int, empty_value=None)
    file = forms.FileField(
        label="上传文件（.toml）", required=False, widget=forms.FileInput(attrs={"accept": ".toml"}),
        error_messages={"empty": "文件是空的，请重新选择"},
    )  # fmt: skip
    applies_from = forms.ChoiceField(label="自哪个学期起", required=False)

    def __init__(self, *args, packs, policies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pack"].choices = [("", "请选择"), *((name, title) for name, title in packs)]
        self.fields["policy"].choices = [("", "请选择"), *((p.pk, f"{p}（{p.begins}）") for p in policies)]
        self.fields["applies_from"].choices = term_choices()

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload is None:
            return None
        if upload.size > MAX_BYTES:
            raise forms.ValidationError("政策包文件超过 1 MB，请确认选对了文件")
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                "文件不是 UTF-8 编码的文本，请在编辑器中另存为 UTF-8 后再上传"
            ) from error
        if "\x00" in text:
            raise forms.ValidationError("文件不是文本，请选择 .toml 政策包")
        return text.replace("\r\n", "\n")

    def clean(self):
        wanted = super().clean()
        if not self.errors and sum(bool(wanted.get(name)) for name in ("pack", "policy", "file")) != 1:
            raise forms.ValidationError("请在内置政策包、已有的版本、上传文件三者中选一个")
        return wanted


class DraftForm(forms.Form):
    """The text of a draft, and the term from which it applies."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    applies_from = forms.ChoiceField(label="自哪个学期起", required=False)
    text = forms.CharField(
        label="规则文本", strip=False, max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "wrap": "off", "class": "code", "data-lines": ""}),
    )  # fmt: skip

    def __init__(self, *args, policy, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["applies_from"].choices = term_choices(policy.applies_from)

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n")


def _day(label: str) -> forms.DateField:
    said = {"invalid": "日期须是日历上有的一天，如 2020-10-08"}
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(
        label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget, error_messages=said
    )


class CompareForm(forms.Form):
    """Two books: which plan, in which term or on which day; a day goes before the term."""

    left = forms.ChoiceField(label="左边", required=False)
    left_term = forms.ChoiceField(label="左边学期", required=False)
    left_day = _day("或左边某一天")
    right = forms.ChoiceField(label="右边", required=False)
    right_term = forms.ChoiceField(label="右边学期", required=False)
    right_day = _day("或右边某一天")
    only_changed = forms.BooleanField(label="只看不同的", required=False)

    def __init__(self, *args, sources, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("left", "right"):
            self.fields[name].choices = sources
            self.fields[f"{name}_term"].choices = every_term()

    def clean(self):
        wanted = super().clean()
        for name in ("left", "right"):
            day, term = wanted.get(f"{name}_day"), wanted.get(f"{name}_term")
            if not day and not term and not {f"{name}_day", f"{name}_term"} & set(self.errors):
                self.add_error(f"{name}_term", "请选学期，或填一天")
            try:
                wanted[f"{name}_on"] = term_of_day(day) if day else engine.Term.parse(term or "")
            except ValueError as error:
                if day:
                    self.add_error(f"{name}_day", str(error))
        return wanted


def _per() -> list[tuple[str, str]]:
    return [(str(unit), unit.label) for unit in Unit]


class _AmountFields(forms.Form):
    yuan = forms.DecimalField(
        label="金额（元）", min_value=Decimal("0.01"), max_value=Decimal(10_000_000), decimal_places=2,
        error_messages={"min_value": "金额须大于零；文件没有写明金额的条款请写成 [[unpaid]]"},
    )  # fmt: skip
    per = forms.ChoiceField(label="计量单位")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["per"].choices = _per()

    @property
    def amount(self) -> dict:
        return {"yuan": self.cleaned_data["yuan"], "per": self.cleaned_data["per"]}


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
    field_order = ["rule", "yuan", "per", "from_term", "document", "clause", "quote"]

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
        label="就高取一", required=False, help_text="同组的几条同时符合时，只取最高的一条"
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
        self.facts = [fact for fact in engine.FACTS.values() if fact.name not in UNASKED]
        own = {fact.name: fact for fact in (*county_facts, *pack.county_facts)}
        self.facts += own.values()
        for fact in self.facts:
            self.fields |= _fields_of(fact)
        sources = [("", "—"), *engine.SOURCES.items()]
        for number in range(1, self.SOURCES + 1):
            self.fields[f"source_{number}"] = forms.ChoiceField(
                label=f"资金来源 {number}", required=False, choices=sources
            )
            self.fields[f"weight_{number}"] = forms.IntegerField(
                label=f"份额 {number}", required=False, min_value=1, max_value=1000, help_text="如 8 与 2；只有一个来源时空着"
            )  # fmt: skip

    def _told(self, group: str) -> str:
        return "与“" + "”“".join(rule.label for rule in self.pack.rules if rule.group == group) + "”就高取一"

    def of_facts(self, *, main: bool) -> list[forms.BoundField]:
        """Return the fields of the facts most rules ask, or of the others."""
        names = [name for f in self.facts if (f.name in MAIN_FACTS) is main for name in _fields_of(f)]
        return [self[name] for name in names]

    def main_facts(self):
        return self.of_facts(main=True)

    def other_facts(self):
        return self.of_facts(main=False)

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
        if not any(self._when(fact) is not None for fact in self.facts if not self._wrong(fact)):
            self.add_error(None, "请至少选一个条件：谁可以享受")
        weights = [wanted.get(f"weight_{n}") for n in self._sources()]
        if len(self._sources()) > 1 and None in weights and any(weights):
            self.add_error("source_1", "几个来源分担的，每个都写份额；比例没有写明的，都空着")
        return wanted

    def _wrong(self, fact) -> bool:
        return any(name in self.errors for name in _fields_of(fact))

    def _sources(self) -> list[int]:
        return [n for n in range(1, self.SOURCES + 1) if self.cleaned_data.get(f"source_{n}")]

    def _when(self, fact):
        """Return the condition on a fact as a pack writes it, or None where nothing was chosen."""
        if f"when_{fact.name}" in self.fields:
            value = self.cleaned_data.get(f"when_{fact.name}")
            if str(fact.type) == "flag":
                return {"true": True, "false": False}.get(value)
            return value or None
        ends = {key: self.cleaned_data.get(f"when_{fact.name}_{key}") for key in ("from", "to")}
        return {key: value for key, value in ends.items() if value not in (None, "")} or None

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
        return NewRule(code=code, programme=programme, amount=self.amount, when=when, funding=funding, **told)


def _free(stem: str, taken: set[str]) -> str:
    stem = stem[:50]
    return next(code for n in range(1, len(taken) + 2) if (code := f"{stem}-{n}") not in taken)


class _Listed(forms.CharField):
    """Several texts in one field, set apart by 、 or a comma."""

    def clean(self, value):
        return [part for part in re.split(r"[、，,\s]+", super().clean(value)) if part]


def _fields_of(fact) -> dict[str, forms.Field]:
    """Return the fields by which a condition on a fact is chosen."""
    name, kind = f"when_{fact.name}", str(fact.type)
    if kind == "flag":
        choices = [("", "不限"), ("true", fact.flags[1]), ("false", fact.flags[0])]
        return {name: forms.ChoiceField(label=fact.label, required=False, choices=choices)}
    if fact.choices:
        field = forms.MultipleChoiceField(
            label=fact.label,
            required=False,
            choices=list(fact.choices.items()),
            widget=forms.CheckboxSelectMultiple,
        )
        return {name: field}
    if kind in ("number", "money"):
        field = forms.IntegerField if kind == "number" else forms.DecimalField
        ends = {"from": f"{fact.label}不低于", "to": f"{fact.label}不高于"}
        return {f"{name}_{key}": field(label=told, required=False, min_value=0) for key, told in ends.items()}
    if kind == "term":
        ends = {"from": f"{fact.label}不早于", "to": f"{fact.label}不晚于"}
        return {
            f"{name}_{key}": TermField(label=told, required=False, empty="不限") for key, told in ends.items()
        }
    return {name: _Listed(label=fact.label, required=False, max_length=200, help_text="几个之间用顿号隔开")}
