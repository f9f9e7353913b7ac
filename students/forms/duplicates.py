from django import forms


class PairForm(forms.Form):
    """Which of two records to keep, and why."""

    keeper = forms.TypedChoiceField(
        label="保留哪一份档案",
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择保留哪一份档案。"},
    )
    reason = forms.CharField(
        label="说明", required=False, max_length=200, help_text="怎样核实的，如：查户口簿、电话联系监护人"
    )

    def __init__(self, *args, pair, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["keeper"].choices = [
            (pair.first_id, f"甲：{pair.first.name}（档案 {pair.first_id}）"),
            (pair.second_id, f"乙：{pair.second.name}（档案 {pair.second_id}）"),
        ]


class BlockForm(forms.Form):
    """Why an enrolment is false, or no longer."""

    reason = forms.CharField(
        label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "必须填写理由"}, help_text="写明怎样核实的；不要写身份证号",
    )  # fmt: skip
