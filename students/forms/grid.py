"""One row of the class grid; each row is a form of its own, prefixed by the enrolment's key."""

from django import forms

from povertyedu.workbooks import cells
from students.actions.grid import Cells

from .identity import CellField, MealDaysField


class GridRowForm(forms.Form):
    """Boarding, meal days (empty: the term's) and a new card number (empty: as it is)."""

    boarding = forms.TypedChoiceField(
        label="寄宿", choices=[("1", "寄宿"), ("0", "走读")], coerce=lambda value: value == "1"
    )
    meal_days = MealDaysField()
    account_number = CellField(
        cells.clean_bank_account, label="新银行账号", max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "inputmode": "numeric"}),
    )  # fmt: skip
    seen = forms.CharField(required=False, max_length=64)

    def __init__(self, data=None, *, enrolment, closed: bool = False):
        self.enrolment, self.cells = enrolment, Cells.of(enrolment)
        initial = {"boarding": "1" if self.cells.boarding else "0", "meal_days": self.cells.meal_days}
        super().__init__(data, prefix=str(enrolment.pk), initial=initial)
        name = enrolment.student.name
        for column, field in enumerate(("boarding", "meal_days", "account_number")):
            label = f"{name} {self.fields[field].label}"
            self.fields[field].widget.attrs |= {"data-col": column, "aria-label": label}
            self.fields[field].disabled = closed
        # a column of numbers alone would land on whoever is next here
        self.fields["account_number"].widget.attrs["data-by-name"] = True

    def words(self) -> str:
        """Return what is wrong, in one line."""
        return "；".join(error for errors in self.errors.values() for error in errors)

    def wants_change(self) -> bool:
        """Whether what was sent differs from what the row holds now."""
        data = self.cleaned_data
        now = (self.cells.boarding, self.cells.meal_days)
        return bool(data["account_number"]) or (data["boarding"], data["meal_days"]) != now
