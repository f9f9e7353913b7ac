"""Forms of the fund book: granted, arrived, contracted, paid, and what needs another person."""

from django import forms

from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.ui.numerals import yuan
from povertyedu.workbooks.fields import DayField, ReasonField
from projects.enums import FundSource
from projects.models import ContractPart, FundLine, Project

from .fields import AmountField, ShortText


class OfProjectForm(forms.Form):
    """A form about one project: its fund lines and parts of contracts are told with what is left."""

    def __init__(self, *args, project: Project, **kwargs):
        super().__init__(*args, **kwargs)
        self.project = project
        if "line" in self.fields:
            lines = FundLine.objects.filter(project=project)
            self.fields["line"].queryset = lines
            self.fields["line"].label_from_instance = _line_words
        if "part" in self.fields:
            parts = ContractPart.objects.filter(contract__project=project).select_related("contract", "line")
            self.fields["part"].queryset = parts
            self.fields["part"].label_from_instance = _part_words
        if "on" in self.fields:
            self.fields["on"].initial = today()


def _line_words(line: FundLine) -> str:
    return f"{line.get_source_display()}（预算 {yuan(line.budget_fen)}，到位 {yuan(line.arrived_fen)}，可签约 {yuan(line.free_fen)}）"


def _part_words(part: ContractPart) -> str:
    return f"{part.contract.number} {part.line.get_source_display()}（合同 {yuan(part.contracted_fen)}，未付 {yuan(part.left_fen)}）"


class GrantForm(OfProjectForm):
    source = forms.ChoiceField(label="资金来源", choices=FundSource.choices)
    amount_fen = AmountField(label="金额（元）")
    on = DayField(label="下达日期")
    document = ShortText(label="文号", max_length=80, required=True)


class ArriveForm(OfProjectForm):
    line = forms.ModelChoiceField(FundLine.objects.none(), label="资金来源", empty_label="请选择")
    amount_fen = AmountField(label="到位金额（元）")
    on = DayField(label="到位日期")
    document = ShortText(label="文号或凭证号", max_length=80)


class ContractForm(OfProjectForm):
    number = ShortText(label="合同编号", max_length=60, required=True)
    contractor = ShortText(label="承包单位（供应商）", max_length=80, required=True)
    signed_on = DayField(label="签订日期")
    due_on = DayField(label="合同竣工（交货）日期", required=False)
    scan = ScanField(label="合同扫描件", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for line in FundLine.objects.filter(project=self.project):
            self.fields[f"part_{line.source}"] = AmountField(
                label=f"{line.get_source_display()}承担（元）",
                required=False,
                help_text=f"还能签约 {yuan(line.free_fen)} 元",
            )

    @property
    def parts(self) -> dict[str, int]:
        data = self.cleaned_data
        return {
            name.removeprefix("part_"): fen for name, fen in data.items() if name.startswith("part_") and fen
        }


class PayForm(OfProjectForm):
    part = forms.ModelChoiceField(ContractPart.objects.none(), label="合同和来源", empty_label="请选择")
    amount_fen = AmountField(label="支付金额（元）")
    on = DayField(label="支付日期")
    document = ShortText(label="凭证号", max_length=80, required=True)


class TransferForm(OfProjectForm):
    """Money from a source of this project to another source, here or in another project."""

    line = forms.ModelChoiceField(FundLine.objects.none(), label="调出", empty_label="请选择")
    to_code = ShortText(label="调入项目编号", max_length=20, help_text="调入本项目的不填")
    to_source = forms.ChoiceField(label="调入来源", choices=FundSource.choices)
    amount_fen = AmountField(label="调剂金额（元）")
    reason = ReasonField()


NOT_NEEDED = "批准过、没有用的不要了，写负数"


class ChangeForm(OfProjectForm):
    part = forms.ModelChoiceField(ContractPart.objects.none(), label="合同和来源", empty_label="请选择")
    amount_fen = AmountField(
        label="合同增减额（元）", required=False, signed=True, help_text="减少的写负数，不变的不填"
    )
    days = forms.IntegerField(label="延长天数", required=False, min_value=0, max_value=1000)
    reason = ReasonField()

    def clean(self):
        data = super().clean()
        if not data.get("amount_fen") and not data.get("days") and not self.errors:
            self.add_error("amount_fen", "合同金额和工期至少变更一项。")
        return data


class OverContractForm(OfProjectForm):
    line = forms.ModelChoiceField(FundLine.objects.none(), label="资金来源", empty_label="请选择")
    amount_fen = AmountField(label="超预算金额（元）", signed=True, help_text=NOT_NEEDED)
    reason = ReasonField()


class OverPayForm(OfProjectForm):
    part = forms.ModelChoiceField(ContractPart.objects.none(), label="合同和来源", empty_label="请选择")
    amount_fen = AmountField(label="超合同金额（元）", signed=True, help_text=NOT_NEEDED)
    reason = ReasonField()
