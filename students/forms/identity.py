import datetime as dt

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField, ReasonField  # noqa: F401  the whole of forms takes them from here
from students.enums import IdentityKind, Sex

MISSING_NUMBER = "请填写身份证件号码；确实没有证件的，证件类型请选“暂无证件”。"
BY_GB11643 = (IdentityKind.ID_CARD, IdentityKind.HK_MACAO_TAIWAN)


class MealDaysField(forms.IntegerField):
    """Days with a school meal in the term; empty: the term's own."""

    MOST = 140

    def __init__(self, **kwargs):
        errors = {
            "invalid": "供餐天数应为整数。",
            "max_value": f"供餐天数一学期不会超过 {self.MOST} 天。",
            "min_value": "供餐天数不能小于 0。",
        }
        super().__init__(
            label="供餐天数", required=False, min_value=0, max_value=self.MOST, error_messages=errors,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}), **kwargs,
        )  # fmt: skip


class IdentityForm(forms.Form):
    """Who the child is: the number proves birth date and sex, other documents leave them to the clerk.

    ``known`` is the student whose record is corrected: an empty number then means "unchanged".
    """

    id_kind = forms.ChoiceField(label="证件类型", choices=IdentityKind.choices, initial=IdentityKind.ID_CARD)
    id_number = forms.CharField(
        label="身份证件号码",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "spellcheck": "false"}),
        help_text="18位居民身份证号；离开输入框后自动校验并带出出生日期、性别",
    )
    birth_date = DayField(
        label="出生日期",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "如 2013-07-31"}),
    )
    sex = forms.ChoiceField(label="性别", required=False, choices=Sex.choices, widget=forms.RadioSelect)

    def __init__(self, *args, known=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.known = known
        on_file = bool(known and known.id_number)
        self.fields["id_number"].required = self._kind() != IdentityKind.NONE and not on_file
        self.fields["id_number"].error_messages["required"] = MISSING_NUMBER
        if on_file and self._kind() in BY_GB11643 and known.birth_date and known.sex:
            self._lock_proved()

    def _kind(self) -> str:
        return (self.data if self.is_bound else self.initial).get("id_kind") or IdentityKind.ID_CARD

    @property
    def proved(self) -> bool:
        """Whether birth date and sex follow from a number that has been checked."""
        return self.is_bound and bool(getattr(self, "cleaned_data", {}).get("proved"))

    def clean_birth_date(self):
        born = self.cleaned_data["birth_date"]
        if born and not dt.date(1900, 1, 1) <= born <= today():
            raise forms.ValidationError("出生日期不合理；请对照证件核对后重新填写。")
        return born

    def clean(self):
        data = super().clean()
        kind, number = data.get("id_kind"), data.get("id_number", "")
        if kind == IdentityKind.NONE:
            if number:
                self.add_error("id_number", "证件类型选了“暂无证件”，这里应留空；有证件号请改选证件类型。")
        elif number:
            self._clean_number(kind, number)
        return data

    def _clean_number(self, kind: str, number: str) -> None:
        data = self.cleaned_data
        try:
            if kind in BY_GB11643:
                number = cells.clean_id_number(number).value
                data["birth_date"] = cells.birth_date_of(number)
                data["sex"] = Sex.MALE if cells.sex_of(number) == Sex.MALE.label else Sex.FEMALE
                data["proved"] = True
                self._show_proved(data)
            else:
                number = cells.clean_code(number).value
                if not 5 <= len(number) <= 30:
                    raise cells.CellError("id_invalid", "证件号码应为5至30位；请对照证件核对后重新填写。")
        except cells.CellError as error:
            self.add_error("id_number", forms.ValidationError(error.message, code=error.code))
        else:
            data["id_number"] = number

    def _show_proved(self, data: dict) -> None:
        """Let the page show what the number proves, not to be typed over."""
        self._errors.pop("birth_date", None)
        self.data = self.data.copy()
        self.data["birth_date"], self.data["sex"] = data["birth_date"].isoformat(), str(data["sex"])
        self._lock_proved()

    def _lock_proved(self) -> None:
        self.fields["birth_date"].widget.attrs["readonly"] = True
        self.fields["birth_date"].help_text = "由身份证号带出"
        self.fields["sex"].widget.attrs["disabled"] = True
