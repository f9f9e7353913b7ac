from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, Person, School
from students.enums import SETTLED_DISPOSALS, DisposalCode, ProofKind
from students.queries import READINGS

from .scans import ScanField


class PlaceFilterForm(forms.Form):
    """Township, school and, where rows have one, disposal; read from the address."""

    term = forms.CharField(required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(choices=list(READINGS.items()), required=False, widget=forms.HiddenInput)
    tab = forms.CharField(required=False, widget=forms.HiddenInput)
    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    disposal = forms.ChoiceField(
        label="处置", required=False, choices=[("", "全部"), ("none", "尚未登记"), *DisposalCode.choices]
    )

    def __init__(self, data, *, user, permission: str, disposals: bool, schools: bool = True):
        super().__init__(data, auto_id="filter_%s")
        self.fields["school"].queryset = School.objects.visible_to(user, permission)
        if not disposals:
            del self.fields["disposal"]
        if not schools:
            del self.fields["school"]

    def in_force(self) -> list[str]:
        """Return the filters that hold, in words."""
        words = []
        for bound in self.visible_fields():
            value = self.cleaned_data.get(bound.name)
            if value:
                shown = dict(bound.field.choices).get(value, value) if bound.name == "disposal" else value
                words.append(f"{bound.label}：{shown}")
        return words


_SETTLED_WORDS = "、".join(code.label for code in SETTLED_DISPOSALS)


class DisposalForm(forms.Form):
    """What became of the chosen children, and who follows it up."""

    code = forms.ChoiceField(label="处置", choices=[("", "请选择"), *DisposalCode.choices])
    owner = forms.ModelChoiceField(
        Person.objects.none(), label="责任人", required=False, empty_label="请选择",
        help_text=f"谁负责跟进，在“人员”里登记的乡镇、村或学校人员；{_SETTLED_WORDS}的可以不填",
    )  # fmt: skip
    note = forms.CharField(label="说明", required=False, max_length=200, help_text="不要写身份证号")
    decided_on = forms.DateField(label="日期", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, user, permission: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Person.objects.visible_to(user, permission)
        self.fields["decided_on"].initial = today

    def clean_decided_on(self):
        day = self.cleaned_data["decided_on"]
        if day > today():
            raise forms.ValidationError("日期不能晚于今天。")
        return day

    def clean(self):
        data = super().clean()
        if data.get("code") == DisposalCode.OTHER and not data.get("note"):
            self.add_error("note", "处置选“其他”时，请写明情况。")
        if _needs_owner(data.get("code")) and not (data.get("owner") or self.has_error("owner")):
            self.add_error("owner", "请选择责任人：谁负责查清并跟进。名单里没有的，请先在“人员”里登记。")
        return data


def _needs_owner(code: str | None) -> bool:
    return bool(code) and code not in SETTLED_DISPOSALS


class ProofForm(forms.Form):
    """A handbook or certificate, scanned."""

    kind = forms.ChoiceField(label="佐证种类", choices=ProofKind.choices, widget=forms.RadioSelect)
    since = forms.DateField(
        label="识别日期",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="手册或证明上写的识别（认定）日期",
    )
    scan = ScanField(label="扫描件或照片")
    note = forms.CharField(label="说明", required=False, max_length=200, help_text="不要写身份证号")

    def clean_since(self):
        day = self.cleaned_data["since"]
        if day > today():
            raise forms.ValidationError("识别日期不能晚于今天。")
        return day


class StepReasonForm(forms.Form):
    """Why a step is taken; kept with the decision."""

    reason = forms.CharField(
        label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "必须填写理由"},
    )  # fmt: skip
