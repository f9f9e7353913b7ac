from django import forms


class ReasonForm(forms.Form):
    """Why personal data is opened; kept in the access log."""

    reason = forms.CharField(
        label="查看原因",
        min_length=2,
        max_length=200,
        error_messages={
            "required": "请填写查看原因，原因将记入日志。",
            "min_length": "请把查看原因写具体些，至少 2 个字。",
        },
    )


class RevealForm(ReasonForm):
    """Ask for one number in clear."""


class ExportForm(ReasonForm):
    """Ask for the current list as a workbook; numbers in clear only for those who may reveal them."""

    LAYOUTS = (("list", "名单"), ("roster", "花名册（可以再导入，列与导入模板相同）"))
    layout = forms.ChoiceField(label="导出的列", widget=forms.RadioSelect, required=False, initial="list")
    numbers = forms.ChoiceField(
        label="证件号和账号",
        choices=[("masked", "隐去中间几位"), ("full", "完整号码")],
        initial="masked",
        widget=forms.RadioSelect,
    )

    def __init__(self, *args, may_reveal: bool, sets=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["layout"].choices = [*self.LAYOUTS, *((str(key), name) for key, name in sets)]
        self.fields["reason"].label = "导出用途"
        self.fields["reason"].help_text = "写明用在哪里、给谁，将与导出人、时间一起记入日志"
        self.fields["reason"].error_messages["required"] = "请填写导出用途，用途将记入日志。"
        if not may_reveal:
            self.fields["numbers"].choices = [("masked", "隐去中间几位")]

    def clean(self):
        data = super().clean()
        if data.get("layout") == "roster" and data.get("numbers") == "masked":
            self.add_error("layout", "隐去号码的花名册不能再导入；请选“完整号码”，或改选“名单”。")
        return data
