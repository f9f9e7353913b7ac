"""Asking for leave to correct a closed term, and the answer."""

from django import forms

from povertyedu.workbooks import cells
from students.enums import TermFact

from .identity import CellField, ReasonField
from .record import StudentForm

# What of the record's form each fact is corrected with; 困难类型 has no field, the lists say what it is.
FIELDS = {
    TermFact.SCHOOL: {
        "place",
        "school",
        "outside_school",
        "outside_region",
        "aided_elsewhere",
        "school_class",
    },
    TermFact.LEVEL: {"stage", "grade", "school_class"},
    TermFact.BOARDING: {"boarding"},
    TermFact.MAJOR: {"major", "agri_major"},
    TermFact.HOME: {"home_township", "home_village"},
    TermFact.ENTERED: {"entered_on"},
    TermFact.STATUS: {"status"},
    TermFact.MEAL_DAYS: {"meal_days"},
    TermFact.CATEGORIES: set(),
    TermFact.OTHER: set(),
}


class CorrectionForm(forms.Form):
    facts = forms.MultipleChoiceField(
        label="更正项目", choices=TermFact.choices, widget=forms.CheckboxSelectMultiple,
        help_text="批准后只能改勾选的项目",
    )  # fmt: skip
    wanted = CellField(
        cells.clean_text,
        label="应为",
        required=True,
        max_length=200,
        help_text="如：寄宿应为“是”，年级应为五年级",
    )
    reason = ReasonField()


class CorrectionAnswerForm(forms.Form):
    reason = forms.CharField(
        label="不同意的理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="同意的不用填；申请人会看到",
    )  # fmt: skip


class GrantedForm(StudentForm):
    """Only what a correction lets change; everything else of the record stands as ``standing`` has it.

    ``standing`` are the cleaned data that the untouched record's form would give.
    """

    def __init__(self, *args, facts, standing: dict, **kwargs):
        self.granted = {"seen"}.union(*(FIELDS[TermFact(fact)] for fact in facts))
        self.standing = standing
        super().__init__(*args, **kwargs)
        if TermFact.OTHER in facts:
            self.granted |= {fact.field_name for fact in self.facts}
        for name in self.fields.keys() - self.granted:
            del self.fields[name]

    def narrow(self, *, schools, classes) -> None:
        """Offer the school's classes of every grade: grade and class are chosen in one go."""
        super().narrow(schools=schools, classes=classes)
        if school := self._chosen("school"):
            self.fields["school_class"].queryset = classes.filter(school=school)

    def _sent(self, name: str):
        return self.data.get(name) if self.is_bound and name in self.granted else self.initial.get(name)

    def clean(self):
        self.cleaned_data = self.standing | self.cleaned_data
        data = super().clean()
        if (chosen := data.get("school_class")) and "school_class" in self.fields:
            wanted = (getattr(data.get("school"), "pk", None), data.get("stage"), data.get("grade"))
            if (chosen.school_id, chosen.stage, chosen.grade) != wanted:
                self.add_error("school_class", "所选班级不属于这所学校的这个年级，请重新选择。")
        return data

    def add_error(self, field, error):
        super().add_error(field if field in self.fields else None, error)
