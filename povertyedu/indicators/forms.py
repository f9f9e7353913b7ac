"""What is chosen and typed on the indicators' pages."""

import datetime as dt

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.orgs.calendar import today
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField, ReasonField

from .definitions import definitions
from .enums import PlaceKind

ANSWER_DAYS, RECTIFY_DAYS = 10, 30


class RatesFilter(TownshipFilter):
    """Narrow the table of places to a township and to what missed."""

    kind = forms.ChoiceField(
        label="单位", required=False, choices=[("", "全部"), ("township", "乡镇"), ("school", "学校")]
    )
    missed = forms.ChoiceField(label="目标", required=False, choices=[("", "全部"), ("missed", "未达标的")])


class NoticeFilter(TownshipFilter):
    code = forms.ChoiceField(label="指标", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [
            ("", "全部"),
            *((code, each.label) for code, each in definitions().items()),
        ]


class TargetForm(forms.Form):
    """One target; the same indicator, place and year again changes it."""

    code = forms.ChoiceField(label="指标")
    place_kind = forms.ChoiceField(label="适用于", choices=PlaceKind.choices)
    year = forms.IntegerField(
        label="年度", min_value=2000, max_value=2100, help_text="学年结束的那一年；以后没有另设的年度照用"
    )
    value = forms.DecimalField(label="目标（%）", min_value=0, max_value=100, max_digits=5, decimal_places=2)
    note = CellField(cells.clean_text, label="依据", required=True, max_length=200, help_text="文件和条款")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = [(code, each.label) for code, each in definitions().items()]
        self.fields["year"].initial = today().year


class DueField(DayField):
    """A deadline, today or later."""

    def to_python(self, value):
        day = super().to_python(value)
        if day is not None and day < today():
            raise forms.ValidationError("期限不能早于今天。")
        return day


class IssueForm(forms.Form):
    due_on = DueField(label="答复期限", help_text="这一天是最后一天")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = today() + dt.timedelta(days=ANSWER_DAYS)


class AnswerForm(forms.Form):
    reason = CellField(
        cells.clean_text, label="答复", required=True, max_length=500, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="原因是什么、正在怎样改、什么时候达到",
    )  # fmt: skip


class ReasonForm(forms.Form):
    reason = ReasonField(label="理由")


class ReturnForm(IssueForm):
    reason = ReasonField(label="退回原因")
    field_order = ["reason", "due_on"]


class RectifyForm(forms.Form):
    reason = ReasonField(label="整改要求")
    due_on = DueField(label="整改期限", help_text="这一天是最后一天")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = today() + dt.timedelta(days=RECTIFY_DAYS)
