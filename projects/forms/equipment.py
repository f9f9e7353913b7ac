"""Forms of purchase lists, acceptances and the asset ledger."""

import datetime as dt

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.accounts.permissions import Permission as P
from povertyedu.files.forms import ScanField
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks.fields import DayField, ReasonField
from projects.enums import AssetEntryKind, EquipmentKind
from projects.models import Contract, FundLine, Project, PurchaseItem, PurchaseShare

from .fields import AmountField, LongText, ShortText

MOST = 10_000_000
KINDS = [("", "全部"), *EquipmentKind.choices]
TO_MEND = 30  # days that a supplier usually gets


class PurchasesFilter(TownshipFilter):
    kind = forms.ChoiceField(label="类别", required=False, choices=KINDS)
    q = forms.CharField(label="名称、编号、供应商", required=False, max_length=40)


class PurchaseForm(forms.Form):
    name = ShortText(label="清单名称", max_length=80, required=True, help_text="如“2026年秋季课桌椅采购”")
    project = forms.ModelChoiceField(
        Project.objects.none(),
        label="建设项目",
        required=False,
        empty_label="不属于项目",
        help_text="用项目资金买的要选",
    )
    note = LongText(label="备注", max_length=200)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        rows = Project.objects.visible_to(user, P.MANAGE_PROJECTS).standing()
        self.fields["project"].queryset = rows.order_by("-pk")


class ItemForm(forms.Form):
    """One line of a list."""

    kind = forms.ChoiceField(label="类别", choices=EquipmentKind.choices)
    name = ShortText(label="品名", max_length=40, required=True)
    model = ShortText(label="规格型号", max_length=60)
    unit = ShortText(label="单位", max_length=10, required=True)
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=MOST)
    price_fen = AmountField(label="单价（元）")

    def filled(self, item: PurchaseItem) -> PurchaseItem:
        for name in self.fields:
            setattr(item, name, self.cleaned_data[name] or "")
        return item


