"""What is typed of help between schools."""

import re

from django import forms

from povertyedu.accounts.permissions import Permission as P
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School, Term
from povertyedu.workbooks.fields import DayField
from teachers.enums.mutual_help import HelpKind
from teachers.enums.registry import Subject
from teachers.models import Teacher

from .care import LongText, ShortText
from .housing import SchoolFilter


class HelpFilter(SchoolFilter):
    kind = forms.ChoiceField(label="形式", required=False, choices=[("", "全部"), *HelpKind.choices])
    term = forms.ModelChoiceField(Term.objects.all(), label="学期", required=False, empty_label="全部")
    q = forms.CharField(label="内容", required=False, max_length=40)


NOT_THERE = "这两所学校没有工号为“{}”的教师，请核对。"


class TeachersField(forms.CharField):
    """Numbers (工号) of teachers, with 、 or commas or blanks between them."""

    def __init__(self, **kwargs):
        super().__init__(
            required=False,
            max_length=300,
            widget=forms.TextInput(attrs={"placeholder": "工号，用顿号隔开"}),
            **kwargs,
        )
        self.among = Teacher.objects.none()

    def clean(self, value):
        codes = [code for code in re.split(r"[、,，;；\s]+", super().clean(value)) if code]
        found = {teacher.code: teacher for teacher in self.among.filter(code__in=codes)}
        if unknown := [code for code in codes if code not in found]:
            raise forms.ValidationError(NOT_THERE.format(unknown[0][:20]))
        return list(found.values())


class PlanForm(forms.Form):
    kind = forms.ChoiceField(label="形式", choices=HelpKind.choices)
    term = forms.ModelChoiceField(Term.objects.all(), label="学期", empty_label=None)
    from_school = forms.ModelChoiceField(School.objects.none(), label="帮扶学校", empty_label="请选择")
    to_school = forms.ModelChoiceField(School.objects.none(), label="受援学校", empty_label="请选择")
    subject = forms.ChoiceField(label="学科", required=False, choices=[("", "不分学科"), *Subject.choices])
    topic = ShortText(label="内容", max_length=120, required=True)
    teachers = TeachersField(label="教师")
    planned_on = DayField(label="（第一次）日期")
    planned_hours = forms.IntegerField(label="每次课时", min_value=1, max_value=200, initial=2)
    times = forms.IntegerField(label="次数", min_value=1, max_value=30, initial=1)
    every_weeks = forms.IntegerField(
        label="每隔几周一次", min_value=1, max_value=20, initial=1, help_text="只有一次的不用改"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.own = set(School.objects.visible_to(user, P.KEEP_MUTUAL_HELP).values_list("pk", flat=True))
        schools = School.objects.filter(is_open=True).order_by("area_id", "code")
        self.fields["from_school"].queryset = self.fields["to_school"].queryset = schools
        self.fields["teachers"].among = Teacher.objects.serving().select_related("person")

    def clean(self):
        data = super().clean()
        schools = [data.get("from_school"), data.get("to_school")]
        if all(schools):
            if not {school.pk for school in schools} & self.own:
                self.add_error(None, "帮扶学校或受援学校应是您管理的学校。")
            elif schools[0] == schools[1]:
                self.add_error("to_school", "帮扶学校和受援学校不能是同一所。")
            self._check_teachers(data.get("teachers") or [], schools)
        return data

    def _check_teachers(self, teachers: list[Teacher], schools: list[School]) -> None:
        """Another school's staff is nobody's to name, not even by number."""
        there = set(Teacher.objects.at_schools(schools).filter(pk__in=[each.pk for each in teachers]))
        for teacher in teachers:
            if teacher not in there:
                self.add_error("teachers", NOT_THERE.format(teacher.code))


class HoldForm(forms.Form):
    held_on = DayField(label="开展日期")
    held_hours = forms.IntegerField(label="实际课时", min_value=1, max_value=200)
    audience = forms.IntegerField(label="受益人次", min_value=0, max_value=100_000, initial=0)
    teachers = TeachersField(label="教师")
    summary = LongText(label="开展情况", max_length=500, required=True)
    scan = ScanField(label="佐证（签到表、照片）")

    def __init__(self, *args, activity, **kwargs):
        super().__init__(*args, **kwargs)
        schools = [activity.from_school_id, activity.to_school_id]
        self.fields["teachers"].among = Teacher.objects.serving().at_schools(schools)
        if activity.planned_on <= today():
            self.fields["held_on"].initial = activity.planned_on
        self.fields["held_hours"].initial = activity.planned_hours
        self.fields["teachers"].initial = "、".join(activity.teachers.values_list("code", flat=True))
