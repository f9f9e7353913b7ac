"""What is typed of health checks, aid, insurances, lists where rural years count, and pay."""

from decimal import Decimal

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks.fields import DayField, ReasonField
from teachers.enums.care import InsuranceKind, TiltKind
from teachers.enums.registry import Title
from teachers.models import CivilPay, IllnessAid, TiltList

from .care import LongText, ShortText, YuanField
from .housing import OfTeacherForm, SchoolFilter

YEARS = {"min_value": 2010, "max_value": 2060}


class YearFilter(SchoolFilter):
    year = forms.IntegerField(label="年度", required=False, **YEARS)

    @property
    def chosen_year(self) -> int:
        return self.wanted.get("year") or today().year


class InviteForm(forms.Form):
    """The year's free check: of all staff of the schools chosen, every school when none is."""

    year = forms.IntegerField(label="年度", **YEARS)
    schools = forms.ModelMultipleChoiceField(
        School.objects.none(), label="学校", required=False, widget=forms.SelectMultiple(attrs={"size": 8}), help_text="不选就是您管理的全部学校",
    )  # fmt: skip
    hospital = ShortText(label="体检机构", max_length=60, required=True)
    on = DayField(label="通知日期")

    def __init__(self, *args, schools, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["schools"].queryset = schools
        self.fields["year"].initial, self.fields["on"].initial = today().year, today()


class DoneForm(forms.Form):
    on = DayField(label="体检日期")
    result = LongText(
        label="体检结果",
        max_length=500,
        help_text="加密保存，只有有权查看教师健康信息的人说明原因后才能打开；可以不填",
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()

    def clean_result(self):
        return self.cleaned_data["result"] or ""


class RevealForm(forms.Form):
    reason = ReasonField(label="查看原因（将记入日志）")


class AidForm(OfTeacherForm):
    diagnosis = LongText(
        label="诊断", max_length=300, required=True, help_text="加密保存，查看要说明原因并记入日志"
    )
    ill_since = DayField(label="确诊日期")
    cost_fen = YuanField(label="医疗费用（元）", required=True)
    own_fen = YuanField(label="个人负担（元）", required=True, help_text="医保、补充保险报销以后")
    asked_fen = YuanField(label="申请救助（元）", required=True)


class AidAgainForm(forms.Form):
    diagnosis = LongText(label="诊断", max_length=300, help_text="不填就是原来的")
    cost_fen = YuanField(label="医疗费用（元）", required=True)
    own_fen = YuanField(label="个人负担（元）", required=True)
    asked_fen = YuanField(label="申请救助（元）", required=True)

    def __init__(self, *args, aid: IllnessAid, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial = {
            name: f"{getattr(aid, name) / 100:.2f}" for name in ("cost_fen", "own_fen", "asked_fen")
        }

    def clean_diagnosis(self):
        return self.cleaned_data["diagnosis"] or ""


class AidApproveForm(forms.Form):
    approved_fen = YuanField(label="批准救助（元）", required=True)
    reason = LongText(label="意见", max_length=200)

    def clean_reason(self):
        return self.cleaned_data["reason"] or ""


class AidPayForm(forms.Form):
    paid_on = DayField(label="发放日期")
    voucher = ShortText(label="凭证号", max_length=60, required=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["paid_on"].initial = today()


class InsureForm(forms.Form):
    """From when insurances are paid: for one teacher, or for all staff of a school that lack them."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    code = ShortText(label="工号", max_length=20, help_text="不填就是这所学校还没有参保的全部教师")
    kinds = forms.MultipleChoiceField(
        label="种类", choices=InsuranceKind.choices, widget=forms.CheckboxSelectMultiple
    )
    since = DayField(label="缴纳起始")

    def __init__(self, *args, schools, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools
        self.fields["since"].initial = today().replace(day=1)


class EndInsuranceForm(forms.Form):
    until = DayField(label="停缴日期")
    note = LongText(label="说明", max_length=200, required=True)


class PointsField(forms.DecimalField):
    """Points with two decimals, given as whole hundredths."""

    def __init__(self, *, label: str, **kwargs):
        super().__init__(label=label, min_value=0, max_value=1000, max_digits=6, decimal_places=2, **kwargs)

    def clean(self, value):
        points = super().clean(value)
        return None if points is None else int(points * 100)


class TiltForm(forms.Form):
    kind = forms.ChoiceField(label="类别", choices=TiltKind.choices)
    name = ShortText(label="名称", max_length=80, required=True)
    year = forms.IntegerField(label="年度", **YEARS)
    document = ShortText(label="依据（文号、条款）", max_length=120, required=True)
    points_per_year = PointsField(label="乡村任教每满一年加分", initial=Decimal(1))
    most_points = PointsField(label="最多加分", initial=Decimal(10))
    needed_months = forms.IntegerField(
        label="要求的乡村任教月数", min_value=0, max_value=600, initial=0, help_text="没有要求的填 0"
    )

    def __init__(self, *args, tilt: TiltList, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = today().year
        if tilt.pk:
            self.initial = {
                name: getattr(tilt, name) for name in ("kind", "name", "year", "document", "needed_months")
            } | {name: Decimal(getattr(tilt, name)) / 100 for name in ("points_per_year", "most_points")}


class CandidateForm(OfTeacherForm):
    base_points = PointsField(
        label="评分", initial=Decimal(0), help_text="业绩、考核等评分；乡村任教加分由系统计算"
    )


class CivilForm(forms.Form):
    year = forms.IntegerField(label="年度", **YEARS)
    title = forms.ChoiceField(label="对应的教师职称", required=False, choices=[("", "全体"), *Title.choices])
    counterpart = ShortText(label="公务员范围（职级）", max_length=60, required=True)
    average_fen = YuanField(label="平均工资收入（元/年）", required=True)
    document = ShortText(label="数据来源", max_length=120, required=True)

    def __init__(self, *args, figure: CivilPay, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = today().year - 1
        if figure.pk:
            self.initial = {
                name: getattr(figure, name) for name in ("year", "title", "counterpart", "document")
            }
            self.initial["average_fen"] = f"{figure.average_fen / 100:.2f}"


class PayOfTeacherForm(OfTeacherForm):
    year = forms.IntegerField(label="年度", **YEARS)
    total_fen = YuanField(label="全年工资收入（元）", required=True)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["year"].initial = today().year - 1
