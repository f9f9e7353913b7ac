"""Forms of the establishment, of requests to go over it, and of the standards of staff."""

from decimal import Decimal

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import SchoolKind
from povertyedu.orgs.models import School
from povertyedu.workbooks.fields import DayField, LongText, ReasonField, ShortText
from teachers.enums.establishment import StaffBasis
from teachers.enums.registry import Subject
from teachers.models import Establishment, StaffStandard, SubjectHours

from .registry import ANY, STAGES

MOST = 2000


class EstablishmentFilter(TownshipFilter):
    kind = forms.ChoiceField(label="办学类型", required=False, choices=[ANY, *SchoolKind.choices])
    q = forms.CharField(
        label="学校",
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "名称或标识码"}),
    )


class AuthoriseForm(forms.Form):
    authorised = forms.IntegerField(label="核定编制（名）", min_value=0, max_value=MOST)
    since = DayField(label="核定日期")
    document = ShortText(label="文号", max_length=80, required=True)

    def __init__(self, *args, held: Establishment | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["since"].initial = today()
        if held:
            self.fields["authorised"].initial = held.authorised
            self.fields["authorised"].help_text = f"现核定 {held.authorised} 名，在编 {held.filled} 名"


class ExcessForm(forms.Form):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    posts = forms.IntegerField(label="超编名额", min_value=1, max_value=200)
    reason = ReasonField()

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.visible_to(user, P.MANAGE_ESTABLISHMENT).filter(establishment__isnull=False)
        self.fields["school"].queryset = schools.order_by("name")


class MaybeWhyForm(forms.Form):
    reason = LongText(label="意见", max_length=200)


class WhyForm(forms.Form):
    reason = ReasonField()


class NeedFilter(TownshipFilter):
    """Which schools' need, on which day; no day is today."""

    stage = forms.ChoiceField(label="学段", required=False, choices=[ANY, *STAGES])
    on = DayField(label="日期", required=False)

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["on"].widget.attrs |= {"placeholder": f"{today()}"}

    @property
    def day(self):
        return self.wanted.get("on") or today()


class StandardForm(forms.ModelForm):
    stage = forms.ChoiceField(label="学段", choices=STAGES)
    basis = forms.ChoiceField(label="计算方法", choices=StaffBasis.choices)
    amount = forms.DecimalField(
        label="标准", max_digits=6, decimal_places=2, min_value=Decimal("0.01"),
        help_text="师生比填 1 名教职工对应的学生数（如 19），班师比填每班的教职工数（如 1.5）",
    )  # fmt: skip
    small_up_to = forms.IntegerField(
        label="适用的小规模学校（学生数不超过）",
        min_value=0,
        max_value=2000,
        required=False,
        help_text="只用于班师比；教学点总是按班师比",
    )
    since = DayField(label="起始日期")
    document = ShortText(label="依据", max_length=120)

    class Meta:
        model = StaffStandard
        fields = ("stage", "basis", "amount", "small_up_to", "since", "document")

    def clean_document(self):
        return self.cleaned_data["document"] or ""

    def clean_small_up_to(self):
        return self.cleaned_data["small_up_to"] or 0

    def clean_since(self):
        if self.cleaned_data["since"] is None:
            raise forms.ValidationError("请填写起始日期。")
        return self.cleaned_data["since"]


class HoursForm(forms.Form):
    """The lessons a week of every subject of a stage, one field a subject; empty is not taught."""

    def __init__(self, *args, stage: str, **kwargs):
        super().__init__(*args, **kwargs)
        known = dict(SubjectHours.objects.filter(stage=stage).values_list("subject", "lessons"))
        for subject in Subject:
            if subject != Subject.ALL:
                self.fields[subject.value] = forms.DecimalField(
                    label=f"{subject.label}（节）", required=False, min_value=0, max_value=40, max_digits=4, decimal_places=1, initial=known.get(subject.value),
                )  # fmt: skip

    @property
    def lessons(self) -> dict[str, Decimal]:
        return {subject: value for subject, value in self.cleaned_data.items() if value}
