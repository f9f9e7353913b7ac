"""What is typed of a plan, a visit and a lesson at home."""

import uuid

from django import forms

from dropout.enums import Cause, Line, Means, Met, Placement, VisitResult, VisitWay
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

from .cases import SENSITIVE, long_text


class PhotoField(ScanField):
    """A photo taken on the spot: the telephone's camera is offered, and script makes it smaller before it is sent."""

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": "image/*", "data-shrink": ""}))
        super().__init__(**kwargs)


class PlanForm(forms.Form):
    causes = forms.TypedMultipleChoiceField(
        label="辍学原因", choices=Cause.choices, coerce=int, widget=forms.CheckboxSelectMultiple, help_text=SENSITIVE
    )  # fmt: skip
    situation = long_text("具体情况", help_text=SENSITIVE)
    means = forms.TypedMultipleChoiceField(
        label="控辍办法", required=False, choices=Means.choices, coerce=int, widget=forms.CheckboxSelectMultiple
    )  # fmt: skip
    measures = long_text("措施", required=True, help_text="谁做什么、怎么做，如学业辅导、家庭帮扶、心理疏导")
    placement = forms.ChoiceField(
        label="安置方式", required=False, choices=[("", "未定"), *Placement.choices]
    )
    leader = forms.ChoiceField(label="牵头人", required=False, help_text="两条线上的责任人之一")
    target_on = DayField(label="目标日期", help_text="争取哪天返校")

    def __init__(self, *args, leaders: list[tuple], plan=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["leader"].choices = [("", "未定"), *leaders]
        if plan:
            for name in ("situation", "measures", "placement", "target_on"):
                self.fields[name].initial = getattr(plan, name)
            self.fields["leader"].initial = plan.leader_id
            self.fields["means"].initial = [each for each in Means.values if plan.means & each]
            self.fields["causes"].initial = [cause for cause in Cause.values if plan.causes & cause]

    def clean_target_on(self):
        day = self.cleaned_data["target_on"]
        if day < today():
            raise forms.ValidationError("目标日期应在今天或以后。")
        return day


class _Report(forms.Form):
    """Sent from the village over a weak line: the token makes sending it again harmless."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    on = DayField(label="日期")
    photo = PhotoField(label="照片", required=False)

    def __init__(self, *args, token: uuid.UUID, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["token"].initial, self.fields["on"].initial = token, today()


class VisitForm(_Report):
    way = forms.ChoiceField(label="方式", choices=VisitWay.choices)
    met = forms.ChoiceField(label="见到的人", choices=[("", "请选择"), *Met.choices])
    result = forms.ChoiceField(label="结果", choices=[("", "请选择"), *VisitResult.choices])
    text = long_text("情况", required=True, help_text=SENSITIVE)
    visitor = CellField(cells.clean_person_name, label="走访人", required=True, max_length=60)
    line = forms.ChoiceField(label="哪条线", help_text="替哪条线走访，就算哪条线的任务")
    field_order = ["on", "way", "met", "result", "text", "photo", "visitor", "line", "token"]

    def __init__(self, *args, visitor: str, lines: list[Line], **kwargs):
        """``lines``: those the user works for; who works for one is not asked."""
        super().__init__(*args, **kwargs)
        self.lines, line = lines, self.fields["line"]
        self.fields["visitor"].initial = visitor
        line.choices, line.initial = [(each.value, each.label) for each in lines], Line.EDUCATION
        if len(lines) == 1:
            del self.fields["line"]

    def clean(self):
        data = super().clean()
        return data | {"line": self.lines[0]} if len(self.lines) == 1 else data


class LessonForm(_Report):
    lessons = forms.IntegerField(label="课时", min_value=1, max_value=8)
    subject = CellField(cells.clean_text, label="内容", required=True, max_length=120)
    teacher = CellField(cells.clean_person_name, label="送教教师", required=True, max_length=60)
    remark = long_text("学习情况", max_length=300, help_text=SENSITIVE)
    field_order = ["on", "lessons", "subject", "teacher", "remark", "photo", "token"]

    def __init__(self, *args, teacher: str, lessons: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["teacher"].initial, self.fields["lessons"].initial = teacher, lessons
