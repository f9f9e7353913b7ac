"""What is typed of a term's ten items, of a campaign, a family's visit, care in a township, a notice."""

import uuid

from django import forms

from dropout.enums import CAMPAIGN_MONTHS, CareKind, ReadyItem, VisitOutcome
from povertyedu.accounts.filters import TownshipFilter, townships_of
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

from .attendance import UNKNOWN_THOUGHTS

DAY = {"placeholder": "如 2026-02-20"}


def _day(label: str, **kwargs) -> DayField:
    return DayField(label=label, widget=forms.TextInput(attrs=DAY), **kwargs)


def _text(label: str, most: int, *, rows: int = 3, **kwargs) -> CellField:
    area = forms.Textarea(attrs={"rows": rows})
    return CellField(cells.clean_text, label=label, max_length=most, widget=area, **kwargs)


def _count(label: str) -> forms.IntegerField:
    small = forms.TextInput(attrs={"inputmode": "numeric", "size": 6})
    return forms.IntegerField(label=label, min_value=0, max_value=1_000_000, initial=0, widget=small)


class PlaceFilter(TownshipFilter):
    """Township and school."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    field_order = ["township", "school"]

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).filter(is_open=True)


class ReadyForm(forms.Form):
    in_place = forms.TypedChoiceField(
        label="是否到位",
        choices=[("yes", "到位"), ("no", "没有到位")],
        coerce="yes".__eq__,
        widget=forms.RadioSelect,
    )
    note = _text("说明", 200, help_text="没有到位的必填：缺什么、何时补上")
    scan = ScanField(label="佐证（照片或扫描件）", required=False)

    def __init__(self, *args, item: ReadyItem, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["in_place"].label = f"“{item.label}”是否到位"


class CampaignPlanForm(forms.Form):
    month = forms.TypedChoiceField(
        label="月份", coerce=int, choices=[(month, f"{month}月") for month in CAMPAIGN_MONTHS]
    )
    planned_on = _day("计划日期")
    plan = _text("宣传计划", 300, required=True, help_text="到哪些村、户、班，讲什么，谁去")


class CampaignHeldForm(forms.Form):
    held_on = _day("开展日期")
    villages = _count("到村（个）")
    households = _count("到户（户）")
    classes = _count("到班（个）")
    people = _count("到人（人次）")
    note = _text("开展情况", 500)


class PhotoForm(forms.Form):
    """A photo; the token tells a form sent twice from two photos."""

    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    scan = ScanField(label="照片")


class HomeVisitForm(forms.Form):
    visited_on = _day("家访日期", initial=today)
    visitor = CellField(cells.clean_text, label="家访人", required=True, max_length=60)
    result = forms.ChoiceField(label="结果", choices=VisitOutcome.choices, widget=forms.RadioSelect)
    thoughts = forms.ChoiceField(
        label="思想状态", required=False, choices=UNKNOWN_THOUGHTS, help_text="学生对上学怎么想；只有办理个案的人看得到"
    )  # fmt: skip
    text = _text("情况", 500, help_text="只有办理个案的人看得到")
    scan = ScanField(label="照片", required=False)


class CareForm(forms.Form):
    kind = forms.ChoiceField(label="种类", choices=CareKind.choices)
    area = forms.ModelChoiceField(School.objects.none(), label="乡镇", empty_label="请选择")
    school = forms.ModelChoiceField(
        School.objects.none(),
        label="学校",
        required=False,
        empty_label="不在学校",
        help_text="特校生活室必选",
    )
    name = CellField(cells.clean_text, label="名称或姓名", required=True, max_length=60)
    contact = CellField(cells.clean_text, label="负责人、电话", max_length=60)
    opened_on = _day("启用日期", initial=today)
    closed_on = _day("停用日期", required=False)

    def __init__(self, *args, user, permission, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["area"].queryset = townships_of(user, permission)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).filter(is_open=True)

    def clean_closed_on(self):
        return self.cleaned_data["closed_on"] or None


class TrackForm(forms.Form):
    """The day of what is ticked."""

    on = _day("日期", initial=today)
