"""What is typed of deployments, their steps, and heads' terms."""

import datetime as dt

from django import forms
from django.db.models import Q

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.indicators.definitions import period_of
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField, ReasonField
from teachers.enums.deployment import DeploymentKind
from teachers.models import Appointment, Teacher

YEARS_SHOWN = 6


def school_years() -> list[tuple[str, str]]:
    """Return the school years to choose from, the next one first."""
    first = period_of(today()).year + 1
    return [(str(year), f"{year}—{year + 1}学年") for year in range(first, first - YEARS_SHOWN, -1)]


def open_schools():
    return School.objects.filter(is_open=True).order_by("name")


class DeploymentsFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    kind = forms.ChoiceField(label="类型", required=False, choices=[("", "全部"), *DeploymentKind.choices])
    year = forms.ChoiceField(label="学年", required=False)
    q = forms.CharField(label="姓名、工号、文号", required=False, max_length=40)
    field_order = ["year", "kind", "township", "school", "q"]

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )
        self.fields["year"].choices = [("", "全部"), *school_years()]


class TeacherField(CellField):
    """One of the teachers who hold a post in reach, by number or by full name."""

    def __init__(self, **kwargs):
        super().__init__(cells.clean_text, max_length=60, required=True, **kwargs)
        self.posts = Appointment.objects.none()

    def clean(self, value):
        word = super().clean(value)
        named = Q(teacher__code=word) | Q(teacher__person__name=word)
        found = [post.teacher for post in self.posts.filter(named).select_related("teacher__person")[:2]]
        if not found:
            raise forms.ValidationError(f"没有找到教师“{word}”；请填写工号或全名，只能是您管理的学校的教师。")
        if len(found) > 1:
            raise forms.ValidationError(f"叫“{word}”的教师不止一位，请填写工号。")
        return found[0]


class TeacherChoice(forms.ModelChoiceField):
    def label_from_instance(self, teacher):
        return f"{teacher.name}（{teacher.get_subject_display()}，{teacher.code}）"


class DeploymentForm(forms.Form):
    """Who goes where, as what, from when to when, and why."""

    teacher = TeacherField(label="教师", help_text="工号或全名")
    kind = forms.ChoiceField(label="类型", choices=DeploymentKind.choices)
    receiving = forms.ModelChoiceField(
        School.objects.none(), label="接收学校", empty_label="请选择", required=False
    )
    office = CellField(
        cells.clean_text,
        label="借调单位",
        max_length=80,
        help_text="只在借调到学校以外的单位时填写，那时不选接收学校",
    )
    since = DayField(label="起")
    until = DayField(label="止", help_text="最后一天")
    reason = CellField(
        cells.clean_text,
        label="事由",
        required=True,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    document = CellField(cells.clean_text, label="文号", max_length=80)

    def __init__(self, *args, user, teacher: Teacher | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        scope = user.scope(P.ASK_DEPLOYMENT)
        posts = Appointment.objects.visible_to(user, P.ASK_DEPLOYMENT).in_force()
        if teacher is not None:
            del self.fields["teacher"]
        elif scope.areas:
            self.fields["teacher"].posts = posts
        else:
            own = Teacher.objects.filter(pk__in=posts.values("teacher"), state="active").select_related(
                "person"
            )
            self.fields["teacher"] = TeacherChoice(
                own.order_by("person__name"), label="教师", empty_label="请选择"
            )
        self.fields["receiving"].queryset = open_schools()

    def clean_document(self):
        return self.cleaned_data["document"] or ""

    def clean_office(self):
        return self.cleaned_data["office"] or ""

    def clean(self):
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "止日不能早于起日。")
        if "office" in data and "receiving" in data:
            self._check_where(data)
        return data

    def _check_where(self, data: dict) -> None:
        to_school, office = data["receiving"] is not None, data["office"]
        if to_school and office:
            self.add_error("office", "接收学校和借调单位只填一个。")
        elif office and data.get("kind") != DeploymentKind.SECONDMENT:
            self.add_error("office", "只有借调可以到学校以外的单位；请选接收学校。")
        elif not to_school and not office:
            self.add_error("receiving", "请选接收学校；借调到学校以外的单位，填借调单位。")


class NoteForm(forms.Form):
    reason = CellField(
        cells.clean_text, label="说明", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class DocumentForm(forms.Form):
    document = CellField(cells.clean_text, label="文号", max_length=80, help_text="印在派遣函上")


class ApproveForm(DocumentForm, NoteForm):
    """One approval: its document, and a word where there is one to say."""


class WhyForm(forms.Form):
    reason = ReasonField(label="理由")


class OnForm(NoteForm):
    """A day it happened, today unless something else is typed."""

    on = DayField(label="日期")
    field_order = ["on", "reason"]

    def __init__(self, *args, day: dt.date, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = day


class EndForm(WhyForm):
    on = DayField(label="最后一天")
    field_order = ["on", "reason"]


class ExtensionForm(WhyForm):
    until = DayField(label="延长到")
    field_order = ["until", "reason"]


class RotationFilter(TownshipFilter):
    year = forms.ChoiceField(label="学年", required=False)
    field_order = ["year", "township"]

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["year"].choices = school_years()[1:]
