"""What is typed of training: plans, courses, completion."""

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.files.forms import ScanField
from povertyedu.orgs.models import School
from povertyedu.workbooks.fields import DayField, ShortText
from teachers.enums.training import TrainingForm, TrainingLevel
from teachers.models import TrainingCourse

from .registry import TeachersFilter


class TargetForm(forms.Form):
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2060)
    level = forms.ChoiceField(
        label="级别", choices=[("", "各级合计"), *TrainingLevel.choices], required=False
    )
    form = forms.ChoiceField(label="形式", choices=[("", "各种形式"), *TrainingForm.choices], required=False)
    people = forms.IntegerField(label="计划人次", min_value=1, max_value=1_000_000)
    document = ShortText(label="依据文件", max_length=120)
    is_inferred = forms.BooleanField(label="文件没有写明年度，年度为推定", required=False)

    def clean_document(self):
        return self.cleaned_data["document"] or ""


class CourseForm(forms.ModelForm):
    name = ShortText(label="课程名称", max_length=100, required=True)
    organiser = ShortText(label="举办单位", max_length=80)
    starts_on = DayField(label="开始日期")
    ends_on = DayField(label="结束日期")
    hours = forms.IntegerField(label="学时", min_value=1, max_value=1000)
    places = forms.IntegerField(label="名额", min_value=1, max_value=50_000)

    class Meta:
        model = TrainingCourse
        fields = ("name", "level", "form", "organiser", "starts_on", "ends_on", "hours", "places", "school")

    def __init__(self, *args, schools, of_county: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools.filter(is_open=True).order_by("name")
        self.fields["school"].empty_label = "面向全县" if of_county else "请选择"
        self.fields["school"].required = not of_county

    def clean_organiser(self):
        return self.cleaned_data["organiser"] or ""

    def clean(self):
        data = super().clean()
        for name in ("starts_on", "ends_on"):
            if name not in self.errors and not data.get(name):
                self.add_error(name, "请填写日期。")
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", "结束日期不能早于开始日期。")
        return data


class SecondRoundForm(forms.Form):
    name = ShortText(label="名称", max_length=100, help_text="不填为原课程名加“（二级培训）”")
    starts_on = DayField(label="日期")
    hours = forms.IntegerField(label="学时", min_value=1, max_value=1000)
    places = forms.IntegerField(label="名额", min_value=1, max_value=2000)

    def clean_starts_on(self):
        if not self.cleaned_data["starts_on"]:
            raise forms.ValidationError("请填写日期。")
        return self.cleaned_data["starts_on"]

    def clean_name(self):
        return self.cleaned_data["name"] or ""


class CompletionForm(forms.Form):
    hours = forms.IntegerField(label="学时", min_value=1, max_value=1000)
    completed_on = DayField(label="完成日期", required=False)
    certificate = ShortText(label="证书编号", max_length=60)
    scan = ScanField(label="证书或佐证材料", required=False, more="；有证书编号的可以不传")

    def clean(self):
        data = super().clean()
        if not data.get("certificate") and not data.get("scan") and "scan" not in self.errors:
            self.add_error("certificate", "完成的要填证书编号，或上传佐证材料。")
        return data


class PickFilter(TeachersFilter):
    """Who of the teachers may be chosen for a course."""

    def __init__(self, data=None, **kwargs):
        super().__init__(data, **kwargs)
        for name in ("title", "origin"):
            del self.fields[name]


class ConfirmForm(forms.Form):
    """Nothing is typed."""


class CoverageFilter(TownshipFilter):
    years = forms.IntegerField(label="几年内", required=False, min_value=1, max_value=20)
    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "如 2020-12-31"})
    )


class UntrainedFilter(CoverageFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )
