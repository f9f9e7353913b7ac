"""Fields and small forms that the pages of care have in common."""

import datetime as dt
import re

from django import forms

from povertyedu.workbooks import cells
from povertyedu.workbooks.cells import compact
from povertyedu.workbooks.fields import CellField, ReasonField
from teachers.amounts import clean_yuan

_MONTH = re.compile(r"(20[0-9]{2})[-/.年]?(0?[1-9]|1[0-2])月?").fullmatch


class YuanField(CellField):
    """An amount in yuan, given as whole fen; None when nothing was typed."""

    def __init__(self, *, label: str, **kwargs):
        widget = forms.TextInput(attrs={"inputmode": "decimal", "maxlength": 16})
        super().__init__(clean_yuan, label=label, widget=widget, **kwargs)


class MonthField(forms.CharField):
    """A month typed as 2026-10; given as its first day."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.TextInput(attrs={"placeholder": "如 2026-10", "maxlength": 10}))
        super().__init__(**kwargs)

    def to_python(self, value):
        text = compact(str(value or ""))
        if not text:
            return None
        found = _MONTH(text)
        if not found:
            raise forms.ValidationError(f"月份“{text[:10]}”看不懂；请写成 2026-10。")
        return dt.date(int(found[1]), int(found[2]), 1)


class LongText(CellField):
    def __init__(self, *, label: str, max_length: int = 300, **kwargs):
        widget = forms.Textarea(attrs={"rows": 2})
        super().__init__(cells.clean_text, label=label, max_length=max_length, widget=widget, **kwargs)


class ShortText(CellField):
    def __init__(self, *, label: str, max_length: int, **kwargs):
        super().__init__(cells.clean_text, label=label, max_length=max_length, **kwargs)


class WhyForm(forms.Form):
    reason = ReasonField(label="理由")


class MaybeWhyForm(forms.Form):
    reason = LongText(label="意见", max_length=200, help_text="可以不填")

    def clean_reason(self):
        return self.cleaned_data["reason"] or ""
