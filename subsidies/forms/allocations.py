"""Forms of 资金分配."""

from django import forms

from povertyedu.orgs.models import Term
from subsidies.actions.allocating import MOST_WEIGHT
from subsidies.enums import Kind, fund_sources
from subsidies.factors import DEFAULT_WEIGHTS, Factor
from subsidies.models import FundReceipt, Programme

from .funds import YuanField


class WeightsForm(forms.Form):
    """How much is shared out, and by which factors."""

    amount = YuanField(label="分配金额（元）")
    note = forms.CharField(label="说明", required=False, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for factor in Factor:
            self.fields[f"weight_{factor}"] = forms.IntegerField(
                label=factor.label, required=False, min_value=0, max_value=MOST_WEIGHT, help_text=factor.note,
                initial=DEFAULT_WEIGHTS.get(factor, 0),
                error_messages={"invalid": f"权重应为 0 到 {MOST_WEIGHT} 之间的整数"},
            )  # fmt: skip

    @property
    def weight_fields(self) -> list:
        return [self[f"weight_{factor}"] for factor in Factor]

    @property
    def weights(self) -> dict[str, int]:
        return {str(factor): self.cleaned_data.get(f"weight_{factor}") or 0 for factor in Factor}

    @staticmethod
    def initial_of(allocation) -> dict:
        """Return what the form shows of a draft."""
        weights = {f"weight_{factor}": allocation.weights.get(factor, 0) for factor in Factor}
        fen = allocation.amount_fen
        return {"amount": f"{fen // 100}.{fen % 100:02d}", "note": allocation.note} | weights


class AllocationForm(WeightsForm):
    """What is shared out: a receipt, or the money of a source for some programmes."""

    term = forms.ModelChoiceField(
        Term.objects.none(), label="学期", empty_label=None, help_text="按哪个学期的学生和测算分配"
    )
    source = forms.ChoiceField(label="资金来源", choices=[("", "请选择"), *fund_sources()])
    programmes = forms.MultipleChoiceField(
        label="项目", widget=forms.CheckboxSelectMultiple, help_text="现金项目可以一起分配；减免、供餐一次一个项目",
        error_messages={"required": "请至少勾选一个项目"},
    )  # fmt: skip
    field_order = ("term", "source", "amount", "note", "programmes")

    def __init__(self, *args, receipt: FundReceipt | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["term"].queryset = Term.objects.all()
        payable = Programme.objects.exclude(kind=Kind.LOAN)
        if receipt:
            del self.fields["source"]
            payable = payable.filter(receipts=receipt)
        self.programmes = {programme.pk: programme for programme in payable}
        self.fields["programmes"].choices = [
            (pk, f"{programme.name}（{programme.get_kind_display()}）")
            for pk, programme in self.programmes.items()
        ]

    @property
    def chosen(self) -> list[Programme]:
        return [self.programmes[pk] for pk in self.cleaned_data["programmes"]]
