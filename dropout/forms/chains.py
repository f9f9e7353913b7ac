"""Filters of the chains' pages, and what is typed of a link, a post and its end."""

from django import forms

from dropout.enums import Lack
from dropout.models import ChainLink
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from students.forms.identity import CellField, DayField, ReasonField
from students.queries import READINGS


class PlacesFilter(TownshipFilter):
    q = forms.CharField(
        label="名称",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "地方、学校或学生"}),
    )
    field_order = ["township", "q"]


class GapsFilter(TownshipFilter):
    by = forms.ChoiceField(label="乡镇指", required=False, choices=list(READINGS.items()))
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    stage = forms.ChoiceField(label="学段", required=False, choices=[("", "全部"), *Stage.choices])
    link = forms.ModelChoiceField(ChainLink.objects.none(), label="层级", required=False, empty_label="全部")
    lack = forms.ChoiceField(label="情形", required=False, choices=[("", "全部"), *Lack.choices])

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).order_by("name")
        self.fields["link"].queryset = ChainLink.objects.active()


class LinkForm(forms.ModelForm):
    """A new link of a line, or another name for one."""

    class Meta:
        model = ChainLink
        fields = ["line", "place_kind", "label", "from_homeroom"]
        labels = {"from_homeroom": "责任人就是“学校班级”里登记的班主任"}
        help_texts = {
            "label": "如“乡镇领导包村”；导入名册时按这个名称认",
            "place_kind": "这一层级的每个人负责一个什么地方",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            for name in ("line", "place_kind", "from_homeroom"):
                del self.fields[name]

    def clean_label(self):
        label = "".join(self.cleaned_data["label"].split())
        line = self.cleaned_data.get("line") or self.instance.line
        same = ChainLink.objects.active().filter(line=line, label=label).exclude(pk=self.instance.pk)
        if same.exists():
            raise forms.ValidationError("这条线上已有同名的层级，请换一个名称。")
        return label


class AppointForm(forms.Form):
    """Who is put in office at a place, and from when; name and phone find a person that is known."""

    name = CellField(cells.clean_person_name, label="姓名", required=True, max_length=60)
    phone = CellField(
        cells.clean_phone,
        label="电话",
        required=True,
        max_length=30,
        help_text="姓名、电话相同的视为同一人，不会重复登记",
    )
    title = CellField(cells.clean_text, label="职务", max_length=60)
    since = DayField(label="任职起", help_text="如 2026-09-01；这里有人在任的，前任到前一天为止")
    until = DayField(label="任职止", required=False, help_text="任期有期限的填写，没有的不填")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today()

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "任职止早于任职起，请核对。")
        return cleaned


class EndForm(forms.Form):
    until = DayField(label="任职止", help_text="这一天还在任")
    reason = ReasonField(label="原因")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = today()
