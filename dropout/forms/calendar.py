"""A dated duty, the filter of tasks, and a task done by hand."""

from django import forms

from dropout.enums import DutyCode, DutyPlace, SixSystem
from dropout.models import CalendarDuty
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.files.forms import ScanField
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField

MONTHS = [(month, f"{month}月") for month in range(1, 13)]


def _number(label: str, low: int, high: int, **kwargs) -> forms.IntegerField:
    small = forms.TextInput(attrs={"inputmode": "numeric", "size": 4})
    return forms.IntegerField(label=label, min_value=low, max_value=high, widget=small, **kwargs)


class DutyForm(forms.Form):
    name = CellField(cells.clean_text, label="事项", required=True, max_length=40)
    task = CellField(cells.clean_text, label="要求", max_length=200)
    place = forms.ChoiceField(label="责任单位", choices=DutyPlace.choices)
    months = forms.TypedMultipleChoiceField(
        label="月份", choices=MONTHS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    day = _number("截止日", 1, 31, help_text="当月没有这一天的，为当月最后一天")
    lead = _number("提前天数", 0, 365, help_text="截止前这么多天开始，并提醒责任单位")
    system = forms.ChoiceField(label="六项制度", required=False, choices=[("", "不属于"), *SixSystem.choices])
    code = forms.ChoiceField(
        label="自动办结", required=False, choices=[("", "由责任单位登记办结"), *DutyCode.choices],
        help_text="选了的，在对应的页面办完后自动办结",
    )  # fmt: skip
    is_active = forms.BooleanField(label="在用", required=False)


class TaskFilter(TownshipFilter):
    duty = forms.ModelChoiceField(
        CalendarDuty.objects.none(), label="事项", required=False, empty_label="全部"
    )
    month = forms.ChoiceField(label="月份", required=False, choices=[("", "全部"), *MONTHS])
    field_order = ["duty", "month", "township"]

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["duty"].queryset = CalendarDuty.objects.visible_to(user, permission)


class DoneForm(forms.Form):
    note = CellField(
        cells.clean_text, label="办理情况", required=True, max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="何时、何人、做了什么、有什么意见；不要写身份证号",
    )  # fmt: skip
    scan = ScanField(label="佐证材料（照片或扫描件）", required=False)
