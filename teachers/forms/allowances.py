"""What is typed of rates, rolls and payouts of allowances."""

from django import forms

from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.fields import DayField
from teachers.enums.allowances import AllowanceKind
from teachers.enums.registry import Remoteness
from teachers.models import AllowanceRate
from teachers.queries.allowances import month_before

from .care import MonthField, ShortText, YuanField


class RateForm(forms.Form):
    kind = forms.ChoiceField(label="补助", choices=AllowanceKind.choices)
    tier = forms.TypedChoiceField(label="偏远程度", choices=Remoteness.choices, coerce=int)
    since = MonthField(label="执行月份（起）")
    monthly_fen = YuanField(label="每月标准（元）", required=True, help_text="填 0 表示从这个月起停发")
    contract_too = forms.BooleanField(label="聘用（非在编）教师也发", required=False)
    document = ShortText(label="依据（文号）", max_length=120, required=True)
    scan = ScanField(label="文件扫描件", required=False)

    def __init__(self, *args, rate: AllowanceRate, **kwargs):
        super().__init__(*args, **kwargs)
        self.rate = rate
        if rate.pk:
            self.initial = {
                "kind": rate.kind, "tier": rate.tier, "since": f"{rate.since:%Y-%m}", "monthly_fen": f"{rate.monthly_fen / 100:.2f}",
                "contract_too": rate.contract_too, "document": rate.document,
            }  # fmt: skip


class MonthForm(forms.Form):
    kind = forms.ChoiceField(label="补助", choices=AllowanceKind.choices)
    month = MonthField(label="月份")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["month"].initial = f"{month_before(today()):%Y-%m}"


class PayForm(forms.Form):
    on = DayField(label="发放日期")
    voucher = ShortText(label="凭证号", max_length=60, required=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class RepayForm(forms.Form):
    amount_fen = YuanField(label="退回金额（元）", required=True)
    on = DayField(label="到账日期")
    voucher = ShortText(label="凭证号", max_length=60, required=True)
