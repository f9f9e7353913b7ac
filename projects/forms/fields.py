"""Fields that several forms of projects have."""

from django import forms

from povertyedu.workbooks.fields import CellField, LongText, ShortText
from projects.amounts import clean_amount

__all__ = ["AmountField", "LongText", "ShortText"]


class AmountField(CellField):
    """Money as a plan writes it, in yuan unless it says 万元 or 亿元; given as whole fen above zero, or ``signed``."""

    def __init__(self, *, label: str, required: bool = True, signed: bool = False, **kwargs):
        super().__init__(
            clean_amount, label=label, required=required, widget=forms.TextInput(attrs={"inputmode": "decimal", "placeholder": "如 836.49万元", "maxlength": 24}), **kwargs,
        )  # fmt: skip
        self.signed = signed

    def to_python(self, value):
        fen = super().to_python(value)
        if fen is not None and not self.signed and fen <= 0:
            raise forms.ValidationError("金额应大于零；写错的请冲销，不填负数。")
        if fen == 0 and self.required:
            raise forms.ValidationError("金额不能是零。")
        return fen
