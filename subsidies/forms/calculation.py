"""Which recalculations of a term are shown."""

from django import forms

from students.enums import ChangeCause
from subsidies.enums import RunCause


class RunsForm(forms.Form):
    """Runs by what set them off, or by what had changed before them; read from the address."""

    term = forms.CharField(required=False, widget=forms.HiddenInput)
    cause = forms.ChoiceField(label="起因", required=False)

    def __init__(self, data):
        super().__init__(data, auto_id="filter_%s")
        by_code = dict(RunCause.choices) | dict(ChangeCause.choices)
        self.fields["cause"].choices = [("", "全部"), *by_code.items()]

    @property
    def chosen(self) -> str:
        return self.cleaned_data.get("cause", "") if self.is_valid() else ""
