"""What is typed of a half-yearly inspection."""

import datetime as dt

from django import forms

from povertyedu.accounts.filters import TownshipFilter
from povertyedu.orgs.calendar import today
from povertyedu.workbooks.fields import DayField
from projects.enums import InspectionItem, Verdict
from projects.queries.inspections import Users

from .fields import LongText, ShortText

USUAL_DAYS = 30


class RoundFilter(TownshipFilter):
    year = forms.IntegerField(label="年度", required=False, min_value=2010, max_value=2060)
    half = forms.ChoiceField(
        label="半年", required=False, choices=[("", "本期"), ("1", "上半年"), ("2", "下半年")]
    )


class InspectionForm(forms.Form):
    """The three items; where several use the project, also at which of them a problem is."""

    on = DayField(label="检查日期")

    def __init__(self, *args, users: Users, of_county: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.users = users
        if of_county:
            self.fields["partners"] = ShortText(
                label="一同检查的单位", max_length=100, required=True, help_text="县级复查由教育局会同财政局，写明参加的单位和人，如“财政局 李明”"
            )  # fmt: skip
        for item in InspectionItem:
            self.fields[f"{item}_verdict"] = forms.ChoiceField(label=item.label, choices=Verdict.choices)
            self.fields[f"{item}_text"] = LongText(label=f"{item.label}情况", help_text="有问题的必须写明")
            if users.choices:
                usual = (
                    "不选的，由项目学校所在的每个乡镇整改" if users.are_known else "有问题的必须选使用的乡镇"
                )
                self.fields[f"{item}_places"] = forms.MultipleChoiceField(
                    label=f"{item.label}问题在哪里", choices=users.choices, required=False, help_text=usual,
                    widget=forms.SelectMultiple(attrs={"size": 4}),
                )  # fmt: skip
        self.fields["due_on"] = DayField(label="整改期限")
        self.fields["on"].initial = today()
        self.fields["due_on"].initial = today() + dt.timedelta(days=USUAL_DAYS)

    @property
    def verdicts(self) -> dict[str, tuple[str, str]]:
        data = self.cleaned_data
        return {item.value: (data[f"{item}_verdict"], data[f"{item}_text"] or "") for item in InspectionItem}

    @property
    def places(self) -> dict[str, list[str]]:
        return {item.value: self.cleaned_data.get(f"{item}_places", []) for item in InspectionItem}

    def clean(self):
        data = super().clean()
        for item in InspectionItem:
            if data.get(f"{item}_verdict") != Verdict.PROBLEM:
                continue
            if not data.get(f"{item}_text"):
                self.add_error(f"{item}_text", f"“{item.label}”有问题的，请写明情况。")
            if not self.users.are_known and not data.get(f"{item}_places"):
                self.add_error(
                    f"{item}_places", f"项目没有写明项目学校，“{item.label}”的问题由谁整改，请选使用的乡镇。"
                )
        if (due := data.get("due_on")) and due < today():
            self.add_error("due_on", "整改期限不能早于今天。")
        return data
