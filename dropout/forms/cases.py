"""Filter of the cases, and what is typed at each step of one."""

import datetime as dt

from django import forms

from dropout.enums import CaseKind, CaseState, DelayKind, Line, Outcome
from dropout.models import Case
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

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
    evidence = ScanField(label="佐证材料（照片或扫描件）")


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
