"""Forms of the register of teachers: filter, person, post, leaving, terms of service, titles."""

import datetime as dt

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Area, School
from povertyedu.workbooks.cells import clean_code, clean_id_number, clean_person_name, clean_phone
from povertyedu.workbooks.fields import CellField, DayField, LongText, ReasonField, ShortText
from povertyedu.workbooks.identity import birth_date_of, sex_of
from teachers.enums.registry import (
    SERVICE_YEARS,
    SERVING,
    AppointmentKind,
    Backbone,
    Origin,
    ServiceKind,
    Sex,
    Subject,
    TeacherState,
    Title,
)
from teachers.models import Appointment, SchoolPlace, Teacher

ANY = ("", "全部")
# Stages with schools in a county; universities are no county's.
STAGES = [(stage.value, stage.label) for stage in list(Stage)[:5]]


class TeachersFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    stage = forms.ChoiceField(label="学段", required=False, choices=[ANY, *STAGES])
    subject = forms.ChoiceField(label="学科", required=False, choices=[ANY, *Subject.choices])
    title = forms.ChoiceField(label="职称", required=False, choices=[ANY, *Title.choices])
    origin = forms.ChoiceField(label="来源", required=False, choices=[ANY, *Origin.choices])
    backbone = forms.ChoiceField(
        label="骨干", required=False, choices=[ANY, ("any", "各级骨干"), *Backbone.choices]
    )
    q = forms.CharField(
        label="教师",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "姓名或工号"}),
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = (
            School.objects.visible_to(user, permission).filter(is_open=True).order_by("name")
        )


class RevealForm(forms.Form):
    """Why a number is shown in clear; kept in the access log."""

    reason = forms.CharField(
        label="查看原因", min_length=2, max_length=200,
        error_messages={"required": "请填写查看原因，原因将记入日志。", "min_length": "请把查看原因写具体些，至少 2 个字。"},
    )  # fmt: skip


