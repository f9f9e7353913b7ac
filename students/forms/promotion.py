"""Forms of the promotion wizard and of the lists of children who left."""

from django import forms

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, Term
from povertyedu.workbooks import cells
from students.enums import Destination, Outcome

from .identity import CellField

ANSWERS = [choice for choice in Destination.choices if choice[0] != Destination.PENDING]
# Of a graduate, before anybody is looked for.
OF_GRADUATES = [
    ("", "待填"),
    *(
        (d.value, d.label)
        for d in (
            Destination.SENIOR, Destination.VOCATIONAL, Destination.COLLEGE, Destination.OUTSIDE,
            Destination.NOT_ADMITTED, Destination.WORKING, Destination.UNKNOWN, Destination.DROPPED_OUT,
            Destination.EXCUSED, Destination.DECEASED,
        )
    ),
]  # fmt: skip


class OpenPromotionForm(forms.Form):
    """For which term and which school the next term is proposed."""

    to_term = forms.ModelChoiceField(Term.objects.none(), label="新学期", empty_label=None)
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全县")

    def __init__(self, *args, schools, whole_county: bool, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_term"].queryset = Term.objects.filter(is_closed=False)
        self.fields["school"].queryset = schools
        self.fields["school"].required = not whole_county
        if not whole_county:
            self.fields["school"].empty_label = None


class DecideForm(forms.Form):
    """What is decided for the ticked children."""

    outcome = forms.ChoiceField(label="改为", choices=Outcome.choices)
    to_school = forms.ModelChoiceField(
        School.objects.none(), label="送往初中", required=False, empty_label="（送初中的请选）"
    )
    destination = forms.ChoiceField(label="毕业去向", choices=OF_GRADUATES, required=False)
    class_name = CellField(cells.clean_text, label="新班级", max_length=30)
    note = CellField(cells.clean_text, label="说明", max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_school"].queryset = School.objects.of_stage(Stage.JUNIOR).filter(is_open=True)

    def clean(self):
        data = super().clean()
        if data.get("outcome") == Outcome.SENT and not data.get("to_school"):
            self.add_error("to_school", "请选择送往哪所初中。")
        if data.get("outcome") == Outcome.NOT_HERE and not (data.get("destination") or data.get("note")):
            self.add_error("note", "不再就读的，请选去向或写明情况。")
        return data


class StepForm(forms.Form):
    reason = forms.CharField(
        label="撤销原因", max_length=500, error_messages={"required": "请写明为什么撤销。"}
    )


class AnswerDepartureForm(forms.Form):
    """Where the child is and who answers for it."""

    destination = forms.ChoiceField(label="去向", choices=[("", "请选择"), *ANSWERS])
    whereabouts = CellField(
        cells.clean_text,
        label="现在何处",
        max_length=120,
        help_text="学校、单位或住址，如：县职业中学汽修1班",
    )
    responsible = CellField(
        cells.clean_text, label="责任人", required=True, max_length=60, help_text="负责查找、劝返或送学的人"
    )
    note = CellField(cells.clean_text, label="说明", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self):
        data = super().clean()
        placed = (Destination.SENIOR, Destination.VOCATIONAL, Destination.COLLEGE, Destination.OUTSIDE)
        if data.get("destination") in placed and not data.get("whereabouts"):
            self.add_error("whereabouts", "请写明学校名称。")
        return data


class FeederForm(forms.Form):
    """One choice per primary school, all in one page."""

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        juniors = School.objects.of_stage(Stage.JUNIOR).filter(is_open=True)
        for school, current in rows:
            self.fields[f"school-{school.pk}"] = forms.ModelChoiceField(
                juniors, label=school.name, required=False, empty_label="（未定）", initial=current
            )
