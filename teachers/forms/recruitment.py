"""What is typed of recruitment: plans, channels, posts, candidates, posting, ends of service terms."""

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField, LongText, ReasonField, ShortText
from teachers.enums.recruitment import TermOutcome
from teachers.enums.registry import AppointmentKind, Origin, Subject
from teachers.models import ChannelTarget, PostLine, RecruitmentPlan, StaffGoal

ANY_STAGE = [("", "各学段"), *Stage.choices]
CHANNELS = [choice for choice in Origin.choices if choice[0] != Origin.OTHER]


class WhyForm(forms.Form):
    reason = ReasonField(label="情况说明")


class OpinionForm(forms.Form):
    reason = LongText(label="意见", max_length=200)


class AsOfForm(forms.Form):
    """The day that plan and actual are looked at."""

    on = DayField(
        label="截至", required=False, widget=forms.TextInput(attrs={"placeholder": "如 2018-12-31"})
    )


class PlanForm(forms.ModelForm):
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2060)
    name = ShortText(label="计划名称", max_length=80, required=True, help_text="如“2020 年教师补充计划”")
    document = ShortText(label="依据文件", max_length=120)
    written_percent = forms.IntegerField(
        label="笔试占比（%）", min_value=0, max_value=100, initial=60, help_text="其余为面试"
    )
    note = LongText(label="说明")

    class Meta:
        model = RecruitmentPlan
        fields = ("year", "name", "document", "written_percent", "note")

    def clean_document(self):
        return self.cleaned_data["document"] or ""

    def clean_note(self):
        return self.cleaned_data["note"] or ""


class TargetForm(forms.Form):
    channel = forms.ChoiceField(label="渠道", choices=CHANNELS)
    stage = forms.ChoiceField(label="学段", choices=ANY_STAGE, required=False)
    posts = forms.IntegerField(label="计划人数", min_value=1, max_value=20_000)
    remote_posts = forms.IntegerField(label="其中到边远学校", min_value=0, max_value=20_000, initial=0)

    def clean(self):
        data = super().clean()
        if (data.get("remote_posts") or 0) > (data.get("posts") or 0):
            self.add_error("remote_posts", "到边远学校的人数不能多于计划人数。")
        return data


class LineForm(forms.ModelForm):
    """A post line by hand; of one that is there only the number changes."""

    posts = forms.IntegerField(label="岗位数", min_value=1, max_value=200)

    class Meta:
        model = PostLine
        fields = ("target", "school", "stage", "subject", "posts", "is_remote", "reasons")
        labels = {"target": "渠道"}

    def __init__(self, *args, plan: RecruitmentPlan, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = ChannelTarget.objects.filter(plan=plan)
        self.fields["target"].empty_label = "请选择"
        schools = School.objects.visible_to(user, P.PLAN_RECRUITMENT).filter(is_open=True)
        self.fields["school"].queryset = schools.order_by("name")
        self.fields["school"].empty_label = "请选择"
        self.fields["reasons"] = ShortText(label="优先理由", max_length=120)
        if self.instance.pk:
            for name in ("target", "school", "stage", "subject"):
                del self.fields[name]

    def clean_reasons(self):
        return self.cleaned_data["reasons"] or ""


class GoalForm(forms.ModelForm):
    year = forms.IntegerField(label="年度", min_value=2000, max_value=2060)
    teachers = forms.IntegerField(label="教师总数", min_value=1, max_value=200_000)
    document = ShortText(label="依据文件", max_length=120)

    class Meta:
        model = StaffGoal
        fields = ("year", "stage", "teachers", "document")

    def validate_unique(self):
        """The same year and stage again changes the number."""

    def validate_constraints(self):
        """Left to the verb, which finds the goal that is there."""

    def clean_document(self):
        return self.cleaned_data["document"] or ""


class CandidatesFilter(TownshipFilter):
    channel = forms.ChoiceField(label="渠道", required=False, choices=[("", "全部"), *CHANNELS])
    subject = forms.ChoiceField(label="学科", required=False, choices=[("", "全部"), *Subject.choices])
    q = forms.CharField(label="姓名", required=False, max_length=60)


class ScoreForm(forms.Form):
    written = forms.DecimalField(label="笔试成绩", required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2)  # fmt: skip
    interview = forms.DecimalField(label="面试成绩", required=False, min_value=0, max_value=100, max_digits=5, decimal_places=2)  # fmt: skip


class CandidateForm(ScoreForm):
    line = forms.ModelChoiceField(PostLine.objects.none(), label="岗位", empty_label="请选择")
    name = CellField(cells.clean_person_name, label="姓名", max_length=60, required=True)
    id_number = CellField(cells.clean_id_number, label="身份证件号", max_length=24, required=True)
    phone = CellField(cells.clean_phone, label="联系电话", max_length=20)
    field_order = ("line", "name", "id_number", "phone", "written", "interview")

    def __init__(self, *args, plan: RecruitmentPlan, **kwargs):
        super().__init__(*args, **kwargs)
        lines = PostLine.objects.filter(target__plan=plan).select_related("school", "target")
        self.fields["line"].queryset = lines.in_order()


class TransferForm(forms.Form):
    line = forms.ModelChoiceField(
        PostLine.objects.none(), label="调剂到", empty_label="请选择", help_text="同学段、同学科还缺人报考的岗位，边远学校在前"
    )  # fmt: skip
    reason = ReasonField(label="调剂情况")

    def __init__(self, *args, candidate, **kwargs):
        super().__init__(*args, **kwargs)
        own = candidate.line
        rows = PostLine.objects.filter(
            target__plan=candidate.plan_id, stage=own.stage, subject=own.subject
        ).exclude(pk=own.pk)
        self.fields["line"].queryset = rows.select_related("school").order_by("priority", "pk")


class PostForm(forms.Form):
    """The first day at the school, and what is not known of who comes."""

    since = DayField(label="到岗日期")
    code = ShortText(label="工号", max_length=20, required=True)
    kind = forms.ChoiceField(label="编制情况", choices=AppointmentKind.choices)
    service_until = DayField(label="服务期（合同）到", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today()

    def clean_since(self):
        if not self.cleaned_data["since"]:
            raise forms.ValidationError("请填写到岗日期。")
        return self.cleaned_data["since"]

    def clean(self):
        data = super().clean()
        since, until = data.get("since"), data.get("service_until")
        if since and until and until <= since:
            self.add_error("service_until", "服务期（合同）的止日应晚于到岗日期。")
        return data


class TermEndForm(forms.Form):
    outcome = forms.ChoiceField(label="去向", choices=TermOutcome.choices, widget=forms.RadioSelect)
    until = DayField(label="续签到", required=False, help_text="续签的填写新的止日")
    reason = ReasonField(label="考核和去向说明")

    def clean(self):
        data = super().clean()
        if data.get("outcome") == TermOutcome.EXTEND and not data.get("until") and "until" not in self.errors:
            self.add_error("until", "续签的，请填写新的止日。")
        return data
