"""Forms of programmes, their targets, and what was counted of them."""

from django import forms

from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import definitions
from povertyedu.indicators.enums import TargetBasis
from povertyedu.indicators.plans import plain
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.fields import DayField
from projects.enums import ProgrammeKind
from projects.models import Programme, ProgrammeTarget

from .fields import ShortText
from .projects import YEARS

NUMBER = {"max_digits": 14, "decimal_places": 2, "min_value": 0}


class AsOfForm(forms.Form):
    """The day that a programme is looked at."""

    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "如 2018-12-31"})
    )

    @property
    def wanted(self) -> dict:
        """What was understood; a day that is none is today."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def day(self):
        return self.wanted.get("on") or today()


class TargetsFilter(AsOfForm):
    """The day and which targets of which plans."""

    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *ProgrammeKind.choices])
    programme = forms.ModelChoiceField(
        Programme.objects.none(), label="规划", required=False, empty_label="全部"
    )
    year = forms.IntegerField(label="年度", required=False, **YEARS)
    state = forms.ChoiceField(
        label="情况", required=False, choices=[("", "全部"), ("due", "已到期"), ("missed", "到期未达到"), ("uncounted", "没有登记数")]
    )  # fmt: skip

    def __init__(self, data=None, *, user, **kwargs):
        super().__init__(data, auto_id="filter_%s", **kwargs)
        self.fields["programme"].queryset = Programme.objects.visible_to(user, P.VIEW_PROJECTS)

    def in_force(self) -> str:
        """The filter in words, for print and export."""
        wanted = self.wanted
        words = [f"截至：{self.day}"]
        for name in ("kind", "programme", "year", "state"):
            if value := wanted.get(name):
                choices = (
                    dict(getattr(self.fields[name], "choices", None) or {})
                    if name in ("kind", "state")
                    else {}
                )
                words.append(f"{self.fields[name].label}：{choices.get(value, value)}")
        return "；".join(words)


class ProgrammeForm(forms.ModelForm):
    name = ShortText(label="名称", max_length=80, required=True)
    kind = forms.ChoiceField(label="类别", choices=ProgrammeKind.choices)
    first_year = forms.IntegerField(label="起始年度", **YEARS)
    last_year = forms.IntegerField(label="截止年度", **YEARS)
    document = ShortText(label="依据文件", max_length=120)

    class Meta:
        model = Programme
        fields = ("name", "kind", "first_year", "last_year", "document")

    def clean_document(self):
        return self.cleaned_data["document"] or ""


class TargetForm(forms.ModelForm):
    """A target of a programme's year; the same item, way of counting and clause again changes its number."""

    year = forms.IntegerField(label="年度", **YEARS)
    item = ShortText(
        label="内容", max_length=40, required=True, help_text="如“宽带网络校校通”；同一内容各年写法相同"
    )
    basis = forms.ChoiceField(
        label="口径", choices=TargetBasis.choices, initial=TargetBasis.ADDED, help_text="300 所是当年完成、累计，还是年末共有"
    )  # fmt: skip
    planned = forms.DecimalField(label="计划数", max_digits=14, decimal_places=2)
    unit = ShortText(label="单位", max_length=10, required=True, help_text="所、平方米、人；比例填 %")
    clause = ShortText(
        label="出处", max_length=80, help_text="文件的条款，如“一(六)”；两处说法不同的分别登记"
    )
    is_inferred = forms.BooleanField(label="文件没有写明年度，年度为推定", required=False)
    indicator = forms.ChoiceField(
        label="对应指标", required=False, help_text="完成数取自指标监测的，选指标；否则不选"
    )

    class Meta:
        model = ProgrammeTarget
        fields = ("year", "item", "basis", "planned", "unit", "clause", "is_inferred", "indicator")

    def __init__(self, *args, programme: Programme, **kwargs):
        super().__init__(*args, **kwargs)
        self.programme = programme
        self.fields["indicator"].choices = [
            ("", "不取自指标"),
            *((code, each.label) for code, each in definitions().items()),
        ]

    def clean_year(self):
        year = self.cleaned_data["year"]
        if not self.programme.first_year <= year <= self.programme.last_year:
            raise forms.ValidationError(f"年度应在规划的 {self.programme.years} 以内。")
        return year

    def clean_planned(self):
        if self.cleaned_data["planned"] <= 0:
            raise forms.ValidationError("计划数应大于零。")
        return self.cleaned_data["planned"]

    def clean_clause(self):
        return self.cleaned_data["clause"] or ""

    def _post_clean(self):
        """The same item is looked up by the action: uniqueness is no fault here."""


class CountForm(forms.Form):
    """How much of each item of a programme there is on a day; what is left empty is not counted."""

    on = DayField(label="截至日期")
    note = ShortText(label="数据来源", max_length=120, help_text="如“各校填报汇总”“年报表”")

    def __init__(self, *args, programme: Programme, last: dict, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()
        self.items: dict[str, ProgrammeTarget] = {}
        for target in programme.targets.filter(indicator="").order_by("item", "year", "pk"):
            self.items.setdefault(target.item, target)
        for item, target in self.items.items():
            reading = last.get((programme.plan, item))
            told = (
                f"上次 {reading[-1].on}：{plain(reading[-1].value)}"
                if reading
                else "截至当日共有，不是当年新增"
            )
            self.fields[f"value_{target.pk}"] = forms.DecimalField(
                label=f"{item}（{target.unit}）", required=False, help_text=told, **NUMBER
            )
            if target.basis == TargetBasis.SHARE:
                self.fields[f"whole_{target.pk}"] = forms.DecimalField(
                    label=f"{item}：总数",
                    required=False,
                    help_text="上面填的是部分数时，填总数，比例由系统算出",
                    **NUMBER,
                )

    def clean(self):
        data = super().clean()
        for item, target in self.items.items():
            value, whole = data.get(f"value_{target.pk}"), data.get(f"whole_{target.pk}")
            if whole is not None and (value is None or not whole or value > whole):
                self.add_error(
                    f"whole_{target.pk}", f"“{item}”要填部分数和总数，总数大于零，部分数不能大于总数。"
                )
            elif target.basis == TargetBasis.SHARE and whole is None and value is not None and value > 100:
                self.add_error(f"value_{target.pk}", "没有填总数时，这里是比例，应在 0 到 100 之间。")
        if not self.errors and not self.done:
            raise forms.ValidationError("至少填一项完成数。")
        return data

    @property
    def done(self) -> dict:
        """Item -> (how much there is, of how many)."""
        data = self.cleaned_data
        return {
            item: (data[f"value_{target.pk}"], data.get(f"whole_{target.pk}"))
            for item, target in self.items.items()
            if data.get(f"value_{target.pk}") is not None
        }
