"""Forms of 资金管理."""

from django import forms

from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.workbooks.cells import CellError, clean_yuan_to_fen
from subsidies.actions.funds import LARGEST_FEN, NewReceipt
from subsidies.enums import Kind, fund_sources
from subsidies.models import Programme

SCAN_MEGABYTES = 20


class YuanField(forms.CharField):
    """An amount written in yuan, given as whole fen."""

    def __init__(self, **kwargs):
        super().__init__(max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs)

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            fen = clean_yuan_to_fen(text).value
        except CellError as error:
            raise forms.ValidationError(error.message) from error
        if fen is None or not 0 < fen <= LARGEST_FEN:
            raise forms.ValidationError("金额应大于零，且不超过一千亿元；单位是元，请核对。")
        return fen


class ReceiptForm(forms.Form):
    """Money that came in, as its document says."""

    number = forms.CharField(label="指标文号", max_length=80, help_text="如：云财教〔2026〕36号")
    source = forms.ChoiceField(label="资金来源", choices=[("", "请选择"), *fund_sources()])
    amount = YuanField(label="金额（元）")
    received_on = forms.DateField(
        label="到账日期", widget=forms.DateInput({"placeholder": "如 2026-09-01", "autocomplete": "off"}, "%Y-%m-%d")
    )  # fmt: skip
    year = forms.IntegerField(label="预算年度", min_value=2000, max_value=2100)
    term = forms.ModelChoiceField(
        Term.objects.none(), label="学期", required=False, empty_label="全年，不分学期",
        help_text="文件写明只用于某个学期的才选",
    )  # fmt: skip
    programmes = forms.MultipleChoiceField(
        label="可用项目", widget=forms.CheckboxSelectMultiple, help_text="专款专用：只能用于勾选的项目",
        error_messages={"required": "请至少勾选一个项目：专款专用，文件定了用途"},
    )  # fmt: skip
    note = forms.CharField(label="备注", required=False, max_length=200)
    scan = ScanField(label="文件扫描件", required=False, megabytes=SCAN_MEGABYTES, more="；以后也可以补传")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["term"].queryset = Term.objects.all()
        self.fields["programmes"].choices = [
            (programme.pk, f"{programme.name}（{programme.get_kind_display()}）")
            for programme in Programme.objects.exclude(kind=Kind.LOAN)
        ]
        self.fields["year"].initial = today().year
        self.fields["received_on"].initial = today

    def clean_number(self):
        return " ".join(self.cleaned_data["number"].split())

    def clean_received_on(self):
        day = self.cleaned_data["received_on"]
        if day > today():
            raise forms.ValidationError("到账日期不能晚于今天；还没有到账的不登记。")
        if day.year < 2000:
            raise forms.ValidationError("到账日期太早，请核对年份。")
        return day

    def clean(self):
        data = super().clean()
        term, year = data.get("term"), data.get("year")
        if term and year and term.year != year:
            self.add_error("year", f"{term}属于 {term.year} 年，与预算年度不一致；请核对，或不选学期。")
        return data

    @property
    def receipt(self) -> NewReceipt:
        data = self.cleaned_data
        return NewReceipt(
            number=data["number"], source=data["source"], programmes=tuple(data["programmes"]),
            received_on=data["received_on"], amount_fen=data["amount"], year=data["year"],
            term=data["term"].pk if data["term"] else None, note=data["note"],
        )  # fmt: skip


class ScanForm(forms.Form):
    """A further scan of a receipt's document."""

    scan = ScanField(label="文件扫描件", megabytes=SCAN_MEGABYTES)


class ReceiptFilterForm(forms.Form):
    """Which receipts a list shows; read from the address."""

    source = forms.ChoiceField(label="资金来源", required=False, choices=[("", "全部"), *fund_sources()])
    year = forms.IntegerField(label="预算年度", required=False, min_value=2000, max_value=2100)
    q = forms.CharField(label="文号", required=False, max_length=80)

    def narrow(self, receipts):
        """Return those of ``receipts`` that match; a filter that is not valid matches nothing."""
        if not self.is_valid():
            return receipts.none()
        wanted = self.cleaned_data
        found = {"source": wanted["source"], "year": wanted["year"], "number__icontains": wanted["q"]}
        return receipts.filter(**{lookup: value for lookup, value in found.items() if value})

    @property
    def applied(self) -> str:
        if not self.is_valid():
            return "筛选条件不对，请重置"
        names = dict(fund_sources())
        words = [
            f"{self.fields[name].label}：{names.get(value, value)}"
            for name, value in self.cleaned_data.items()
            if value
        ]
        return "；".join(words)


class SpanForm(forms.Form):
    """What is reconciled: a term, a budget year, or everything."""

    span = forms.ChoiceField(label="范围", required=False)

    def __init__(self, *args, years, **kwargs):
        super().__init__(*args, **kwargs)
        self.terms = {term.pk: term for term in Term.objects.all()}
        self.fields["span"].choices = [
            *((code, str(term)) for code, term in self.terms.items()),
            *((str(year), f"{year} 年") for year in years),
            ("all", "全部学期"),
        ]
