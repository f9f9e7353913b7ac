"""The second person's answer to a change."""

from django import forms


class ChangeAnswerForm(forms.Form):
    reason = forms.CharField(
        label="不同意的理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="同意的不用填；提出人会看到，不要写号码",
    )  # fmt: skip