class ShareForm(forms.Form):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    quantity = forms.IntegerField(
        label="分配数", min_value=0, max_value=MOST, help_text="填 0 为不分给这所学校"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        rows = School.objects.visible_to(user, P.MANAGE_PROJECTS).filter(is_open=True)
        self.fields["school"].queryset = rows.order_by("name")


class NoteForm(forms.Form):
    reason = LongText(label="意见", max_length=200)


class WhyForm(forms.Form):
    reason = ReasonField(label="理由")


class OrderForm(forms.Form):
    supplier = ShortText(label="供应商", max_length=80, required=True)
    ordered_on = DayField(label="下单日期")
    due_on = DayField(label="交货期限")
    contract = forms.ModelChoiceField(
        Contract.objects.none(), label="合同", required=False, empty_label="没有合同"
    )
    line = forms.ModelChoiceField(
        FundLine.objects.none(),
        label="资金来源",
        required=False,
        empty_label="不用项目资金",
        help_text="有合同的按合同，不必选",
    )

    def __init__(self, *args, purchase, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["ordered_on"].initial = today()
        self.fields["supplier"].initial = purchase.supplier
        if purchase.project_id:
            self.fields["contract"].queryset = Contract.objects.filter(project=purchase.project_id)
            lines = FundLine.objects.filter(project=purchase.project_id).select_related("project")
            self.fields["line"].queryset = lines
            self.fields["line"].label_from_instance = FundLine.get_source_display
        else:
            del self.fields["contract"], self.fields["line"]


class AcceptForm(forms.Form):
    """What came of each share: good and damaged; the rest is short."""

    on = DayField(label="验收日期")

    def __init__(self, *args, shares: list[PurchaseShare], **kwargs):
        super().__init__(*args, **kwargs)
        self.shares = shares
        self.fields["on"].initial = today()
        for share in shares:
            what = f"{share.item}（应到 {share.left} {share.item.unit}）"
            self.fields[f"good_{share.pk}"] = forms.IntegerField(
                label=f"{what}合格", min_value=0, max_value=MOST
            )
            self.fields[f"bad_{share.pk}"] = forms.IntegerField(
                label=f"{share.item}损坏", min_value=0, max_value=MOST, initial=0, required=False
            )
        self.fields["note"] = LongText(label="说明", max_length=200)
        self.fields["scan"] = ScanField(label="验收单或照片")

    @property
    def counts(self) -> dict[int, tuple[int, int]]:
        data = self.cleaned_data
        return {share.pk: (data[f"good_{share.pk}"], data[f"bad_{share.pk}"] or 0) for share in self.shares}

    def clean(self):
        data = super().clean()
        for share in self.shares:
            good, bad = data.get(f"good_{share.pk}"), data.get(f"bad_{share.pk}") or 0
            if good is not None and good + bad > share.left:
                self.add_error(
                    f"good_{share.pk}",
                    f"合格 {good}、损坏 {bad}，超过应到的 {share.left}；多送的退回供应商，不登记。",
                )
        return data


class ConfirmForm(forms.Form):
    reason = LongText(label="复核情况", max_length=200)
    to_mend = forms.BooleanField(label="短缺、损坏列入整改", required=False, initial=True)
    due_on = DayField(label="整改期限", required=False)

    def __init__(self, *args, lacking: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due_on"].initial = today() + dt.timedelta(days=TO_MEND)
        if not lacking:
            del self.fields["to_mend"], self.fields["due_on"]

    def clean(self):
        data = super().clean()
        if data.get("to_mend"):
            if not data.get("due_on"):
                self.add_error("due_on", "列入整改的要填整改期限。")
            elif data["due_on"] < today():
                self.add_error("due_on", "整改期限不能早于今天。")
        return data

    @property
    def deadline(self) -> dt.date | None:
        return self.cleaned_data.get("due_on") if self.cleaned_data.get("to_mend") else None


class AssetsFilter(TownshipFilter):
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    kind = forms.ChoiceField(label="类别", required=False, choices=KINDS)
    q = forms.CharField(label="品名、编号", required=False, max_length=40)
    gone = forms.ChoiceField(
        label="在册", required=False, choices=[("", "只看在册"), ("yes", "含已处置、调出的")]
    )

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        rows = School.objects.visible_to(user, permission).filter(is_open=True)
        self.fields["school"].queryset = rows.order_by("name")


class StockForm(forms.Form):
    """A card of what a school had before."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择")
    code = ShortText(label="资产编号", max_length=30, required=True)
    kind = forms.ChoiceField(label="类别", choices=EquipmentKind.choices)
    name = ShortText(label="品名", max_length=40, required=True)
    model = ShortText(label="规格型号", max_length=60)
    unit = ShortText(label="单位", max_length=10, required=True)
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=MOST)
    price_fen = AmountField(label="单价（元）")
    acquired_on = DayField(label="取得日期")
    place = ShortText(label="存放地点", max_length=60)
    document = ShortText(label="依据", max_length=80, help_text="如“2019年清产核资”，可不填")

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        rows = School.objects.visible_to(user, P.KEEP_ASSETS).filter(is_open=True)
        self.fields["school"].queryset = rows.order_by("name")

    def clean_acquired_on(self):
        if (day := self.cleaned_data["acquired_on"]) and day > today():
            raise forms.ValidationError("取得日期不能晚于今天。")
        return day


class RemoveForm(forms.Form):
    kind = forms.ChoiceField(
        label="事项",
        choices=[(kind.value, kind.label) for kind in (AssetEntryKind.DISPOSED, AssetEntryKind.LOST)],
    )
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=MOST)
    on = DayField(label="日期")
    document = ShortText(label="批准文号", max_length=80, required=True)
    reason = ReasonField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()


class MoveForm(forms.Form):
    to_school = forms.ModelChoiceField(School.objects.none(), label="调入学校", empty_label="请选择")
    quantity = forms.IntegerField(label="数量", min_value=1, max_value=MOST)
    on = DayField(label="日期")
    document = ShortText(label="批准文号", max_length=80, required=True)
    reason = ReasonField()

    def __init__(self, *args, user, asset, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()
        rows = (
            School.objects.visible_to(user, P.MANAGE_PROJECTS)
            .filter(is_open=True)
            .exclude(pk=asset.school_id)
        )
        self.fields["to_school"].queryset = rows.order_by("name")


class RatiosFilter(TownshipFilter):
    short = forms.ChoiceField(label="达标", required=False, choices=[("", "全部"), ("yes", "只看不达标的")])
