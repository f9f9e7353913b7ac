"""Fields of forms that read what is typed as a workbook's cells are read."""

from django import forms

from . import cells
from .dates import clean_date


class CellField(forms.CharField):
    """A text cleaned by the very function that cleans the same column of a workbook."""

    def __init__(self, cleaner, **kwargs):
        super().__init__(required=kwargs.pop("required", False), **kwargs)
        self.cleaner = cleaner

    def to_python(self, value):
        try:
            return self.cleaner(super().to_python(value)).value
        except cells.CellError as error:
            raise forms.ValidationError(error.message, code=error.code) from None


class ReasonField(CellField):
    """Why somebody does what the form is for: asked always, in at most 200 characters."""

    def __init__(self, *, label="理由"):
        super().__init__(
            cells.clean_text,
            label=label,
            required=True,
            max_length=200,
            widget=forms.Textarea(attrs={"rows": 2}),
        )


class DayField(forms.Field):
    """A day typed as 2013-07-31 or any way a workbook may have it."""

    def to_python(self, value):
        try:
            return clean_date(value).value
        except cells.CellError as error:
            raise forms.ValidationError(error.message, code=error.code) from None


class LongText(CellField):
    def __init__(self, *, label: str, max_length: int = 300, **kwargs):
        super().__init__(
            cells.clean_text,
            label=label,
            max_length=max_length,
            widget=forms.Textarea(attrs={"rows": 2}),
            **kwargs,
        )


class ShortText(CellField):
    def __init__(self, *, label: str, max_length: int, **kwargs):
        super().__init__(cells.clean_text, label=label, max_length=max_length, **kwargs)
