"""What is typed of a report."""

from django import forms

from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, ReasonField


class SubmitForm(forms.Form):
    conclusion = CellField(
        cells.clean_text, label="情况说明、会商意见", max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="没有辍学、疑似辍学的写“零报告”；不要写病情、宗教等个人隐私",
    )  # fmt: skip


class ReturnForm(forms.Form):
    reason = ReasonField(label="退回理由")
