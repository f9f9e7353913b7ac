"""Forms of moves: what the child's school asks for, what the receiving school asks for, and the answer."""

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import STAGE_YEARS, Stage, grade_name
from povertyedu.orgs.models import School, SchoolClass
from povertyedu.workbooks import cells
from students.enums import MoveKind

from .identity import CellField, DayField, ReasonField

KINDS_OF_OWN_SCHOOL = (
    MoveKind.TRANSFER,
    MoveKind.OUT,
    MoveKind.LEAVE,
    MoveKind.RETURN,
    MoveKind.GRADUATE,
    MoveKind.DECEASED,
)


class WhenAndWhy(forms.Form):
    """Every move has a day and a reason."""

    effective_on = DayField(label="异动日期", help_text="如 2020-10-12；假期办理的可早于开学日期")
    reason = ReasonField(label="原因")

    def __init__(self, *args, term, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["effective_on"].initial = min(max(today(), term.starts_on), term.ends_on)
        self.fields["effective_on"].required = True


class OwnMoveForm(WhenAndWhy):
    """A move of a child of one's own school; which fields there are follows from ``kind``."""

    to_school = forms.ModelChoiceField(School.objects.none(), label="转入学校", empty_label="请选择学校")
    outside_school = CellField(cells.clean_text, label="县外学校", required=True, max_length=80)
    outside_region = CellField(cells.clean_text, label="学校所在地", required=True, max_length=80)
    to_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label="复学班级", required=False, empty_label="仍在原班级"
    )
    field_order = ["to_school", "outside_school", "outside_region", "to_class", "effective_on", "reason"]

    def __init__(self, *args, kind: str, enrolment, schools, classes, **kwargs):
        super().__init__(*args, term=enrolment.term, **kwargs)
        self.fields["to_school"].queryset = schools
        self.fields["to_class"].queryset = classes
        kept = {
            MoveKind.TRANSFER: {"to_school"},
            MoveKind.OUT: {"outside_school", "outside_region"},
            MoveKind.RETURN: {"to_class"},
        }.get(kind, set())
        for name in {"to_school", "outside_school", "outside_region", "to_class"} - kept:
            del self.fields[name]


class TakeInForm(WhenAndWhy):
    """A child the receiving school asks for: found only by the whole number and the name together."""

    origin = forms.ChoiceField(
        label="从哪里转来", choices=[("county", "县内其他学校"), ("outside", "县外")], initial="county",
        widget=forms.RadioSelect,
    )  # fmt: skip
    id_number = CellField(
        cells.clean_id_number, label="身份证件号", required=True, max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
        help_text="按户口簿填写完整号码，须与姓名一致才能找到学生",
    )  # fmt: skip
    name = CellField(cells.clean_text, label="姓名", required=True, max_length=60)
    school = forms.ModelChoiceField(School.objects.none(), label="转入学校", empty_label="请选择学校")
    level = forms.ChoiceField(
        label="年级",
        required=False,
        help_text="县外转入必填；县内转学的，本学期已有学籍的以原学校为准，还没有学籍的必填",
    )
    boarding = forms.BooleanField(label="寄宿", required=False)
    outside_school = CellField(cells.clean_text, label="县外学校", max_length=80, help_text="县外转入必填")
    outside_region = CellField(cells.clean_text, label="学校所在地", max_length=80)
    field_order = [
        "origin", "id_number", "name", "school", "level", "boarding", "outside_school", "outside_region",
        "effective_on", "reason",
    ]  # fmt: skip

    def __init__(self, *args, schools, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = schools
        if len(schools) == 1:
            self.fields["school"].initial = schools[0]
        stages = {stage for school in schools for stage in school.stages}
        self.fields["level"].choices = [
            ("", "请选择"),
            *(
                (f"{stage}-{n}", f"{stage.label}{grade_name(stage, n)}")
                for stage in Stage
                if stage in stages
                for n in range(1, STAGE_YEARS[stage] + 1)
            ),
        ]

    def clean(self):
        data = super().clean()
        if data.get("origin") == "outside":
            if not data.get("outside_school"):
                self.add_error("outside_school", "请填写县外学校。")
            if not data.get("level"):
                self.add_error("level", "请选择年级。")
        stage, _, grade = (data.get("level") or "").partition("-")
        return data | {"stage": stage, "grade": int(grade) if grade else None}


class AnswerForm(forms.Form):
    """The answer to a transfer: agree, with the class where it is one's own, or refuse with a reason."""

    to_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label="编入班级", required=False, empty_label="暂不分班"
    )
    reason = forms.CharField(
        label="不同意的理由", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args, classes, **kwargs):
        super().__init__(*args, **kwargs)
        if classes is None:
            del self.fields["to_class"]
        else:
            self.fields["to_class"].queryset = classes
        self.fields["reason"].help_text = "同意的不用填；对方会看到"


class NoteForm(forms.Form):
    """What was done, in a sentence."""

    note = forms.CharField(
        label="跟进结果", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "请写明未结清的资助怎样处理了。"},
    )  # fmt: skip
