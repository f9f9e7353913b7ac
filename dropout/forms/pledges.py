"""A level of the pledges, the filter of their list, and the signed paper."""

from django import forms

from dropout.enums import UnitKind
from dropout.models import ChainLink, PledgeLevel
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField


class PledgeFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    field_order = ["township", "school"]

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).filter(is_open=True)


class LevelForm(forms.Form):
    """One level; the kind of unit is chosen once."""

    unit_kind = forms.ChoiceField(label="签订单位", choices=UnitKind.choices)
    label = CellField(cells.clean_text, label="层级名称", required=True, max_length=30)
    position = forms.IntegerField(
        label="次序",
        min_value=1,
        max_value=99,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "size": 4}),
    )
    duties = forms.CharField(
        label="责任内容",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="一行一条，印在责任状上",
    )
    link = forms.ModelChoiceField(
        ChainLink.objects.none(),
        label="签订人取自",
        required=False,
        empty_label="单位负责人（校长、班主任）",
        help_text="选了的，由责任体系里这一层级在该单位的责任人签",
    )
    is_active = forms.BooleanField(
        label="在用", required=False, help_text="不在用的层级不再生成责任状，已有的保留"
    )

    def __init__(self, *args, level: PledgeLevel | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["link"].queryset = ChainLink.objects.active().filter(from_homeroom=False)
        taken = set(PledgeLevel.objects.values_list("unit_kind", flat=True))
        if level is not None:
            del self.fields["unit_kind"]
        else:
            self.fields["unit_kind"].choices = [
                choice for choice in UnitKind.choices if choice[0] not in taken
            ]


class SignedForm(forms.Form):
    signer_name = CellField(cells.clean_text, label="签订人", required=True, max_length=60)
    signed_on = DayField(
        label="签订日期", initial=today, widget=forms.TextInput(attrs={"placeholder": "如 2026-03-01"})
    )
    scan = ScanField(label="签订后的责任状（扫描件或照片）")
