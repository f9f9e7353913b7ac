"""Forms of the list of gaps, of standards, and of what a school has."""

from decimal import Decimal

from django import forms
from django.db.models import Min

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.files.forms import ScanField
from povertyedu.indicators.plans import plain
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from povertyedu.workbooks.fields import ReasonField
from projects.enums import Basis
from projects.models import Condition, Project, Standard

from .fields import LongText, ShortText

STAGES = [("", "各学段相同"), *Stage.choices]
LARGEST = Decimal(10) ** 11


class GapsFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    item = forms.CharField(label="内容", required=False, max_length=40)
    hazard = forms.ChoiceField(label="隐患", required=False, choices=[("", "全部"), ("yes", "只看安全隐患")])

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )


class GapForm(forms.Form):
    """What a school lacks, said by hand."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    item = ShortText(label="内容", max_length=40, required=True, help_text="如“课桌椅”“教学及辅助用房”“围墙”")
    unit = ShortText(label="单位", max_length=10, required=True)
    needed = forms.DecimalField(label="应有", max_digits=14, decimal_places=2, min_value=0)
    present = forms.DecimalField(label="现有", max_digits=14, decimal_places=2, min_value=0)
    is_hazard = forms.BooleanField(label="属于危房等安全隐患", required=False)
    note = LongText(label="说明", max_length=200)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.visible_to(user, P.REPORT_NEEDS).filter(is_open=True).order_by("name")
        self.fields["school"].queryset = schools

    def clean(self):
        data = super().clean()
        needed, present = data.get("needed"), data.get("present")
        if needed is not None and present is not None and needed <= present:
            self.add_error("needed", "应有数不大于现有数，没有缺口。")
        return data


class PlanForm(forms.Form):
    project = forms.ModelChoiceField(Project.objects.none(), label="建设项目", empty_label="请选择")

    def __init__(self, *args, gap, user, **kwargs):
        super().__init__(*args, **kwargs)
        rows = Project.objects.visible_to(user, P.MANAGE_PROJECTS).standing()
        self.fields["project"].queryset = rows.filter(sites__school=gap.school_id).order_by("-pk")


class FillForm(forms.Form):
    reason = LongText(label="补齐情况", required=True, max_length=200)
    scan = ScanField(label="佐证材料（照片或验收单）")


class WhyForm(forms.Form):
    reason = ReasonField(label="情况说明")


class StandardForm(forms.ModelForm):
    item = ShortText(label="内容", max_length=40, required=True)
    unit = ShortText(label="单位", max_length=10, required=True)
    stage = forms.ChoiceField(label="学段", choices=STAGES, required=False)
    basis = forms.ChoiceField(label="计算方法", choices=Basis.choices)
    amount = forms.DecimalField(label="标准", max_digits=12, decimal_places=4)
    document = ShortText(label="依据", max_length=120)

    class Meta:
        model = Standard
        fields = ("item", "unit", "stage", "basis", "amount", "document")

    def clean_amount(self):
        if self.cleaned_data["amount"] <= 0:
            raise forms.ValidationError("标准应大于零。")
        return self.cleaned_data["amount"]

    def clean_document(self):
        return self.cleaned_data["document"] or ""


class ConditionsForm(forms.Form):
    """Everything the standards ask of a school, one field an item; what is left empty stays as it was."""

    def __init__(self, *args, school: School, **kwargs):
        super().__init__(*args, **kwargs)
        known = dict(Condition.objects.filter(school=school).values_list("item", "amount"))
        self.items: dict[str, str] = {}
        # named by a standard's key, not by place: a standard added meanwhile must not shift what was typed
        standards = Standard.objects.exclude(basis=Basis.CLASS_CAP).values_list("item", "unit")
        for item, unit, key in standards.annotate(key=Min("pk")).order_by("item"):
            self.items[f"item_{key}"] = item
            self.fields[f"item_{key}"] = forms.DecimalField(
                label=f"{item}（{unit}）",
                required=False,
                min_value=0,
                max_digits=14,
                decimal_places=2,
                initial=plain(known[item]) if item in known else None,
            )

    @property
    def said(self) -> list[tuple[str, Decimal]]:
        found = self.cleaned_data
        return [(item, found[name]) for name, item in self.items.items() if found.get(name) is not None]


class ReckonForm(forms.Form):
    term = forms.ModelChoiceField(Term.objects.all(), label="按哪个学期的在校生", empty_label=None)
