"""What is typed of a class's day, of a contact with a family, and the filters of their lists."""

from dataclasses import dataclass

from django import forms

from dropout.actions.attendance import Why
from dropout.actions.follow_ups import Contact
from dropout.enums import AbsenceReason, ContactResult, ContactWay, Thoughts
from povertyedu.accounts.filters import TownshipFilter
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import School
from povertyedu.workbooks import cells
from povertyedu.workbooks.fields import CellField, DayField

UNKNOWN_THOUGHTS = [("", "没有了解到"), *Thoughts.choices]
MARKS = [
    ("", "到"),
    (AbsenceReason.ILL.value, "病假"),
    (AbsenceReason.PERSONAL.value, "事假"),
    (AbsenceReason.UNKNOWN.value, "未联系上"),
    (AbsenceReason.OTHER.value, "其他"),
]


class ChosenDayForm(forms.Form):
    date = DayField(label="日期", required=False)


@dataclass(frozen=True)
class Mark:
    """One child's line of the page: its number, name, what is chosen, whether it has left the class since."""

    number: int
    student: int
    name: str
    has_left: bool
    chosen: str
    refused: bool
    choices: list[tuple[str, str]]


class EntryForm(forms.Form):
    """A class's day: for each child there, or why not; one press marks a child absent and says why."""

    seen = forms.IntegerField(min_value=0, max_value=30_000, widget=forms.HiddenInput)
    confirmed = forms.BooleanField(label="这一天照常上课", required=False)

    def __init__(
        self, data=None, *, children: list[tuple[int, str, bool]], known: dict[int, Why], version: int
    ):
        initial: dict[str, object] = {"seen": version}
        for pk, why in known.items():
            initial |= {
                f"r-{pk}": why.reason,
                f"d-{pk}": not why.excused and why.reason != AbsenceReason.UNKNOWN,
            }
        super().__init__(data, initial=initial, auto_id="entry_%s")
        self.children = children
        for pk, name, _ in children:
            self.fields[f"r-{pk}"] = forms.ChoiceField(label=name, choices=MARKS, required=False)
            self.fields[f"d-{pk}"] = forms.BooleanField(label=f"{name}未准假", required=False)

    @property
    def marks(self) -> list[Mark]:
        return [
            Mark(
                number,
                pk,
                name,
                has_left,
                self[f"r-{pk}"].value() or "",
                bool(self[f"d-{pk}"].value()),
                MARKS,
            )
            for number, (pk, name, has_left) in enumerate(self.children, 1)
        ]

    @property
    def absences(self) -> dict[int, Why]:
        """Student -> why, of those who are absent."""
        data = self.cleaned_data
        return {
            pk: Why.of(data[f"r-{pk}"], not data[f"d-{pk}"]) for pk, *_ in self.children if data[f"r-{pk}"]
        }


class FollowUpForm(forms.Form):
    """One contact with the family of an absent child."""

    on = DayField(label="联系日期", help_text="如 2026-09-07")
    person = CellField(cells.clean_person_name, label="谁联系的", required=True, max_length=60)
    whom = CellField(
        cells.clean_person_name, label="联系了谁", max_length=60, help_text="家长姓名；没有联系上的不填"
    )
    way = forms.ChoiceField(label="方式", choices=ContactWay.choices)
    result = forms.ChoiceField(label="结果", choices=ContactResult.choices)
    return_on = DayField(label="返校日期", required=False, help_text="结果是“将返校”的填写，如 2026-09-10")
    thoughts = forms.ChoiceField(
        label="思想状态", required=False, choices=UNKNOWN_THOUGHTS, help_text="学生对上学怎么想；只有办理个案的人看得到"
    )  # fmt: skip
    note = CellField(
        cells.clean_text, label="情况说明", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="只有办理个案的人看得到，打开有记录",
    )  # fmt: skip

    def __init__(self, *args, by_name: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].initial = today()
        self.fields["person"].initial = by_name

    def clean(self):
        cleaned = super().clean()
        back, on = cleaned.get("return_on"), cleaned.get("on")
        if cleaned.get("result") == ContactResult.WILL_RETURN:
            if "return_on" not in self.errors and (not back or (on and back <= on)):
                self.add_error("return_on", "请填写返校日期，应在联系日期以后。")
        else:
            cleaned["return_on"] = None
        return cleaned

    @property
    def contact(self) -> Contact:
        return Contact(**{name: self.cleaned_data[name] for name in Contact._fields})


class SchoolFilter(TownshipFilter):
    """A list by township and school."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, user=user, permission=permission, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, permission).order_by("name")


class AttendanceFilter(SchoolFilter):
    date = DayField(label="日期", required=False)
    field_order = ["date", "township", "school"]
