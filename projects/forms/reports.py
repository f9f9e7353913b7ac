"""What is typed of ledgers, base tables and disclosures."""

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.fields import DayField, ReasonField
from projects.enums import DisclosureKind
from projects.models import Programme

from .fields import LongText
from .projects import YEARS


class AsOfFilter(TownshipFilter):
    """Programme, year, township, and the day that projects are looked at."""

    programme = forms.ModelChoiceField(
        Programme.objects.none(), label="规划", required=False, empty_label="全部"
    )
    year = forms.IntegerField(label="年度", required=False, **YEARS)
    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "今天，或 2018-12-31"})
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["programme"].queryset = Programme.objects.visible_to(user, permission)


class DayForm(forms.Form):
    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "今天，或 2018-12-31"})
    )


class BaseNoteForm(forms.Form):
    note = LongText(label="总体说明", max_length=1000, help_text="可不填；如到位、支付慢的主要原因")


class BaseReturnForm(forms.Form):
    reason = ReasonField(label="退回理由")


class ConfirmForm(forms.Form):
    """Nothing to type: the step itself is confirmed."""


class DrawAgainForm(forms.Form):
    on = DayField(label="截至日期")
    note = LongText(
        label="说明",
        max_length=1000,
        help_text="可不填；写政策依据、分配办法等，不要写个人姓名、电话、证件号",
    )

    def clean_on(self):
        if self.cleaned_data["on"] > today():
            raise forms.ValidationError("截至日期不能晚于今天。")
        return self.cleaned_data["on"]


class DisclosureForm(DrawAgainForm):
    kind = forms.ChoiceField(label="内容", choices=DisclosureKind.choices)
    year = forms.IntegerField(label="年度", **YEARS)
    field_order = ("kind", "year", "on", "note")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = today().year
        self.fields["on"].initial = today()
