"""Forms of money that comes back."""

from decimal import Decimal

from django import forms

from subsidies.enums import RecoveryMethod, RecoveryState


class RecoveryForm(forms.Form):
    """How overpaid money is to come back, and why it must."""

    method = forms.ChoiceField(label="追回方式", choices=RecoveryMethod.choices, widget=forms.RadioSelect)
    reason = forms.CharField(
        label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="如：复核发现本学期走读，不应享受寄宿生补助",
    )  # fmt: skip


class ReturnedForm(forms.Form):
    """Money that came back, in yuan, with its voucher."""

    amount = forms.DecimalField(
        label="退回金额（元）", min_value=Decimal("0.01"), max_digits=10, decimal_places=2
    )
    note = forms.CharField(label="凭证号或说明", max_length=200)

    @property
    def amount_fen(self) -> int:
        return int(self.cleaned_data["amount"] * 100)


class RecoveryFilterForm(forms.Form):
    """Which recoveries; in the address."""

    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *RecoveryState.choices])

    @property
    def state_wanted(self) -> str:
        return self.cleaned_data.get("state", "") if self.is_valid() else ""
