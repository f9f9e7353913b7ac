"""What is typed of heads' terms of office."""

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.workbooks.fields import DayField, ReasonField
from teachers.models import Appointment, HeadTerm

from .deployment import TeacherField


class HeadTermFilter(TownshipFilter):
    q = forms.CharField(label="姓名、工号", required=False, max_length=40)


class DaysForm(forms.Form):
    """Which term, from when to when."""

    number = forms.IntegerField(label="第几届", min_value=1, max_value=9)
    since = DayField(label="起")
    until = DayField(label="止")

    def clean(self):
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and until <= since:
            self.add_error("until", "任期的止日应晚于起日。")
        return data


class HeadTermForm(DaysForm):
    """A term of office of a head at the school where they hold their post."""

    teacher = TeacherField(label="校长（副校长）", help_text="工号或全名")
    field_order = ["teacher", "number", "since", "until"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["teacher"].posts = Appointment.objects.visible_to(user, P.EDIT_TEACHERS).in_force()


class HeadTermCorrection(DaysForm):
    reason = ReasonField(label="更正理由")

    def __init__(self, *args, term: HeadTerm, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {"number": term.number, "since": term.since, "until": term.until}


class WhyForm(forms.Form):
    reason = ReasonField()
