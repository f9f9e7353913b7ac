"""What is typed of buildings, rooms, moving in and out, and waiting."""

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks.fields import DayField
from teachers.enums.housing import RoomState
from teachers.models import Room, Teacher

from .care import LongText, ShortText


class SchoolFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).filter(is_open=True)

    def schools(self, rows):
        """Narrow ``rows`` (schools) by what was chosen."""
        if township := self.wanted.get("township"):
            rows = rows.filter(township.scope.area_q("area_id"))
        if school := self.wanted.get("school"):
            rows = rows.filter(pk=school.pk)
        return rows


class BuildingForm(forms.Form):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    name = ShortText(label="楼名", max_length=40, required=True)
    built_in = forms.IntegerField(label="建成年份", required=False, min_value=1950, max_value=2060)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, P.KEEP_CARE).filter(is_open=True)


class RoomForm(forms.Form):
    number = ShortText(label="房号", max_length=20, required=True)
    capacity = forms.IntegerField(label="床位数", min_value=1, max_value=20, initial=2)
    area_m2 = forms.DecimalField(
        label="面积（平方米）", required=False, min_value=1, max_digits=6, decimal_places=2
    )
    state = forms.ChoiceField(label="状态", choices=RoomState.choices)

    def __init__(self, *args, room: Room, **kwargs):
        super().__init__(*args, **kwargs)
        if room.pk:
            self.initial = {name: getattr(room, name) for name in self.fields}


class TeacherField(forms.CharField):
    """A teacher by their number (工号) or, where only one has it, by name; among those the user may read."""

    def __init__(self, *, label="教师", **kwargs):
        widget = forms.TextInput(attrs={"placeholder": "工号或姓名", "maxlength": 60})
        super().__init__(label=label, max_length=60, widget=widget, **kwargs)
        self.among = Teacher.objects.none()

    def clean(self, value):
        text = super().clean(value).strip()
        if not text:
            return None
        found = self.among.filter(code=text).select_related("person").first()
        if found:
            return found
        named = list(self.among.filter(person__name=text).select_related("person")[:2])
        if len(named) == 1:
            return named[0]
        if named:
            raise forms.ValidationError(f"有几位教师叫“{text[:20]}”，请填写工号。")
        raise forms.ValidationError(f"您管理的学校没有工号或姓名是“{text[:20]}”的教师，请核对。")


class OfTeacherForm(forms.Form):
    """A form about one teacher the user looks after."""

    teacher = TeacherField()

    def __init__(self, *args, user, permission=P.KEEP_CARE, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["teacher"].among = Teacher.objects.visible_to(user, permission).serving()


class MoveInForm(OfTeacherForm):
    room = forms.ModelChoiceField(Room.objects.none(), label="房间", empty_label="请选择")
    since = DayField(label="入住日期")
    note = LongText(label="说明", max_length=200)

    def __init__(self, *args, user, rooms, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["room"].queryset = rooms.filter(state=RoomState.IN_USE).select_related("building")
        self.fields["since"].initial = today()

    def clean_note(self):
        return self.cleaned_data["note"] or ""


class MoveOutForm(forms.Form):
    until = DayField(label="退房日期")
    note = LongText(label="说明", max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].initial = today()

    def clean_note(self):
        return self.cleaned_data["note"] or ""


class AskForm(OfTeacherForm):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    asked_on = DayField(label="申请日期")
    reason = LongText(label="理由", max_length=200, required=True)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, user=user, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, P.KEEP_CARE).filter(is_open=True)
        self.fields["asked_on"].initial = today()
