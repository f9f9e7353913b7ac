"""What is typed when a request is decided."""

from django import forms

from povertyedu.workbooks.fields import ReasonField

from .fields import LongText


class ApproveForm(forms.Form):
    reason = LongText(label="意见", max_length=200)


class RefuseForm(forms.Form):
    reason = ReasonField(label="不批准的理由")
