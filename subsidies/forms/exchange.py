"""Letters between counties: who is asked, what came back, what another county asks of us."""

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.sealing.handover import KeyMistyped, read_key

_WORKBOOK = "xlsx、xls 或 csv"


class ExchangeForm(forms.Form):
    """Which places of study are asked together, and who gets the letter."""

    regions = forms.MultipleChoiceField(
        label="就读地", widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一个就读地", "invalid_choice": "所选就读地已没有需要核实的学生，请重新选择"},
        help_text="同一个县写法不同的，一起勾选",
    )  # fmt: skip
    recipient = forms.CharField(
        label="收件单位", max_length=80, help_text="就读地教育局或资助管理中心，如“遵义市红花岗区教育局”"
    )

    def __init__(self, *args, regions: list[dict], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["regions"].choices = [
            (row["outside_region"], f"{row['outside_region'] or '（没有填写）'}　{row['to_ask']} 人")
            for row in regions
            if row["to_ask"]
        ]


class ReplyForm(forms.Form):
    """The other county's answered list, and the day of its letter."""

    workbook = forms.FileField(
        label="答复名单", help_text=f"{_WORKBOOK}；对方填好“是否资助”的那份名单",
        error_messages={"required": "请选择答复名单", "empty": "文件是空的，请重新选择"},
    )  # fmt: skip
    answered_on = forms.DateField(label="复函日期", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, sent_on, **kwargs):
        super().__init__(*args, **kwargs)
        self.sent_on = sent_on

    def clean_answered_on(self):
        day = self.cleaned_data["answered_on"]
        if day > today():
            raise forms.ValidationError("复函日期不能晚于今天。")
        if self.sent_on and day < self.sent_on:
            raise forms.ValidationError(f"复函日期不能早于发函日期 {self.sent_on}。")
        return day


class InquiryForm(forms.Form):
    """Another county's list, its key, and who asks."""

    asker = forms.CharField(label="来函单位", max_length=80)
    term = forms.ModelChoiceField(Term.objects.all(), label="学期", empty_label=None)
    workbook = forms.FileField(
        label="来函名单", help_text=f"{_WORKBOOK}；来函单位发来的核实名单，不用改动",
        error_messages={"required": "请选择来函名单", "empty": "文件是空的，请重新选择"},
    )  # fmt: skip
    key = forms.CharField(
        label="密钥", max_length=120, help_text="密钥函上的 9 组字符；大小写、空格、短横线不影响",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_key(self):
        try:
            return read_key(self.cleaned_data["key"])
        except KeyMistyped as mistyped:
            raise forms.ValidationError(str(mistyped)) from mistyped
