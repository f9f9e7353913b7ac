"""What becomes of hardships that a complete list left out."""

from django import forms


class EndsForm(forms.Form):
    reason = forms.CharField(
        label="不终止的理由", required=False, max_length=200, help_text="确认终止的不用填；不要写身份证号"
    )