class TeacherForm(forms.Form):
    """Who a teacher is. The number is never shown: left empty it stays as it is."""

    name = CellField(clean_person_name, label="姓名", required=True, max_length=60)
    code = CellField(clean_code, label="工号", required=True, max_length=20)
    sex = forms.ChoiceField(label="性别", choices=Sex.choices)
    birth_on = DayField(label="出生日期")
    id_number = CellField(clean_id_number, label="身份证件号", max_length=30)
    phone = CellField(clean_phone, label="联系电话", max_length=20)
    stage = forms.ChoiceField(label="学段", choices=STAGES)
    subject = forms.ChoiceField(label="任教学科", choices=Subject.choices)
    can_teach_all = forms.BooleanField(label="能教全科（小学各科）", required=False)
    title = forms.ChoiceField(label="职称", choices=Title.choices)
    backbone = forms.ChoiceField(label="骨干教师", choices=[("", "不是"), *Backbone.choices], required=False)
    origin = forms.ChoiceField(label="来源", choices=Origin.choices)
    began_on = DayField(label="参加工作日期")
    home_area = forms.ModelChoiceField(
        Area.objects.none(), label="家庭所在地", required=False, empty_label="县外或不清楚"
    )
    willing_remote = forms.BooleanField(label="愿到偏远学校任教", required=False)
    family_care = forms.BooleanField(label="家庭需要照顾（不宜远调）", required=False)
    state = forms.ChoiceField(
        label="状态", choices=[(s.value, s.label) for s in TeacherState if s in SERVING]
    )
    remark = LongText(label="备注", max_length=200)

    def __init__(self, *args, user, teacher: Teacher | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.teacher = teacher
        areas = Area.objects.visible_to(user, P.EDIT_TEACHERS).standing().exclude(level="county")
        self.fields["home_area"].queryset = areas.order_by("code")
        if teacher is None:
            del self.fields["state"]
            schools = School.objects.visible_to(user, P.EDIT_TEACHERS).filter(is_open=True).order_by("name")
            self.fields["school"] = forms.ModelChoiceField(
                schools, label="任教学校", required=False, empty_label="暂不安排"
            )
            self.fields["since"] = DayField(label="聘任日期", required=False)
            self.fields["kind"] = forms.ChoiceField(label="编制情况", choices=AppointmentKind.choices)
            return
        self.initial = {
            column: getattr(teacher, column) for column in self.fields if hasattr(teacher, column)
        }
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.initial |= {
            "seen": teacher.fingerprint,
            "id_number": "",
            "phone": teacher.person.phone,
            "home_area": teacher.home_area_id,
        }
        if teacher.id_number:
            self.fields["id_number"].help_text = "已登记；不改的留空"

    def clean(self):
        data = super().clean()
        number, birth, began = (data.get(name) for name in ("id_number", "birth_on", "began_on"))
        if number and birth and birth_date_of(number) != birth:
            self.add_error("birth_on", f"与身份证件号里的出生日期 {birth_date_of(number)} 不一致，请核对。")
        if number and data.get("sex") and Sex(data["sex"]).label != sex_of(number):
            self.add_error("sex", "与身份证件号不一致，请核对。")
        if birth and began and began <= birth:
            self.add_error("began_on", "参加工作日期应晚于出生日期。")
        if data.get("school") and not data.get("since"):
            self.add_error("since", "安排了学校的，请填写聘任日期。")
        return data

    @property
    def facts(self) -> dict:
        """What was said of the register's own columns."""
        apart = ("seen", "name", "phone", "id_number", "school", "since", "kind")
        data = {name: value for name, value in self.cleaned_data.items() if name not in apart}
        return data | {"remark": data["remark"] or "", "backbone": data["backbone"] or ""}


class PostForm(forms.Form):
    """A post at a school; a post held now ends the day before."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    subject = forms.ChoiceField(label="任教学科", choices=Subject.choices)
    since = DayField(label="聘任日期")
    kind = forms.ChoiceField(label="编制情况", choices=AppointmentKind.choices)
    note = ShortText(label="说明（文号）", max_length=200)

    def __init__(self, *args, user, teacher: Teacher, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.visible_to(user, P.EDIT_TEACHERS).filter(is_open=True).order_by("name")
        self.fields["school"].queryset = schools
        self.fields["subject"].initial = teacher.subject
        self.fields["since"].initial = today()


class CorrectPostForm(forms.Form):
    """What a post says; its last day where it has one."""

    subject = forms.ChoiceField(label="任教学科", choices=Subject.choices)
    since = DayField(label="聘任日期")
    until = DayField(label="止任日期（最后一天）", required=False, help_text="空着是没有止任，岗位继续")
    kind = forms.ChoiceField(label="编制情况", choices=AppointmentKind.choices)
    note = ShortText(label="更正说明", max_length=200, required=True)

    def __init__(self, *args, post: Appointment, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(post, name) for name in self.fields}
        if post.until is None:
            del self.fields["until"]

    @property
    def facts(self) -> dict:
        return {"until": None} | self.cleaned_data


class LeaveForm(forms.Form):
    """The post ends on a day: on leave, retired, gone, or without a post for now."""

    state = forms.ChoiceField(label="去向", choices=[("active", "待安排岗位"), *TeacherState.choices[1:]])
    on = DayField(label="止任日期（最后一天）")
    reason = ReasonField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class TermForm(forms.Form):
    kind = forms.ChoiceField(label="种类", choices=ServiceKind.choices)
    since = DayField(label="起")
    until = DayField(label="止", required=False)
    note = ShortText(label="说明（合同号）", max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["until"].help_text = "特岗服务期不填为 3 年"

    def clean(self):
        data = super().clean()
        since, years = data.get("since"), SERVICE_YEARS.get(data.get("kind"))
        if since and not data.get("until"):
            if years is None:
                self.add_error("until", "请填写止日。")
            else:
                data["until"] = _years_after(since, years)
        if since and data.get("until") and data["until"] <= since:
            self.add_error("until", "止日应晚于起日。")
        return data


def _years_after(since, years: int):
    """Return the last day of ``years`` that begin on ``since``: 2017-09-01 and 3 give 2020-08-31."""
    try:
        return since.replace(year=since.year + years) - dt.timedelta(days=1)
    except ValueError:  # 29 February
        return dt.date(since.year + years, 2, 28)


class EndTermForm(forms.Form):
    on = DayField(label="办结日期")
    note = ReasonField(label="办结情况")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class AwardForm(forms.Form):
    """A title or a rank, one at a time."""

    what = forms.ChoiceField(
        label="职称或骨干",
        choices=[
            ("职称", [(f"title:{code}", label) for code, label in Title.choices if code != Title.NONE]),
            ("骨干教师", [(f"backbone:{code}", label) for code, label in Backbone.choices]),
        ],
    )  # fmt: skip
    on = DayField(label="取得日期")
    document = ShortText(label="文号", max_length=80)

    @property
    def given(self) -> dict:
        column, _, code = self.cleaned_data["what"].partition(":")
        return {column: code, "on": self.cleaned_data["on"], "document": self.cleaned_data["document"] or ""}


class PlaceForm(forms.ModelForm):
    """Where a school stands; both coordinates or none. ``since`` is the month from which the tier holds."""

    since = DayField(
        label="偏远程度执行日期", required=False, help_text="档次变了的填从哪个月起（某月 1 日），补助按月算；空着是更正，以前也算这一档"
    )  # fmt: skip
    document = ShortText(label="文号", max_length=120)

    class Meta:
        model = SchoolPlace
        fields = ("remoteness", "is_quality", "latitude", "longitude")

    field_order = ["remoteness", "since", "document", "is_quality", "latitude", "longitude"]

    @property
    def placed(self) -> dict:
        return {name: self.cleaned_data[name] for name in self.field_order} | {
            "document": self.cleaned_data["document"] or ""
        }
