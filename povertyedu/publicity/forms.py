from django import forms


class ObjectionForm(forms.Form):
    """What somebody holds against one name on a list."""

    subject = forms.ChoiceField(label="学生和项目")
    text = forms.CharField(
        label="异议内容",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="反映的是什么问题，依据是什么",
    )
    raised_by = forms.CharField(label="反映人", max_length=60, required=False, help_text="可不填（匿名）")

    def __init__(self, *args, people: list[tuple[str, str]], person: str = "学生和项目", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["subject"].label = person
        self.fields["subject"].choices = [("", "请选择"), *people]


class AnswerForm(forms.Form):
    """How an objection was settled, in words."""

    result = forms.ChoiceField(
        label="处理结果",
        choices=[],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label="核查情况",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="怎样核查、结论是什么",
    )

    def __init__(self, *args, dismissed: str, upheld: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["result"].choices = [("dismissed", dismissed), ("upheld", upheld)]
