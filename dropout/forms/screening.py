"""Filters of the ledgers, and how a child that was found away is explained."""

from django import forms

from dropout.actions.screening import EXPLANATIONS
from dropout.enums import FollowUp, Ground
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.files.forms import ScanField
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, ReasonField
from students.enums import HardshipCategory


class LedgerFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    category = forms.TypedChoiceField(
        label="重点群体", required=False, coerce=int, choices=[("", "全部"), *HardshipCategory.choices]
    )
    ground = forms.ChoiceField(
        label="依据", required=False, choices=[("", "全部"), *(g for g in Ground.choices if g[0])]
    )
    follow_up = forms.ChoiceField(label="处理", required=False, choices=[("", "全部"), *FollowUp.choices])

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).order_by("name")

    def in_force(self) -> str:
        words = super().in_force()
        category = self.wanted.get("category")
        return (
            words.replace(f"重点群体：{category}", f"重点群体：{HardshipCategory(category).label}")
            if category
            else words
        )


class ExplainForm(forms.Form):
    code = forms.ChoiceField(
        label="说明", choices=[("", "请选择"), *((code.value, code.label) for code in EXPLANATIONS)]
    )
    reason = ReasonField(label="理由")
    scan = ScanField(label="佐证材料（照片或扫描件）", required=False)


class ConfirmForm(forms.Form):
    note = CellField(cells.clean_text, label="说明", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
