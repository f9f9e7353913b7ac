from django import forms

from povertyedu.workbooks.fields import DayField


class AsOfForm(forms.Form):
    """The day that a programme is looked at."""

    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "如 2018-12-31"})
    )
