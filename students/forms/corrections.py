"""Asking for leave to correct a closed term, and the answer."""

from django import forms

from povertyedu.workbooks import cells
from students.enums import TermFact

from .identity import CellField


class CorrectionForm(forms.Form):
    facts = forms.MultipleChoiceField(
        label="更正项目", choices=TermFact.choices, widget=forms.CheckboxSelectMultiple,
        help_text="批准后只能改勾选的项目",
    )  # fmt: skip
    wanted = CellField(
        cells.clean_text,
        label="应为",
        required=True,
        max_length=200,
        help_text="如：寄宿应为“是”，年级应为五年级",
    )
    reason = CellField(
        cells.clean_text,
        label="理由",
        required=True,
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class CorrectionAnswerForm(forms.Form):
    reason = forms.CharField(
        label="不同意的理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="同意的不用填；申请人会看到",
    )  # fmt: skip
