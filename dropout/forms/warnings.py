"""What is typed of a warning rule, and the filter of the list."""

from django import forms

from dropout.enums import OF_FACTS, WarningLevel
from dropout.models import WarningRule
from students.enums import FactKind
from students.models import CountyFact

from .attendance import SchoolFilter


class WarningFilter(SchoolFilter):
    level = forms.ChoiceField(
        label="等级", required=False,
        choices=[("", "全部"), *((level.value, level.label) for level in (WarningLevel.HIGH, WarningLevel.WATCH))],
    )  # fmt: skip


class WarningRuleForm(forms.ModelForm):
    """One band: of what, from where on, how many points."""

    fact = forms.ChoiceField(
        label="县定信息项", required=False, help_text="路程、成绩从哪个县定信息项（数量）取；其他项目不选"
    )

    class Meta:
        model = WarningRule
        fields = ["factor", "fact", "threshold", "points"]
        help_texts = {
            "threshold": "满这个数得分；成绩是不超过这个数得分。同一项目几条的，只按最高的一条",
            "points": "1 到 100 分",
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        facts = CountyFact.objects.in_use().filter(kind=FactKind.NUMBER)
        self.fields["fact"].choices = [("", "（不选）"), *facts.values_list("name", "label")]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("factor") in OF_FACTS and not cleaned.get("fact"):
            self.add_error(
                "fact", "路程、成绩要选从哪个县定信息项取；没有的，请数据管理员先在“县定信息项”里添加。"
            )
        elif cleaned.get("factor") not in OF_FACTS:
            cleaned["fact"] = ""
            self.instance.fact = ""
        return cleaned
