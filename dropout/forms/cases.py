"""Filter of the cases, and what is typed at each step of one."""

import datetime as dt
from operator import attrgetter

from django import forms

from dropout.enums import CaseKind, CaseState, DelayKind, Line, Outcome
from dropout.models import Case
from dropout.queries.reach import children_in_reach
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School
from povertyedu.sealing import keyed_hash
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField
from students.enums import IdentityKind
from students.forms.identity import IdentityForm
from students.models import Student

OF_NUMBER = "照户口簿填写，带出出生日期、性别；还没有上户口的，先联系派出所，同时报县教育局基教股"
SENSITIVE = "只有经办这件个案的人看得到；打开会留下记录"


class CasesFilter(TownshipFilter):
    state = forms.ChoiceField(label="状态", required=False, choices=[("", "全部"), *CaseState.choices])
    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *CaseKind.choices])
    late = forms.ChoiceField(
        label="逾期", required=False, choices=[("", "全部"), ("any", "有任务逾期"), *((line, f"{label}逾期") for line, label in Line.choices)]
    )  # fmt: skip
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    q = forms.CharField(
        label="姓名", required=False, max_length=30, widget=forms.TextInput(attrs={"placeholder": "学生姓名"})
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).order_by("name")


def long_text(label: str, **kwargs) -> CellField:
    return CellField(
        cells.clean_text, label=label, max_length=kwargs.pop("max_length", 500), widget=forms.Textarea(attrs={"rows": 3}), **kwargs
    )  # fmt: skip


class CaseForm(forms.Form):
    """A child that somebody reported."""

    kind = forms.ChoiceField(label="类别", choices=CaseKind.choices)
    since = DayField(label="离校日期", help_text="从哪天起没有到校；失学的填应入学日期")
    note = long_text("发现情况", help_text=SENSITIVE)

    def clean_since(self):
        since = self.cleaned_data["since"]
        if since > today():
            raise forms.ValidationError("离校日期不能晚于今天。")
        return since


class UnenrolledForm(IdentityForm, CaseForm):
    """A child on no roster that somebody reported: who it is, where it lives, since when it should be at school.

    A record is found again by its number: without any there can be none.
    """

    name = CellField(cells.clean_person_name, label="姓名", max_length=60, required=True)
    village = forms.ModelChoiceField(Area.objects.none(), label="户籍村", empty_label="请选择")
    guardian_name = CellField(cells.clean_person_name, label="监护人", max_length=60)
    phone = CellField(cells.clean_phone, label="联系电话", max_length=30)
    field_order = [
        "name",
        "id_kind",
        "id_number",
        "birth_date",
        "sex",
        "village",
        "guardian_name",
        "phone",
        "kind",
        "since",
        "note",
    ]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        self.student: Student | None = None
        villages = Area.objects.visible_to(user, P.WORK_CASES).standing().filter(level=AreaLevel.VILLAGE)
        self.fields["village"].queryset = villages.select_related("parent").order_by("code")
        self.fields["village"].label_from_instance = attrgetter("path")
        kinds = [choice for choice in IdentityKind.choices if choice[0] != IdentityKind.NONE]
        self.fields["id_kind"].choices = kinds
        self.fields["id_number"].help_text = OF_NUMBER
        self.fields["kind"].initial = CaseKind.NEVER_ENROLLED

    def clean(self):
        """Find the record that the child has already."""
        data = super().clean()
        if not self.errors and not data.get("birth_date"):
            self.add_error("birth_date", "请填写出生日期；不清楚的照户口簿填写。")
        if self.errors:
            return data
        if found := Student.objects.with_id_hash(keyed_hash(data["id_number"])).first():
            self._take(found)
        return data

    def _take(self, found: Student) -> None:
        if not children_in_reach(self.user, P.WORK_CASES).filter(pk=found.pk).exists():
            self.add_error("id_number", "这个证件号已有档案，不在您的范围里；请报县教育局基教股核对。")
        elif found.name != self.cleaned_data["name"]:
            self.add_error("name", "这个证件号的档案上是另一个姓名；请照户口簿核对姓名和证件号。")
        elif self.cleaned_data["kind"] == CaseKind.NEVER_ENROLLED and found.enrolments.exists():
            self.add_error("kind", "这名学生有过学籍，不是失学；请选疑似辍学或辍学。")
        else:
            self.student = found


class StepForm(forms.Form):
    """A step that may say something more."""

    reason = long_text("说明", help_text=SENSITIVE)

    def __init__(self, *args, case: Case, **kwargs):
        super().__init__(*args, **kwargs)
        self.case = case


class ReasonedForm(StepForm):
    reason = long_text("理由", required=True, help_text=SENSITIVE)


class PlainForm(forms.Form):
    """A step that asks nothing."""

    def __init__(self, *args, case: Case, **kwargs):
        super().__init__(*args, **kwargs)


class ReturnForm(StepForm):
    on = DayField(label="返校日期")
    field_order = ["on", "reason"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class RelapseForm(ReasonedForm):
    since = DayField(label="再次离校的日期")
    field_order = ["since", "reason"]


class ReopenForm(ReasonedForm):
    since = DayField(
        label="再次离校的日期",
        required=False,
        help_text="返校后又离校的，填又从哪天起没有到校；一直没有到校的不填",
    )
    evidence = ScanField(label="佐证材料（照片或扫描件）")
    field_order = ["since", "reason", "evidence"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["since"].required = self.case.outcome == Outcome.RETURNED


class ProposeForm(ReasonedForm):
    """What the case came to; some outcomes ask more."""

    outcome = forms.ChoiceField(label="结果", choices=[("", "请选择"), *Outcome.choices])
    evidence = ScanField(label="佐证材料（照片或扫描件）")
    where_to = CellField(
        cells.clean_text, label="转到哪所学校", max_length=120, help_text="结果为“转学”时填写"
    )
    delay_kind = forms.ChoiceField(
        label="缓学还是休学", required=False, choices=[("", "不是缓学、休学"), *DelayKind.choices]
    )
    until = DayField(label="缓学、休学到", required=False, help_text="到期自动恢复劝返")
    assessed_on = DayField(
        label="评估日期", required=False, help_text="因身体原因免学的：县残疾人教育专家委员会哪天评估"
    )
    assessment = ScanField(label="评估意见", required=False)
    field_order = [
        "outcome", "reason", "evidence", "where_to", "delay_kind", "until", "assessed_on", "assessment",
    ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.case.state != CaseState.MONITORED:  # only a return that was watched is stable
            rest = [choice for choice in self.fields["outcome"].choices if choice[0] != Outcome.RETURNED]
            self.fields["outcome"].choices = rest

    def clean(self):
        data = super().clean()
        asked = {
            Outcome.TRANSFERRED: (("where_to", "请填写转到哪所学校。"),),
            Outcome.DELAYED: (("delay_kind", "请选择缓学还是休学。"), ("until", "请填写到哪一天。")),
            Outcome.EXEMPT: (("assessed_on", "请填写评估日期。"), ("assessment", "请上传评估意见。")),
        }.get(data.get("outcome"), ())
        for name, words in asked:
            if not data.get(name) and name not in self.errors:
                self.add_error(name, words)
        if (day := data.get("assessed_on")) and day > today():
            self.add_error("assessed_on", "评估日期不能晚于今天。")
        if (until := data.get("until")) and until > today() + dt.timedelta(days=731):
            self.add_error("until", "缓学、休学一次最多两年；到期仍不能到校的再申请。")
        return data
