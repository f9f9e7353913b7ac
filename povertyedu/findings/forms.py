"""Filter of the list, and what is typed of a finding and its steps."""

import datetime as dt

from django import forms

from povertyedu.accounts.filters import TownshipFilter, townships_of
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Area, Person, School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField, ReasonField

from .enums import FindingSource

USUAL_DAYS = 30


class FindingsFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    source = forms.ChoiceField(label="来源", required=False, choices=[("", "全部"), *FindingSource.choices])
    late = forms.ChoiceField(label="时限", required=False, choices=[("", "全部"), ("late", "逾期的")])
    q = forms.CharField(
        label="问题",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "问题或来源"}),
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).order_by("name")


def _long_text(label: str, **kwargs) -> CellField:
    return CellField(
        cells.clean_text, label=label, max_length=kwargs.pop("max_length", 500), widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )  # fmt: skip


class FindingForm(forms.Form):
    """One problem at one place: a township, or a school."""

    source = forms.ChoiceField(label="来源", choices=FindingSource.choices)
    origin = CellField(
        cells.clean_text, label="来源说明", max_length=120, help_text="如“2026年上半年专项督导”"
    )
    title = CellField(cells.clean_text, label="问题", required=True, max_length=200)
    text = _long_text("具体情况", max_length=1000)
    township = forms.ModelChoiceField(
        Area.objects.none(), label="责任乡镇", required=False, empty_label="（不是乡镇的）"
    )
    school = forms.ModelChoiceField(
        School.objects.none(), label="责任学校", required=False, empty_label="（不是学校的）",
        help_text="责任乡镇和责任学校选一个",
    )  # fmt: skip
    due_on = DayField(label="整改期限", help_text="这一天是最后一天")

    def __init__(self, *args, user, permission, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["township"].queryset = townships_of(user, permission)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )
        self.fields["due_on"].initial = today() + dt.timedelta(days=USUAL_DAYS)

    def clean(self):
        data = super().clean()
        if bool(data.get("township")) == bool(data.get("school")):
            self.add_error("school", "责任乡镇和责任学校请选一个，只选一个。")
        if (due := data.get("due_on")) and due < today():
            self.add_error("due_on", "整改期限不能早于今天。")
        return data


class PlanForm(forms.Form):
    measure = _long_text("整改措施", required=True, max_length=1000, help_text="怎么改、谁来改、分几步")
    owner = forms.ModelChoiceField(
        Person.objects.none(), label="责任人", required=False, empty_label="（暂不指定）"
    )

    def __init__(self, *args, finding, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["measure"].initial = finding.measure
        self.fields["owner"].initial = finding.owner_id
        place = {"school": finding.school} if finding.school_id else {"area": finding.area}
        self.fields["owner"].queryset = Person.objects.filter(**place)


class FinishForm(forms.Form):
    result = _long_text("整改结果", required=True, max_length=1000)
    scan = ScanField(label="佐证材料（照片或扫描件）")


class RecheckForm(forms.Form):
    reason = _long_text("复核情况", required=True, help_text="怎样复核、看到了什么")


class CloseForm(forms.Form):
    reason = _long_text("说明")


class SendBackForm(forms.Form):
    reason = ReasonField(label="退回原因")
    due_on = DayField(label="新的期限", required=False, help_text="不改期限的不填")


class ReopenForm(forms.Form):
    reason = ReasonField(label="重新整改的原因")
    due_on = DayField(label="新的期限")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = today() + dt.timedelta(days=USUAL_DAYS)
