import re

from django import forms
from django.core.validators import RegexValidator

from povertyedu.orgs.enums import STAGE_YEARS, AreaLevel, Stage, grade_name
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.sealing import keyed_hash
from students.enums import HardshipCategory
from students.queries import MISSING, READINGS, STATUS_TABS, enrolments_in, matching, usual_reading

_TAIL = re.compile(r"[0-9]{3}[0-9Xx]").fullmatch
_ID_NUMBER = re.compile(r"[0-9]{17}[0-9Xx]").fullmatch
_STUDENT_NO = re.compile(r"[GJLgjl][0-9]{17}[0-9Xx]").fullmatch
HASH = RegexValidator(r"^[0-9a-f]{32}$")


def find_by(text: str) -> dict[str, str]:
    """Return the filter that ``text`` asks for; a number leaves only its keyed hash, addresses are logged."""
    text = text.strip()
    squeezed = "".join(text.split()).upper()
    if _ID_NUMBER(squeezed):
        return {"id_hash": keyed_hash(squeezed)}
    if _STUDENT_NO(squeezed):
        return {"no_hash": keyed_hash(squeezed)}
    if _TAIL(squeezed):
        return {"tail_hash": keyed_hash(squeezed)}
    return {"name": text} if text else {}


class SearchForm(forms.Form):
    """What is typed into the search box; sent by POST so that no number stands in an address."""

    q = forms.CharField(
        label="姓名或号码", required=False, max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "姓名或拼音首字母 / 证件号或后四位 / 学籍号", "autocomplete": "off"}),
    )  # fmt: skip


def level_choices():
    """Return stages with their grades: "primary" is the whole stage, "primary-5" one grade."""
    choices = [("", "全部")]
    for stage in Stage:
        grades = [(f"{stage}-{n}", grade_name(stage, n)) for n in range(1, STAGE_YEARS[stage] + 1)]
        choices.append((stage.label, [(stage.value, f"{stage.label}全部"), *grades]))
    return choices


class FilterForm(forms.Form):
    """The filter of the list, read from its address. Nothing in it names a child by number in clear."""

    term = forms.CharField(required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(choices=list(READINGS.items()), required=False, widget=forms.HiddenInput)
    status = forms.ChoiceField(
        choices=[(name, label) for name, (label, _) in STATUS_TABS.items()],
        required=False,
        widget=forms.HiddenInput,
    )
    name = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    id_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)
    tail_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)
    no_hash = forms.CharField(required=False, validators=[HASH], widget=forms.HiddenInput)
    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")
    level = forms.ChoiceField(label="学段年级", required=False, choices=level_choices)
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label="班级", required=False, empty_label="全部"
    )
    category = forms.TypedChoiceField(
        label="困难类型", required=False, coerce=int, choices=[("", "全部"), *HardshipCategory.choices]
    )
    boarding = forms.ChoiceField(
        label="住宿", required=False, choices=[("", "全部"), ("yes", "寄宿"), ("no", "走读")]
    )
    missing = forms.ChoiceField(
        label="缺项",
        required=False,
        choices=[("", "不限"), ("any", "任一缺项"), *((name, word) for name, (word, _) in MISSING.items())],
    )

    FOUND_BY = {"id_hash": "身份证件号", "tail_hash": "证件号后四位", "no_hash": "学籍号"}

    def __init__(self, data, *, user, permission: str):
        super().__init__(data, auto_id="filter_%s")
        schools = School.objects.visible_to(user, permission)
        self.fields["school"].queryset = schools
        own = list(schools[:2])
        if len(own) == 1:
            self.fields["school"].widget = forms.HiddenInput()  # nothing to choose from
        chosen = self.data.get("school") or (own[0].pk if len(own) == 1 else "")
        if str(chosen).isascii() and str(chosen).isdigit() and len(str(chosen)) < 19:
            classes = SchoolClass.objects.visible_to(user, permission)
            self.fields["school_class"].queryset = classes.filter(school=chosen)
        else:
            self.fields["school_class"].widget = forms.HiddenInput()  # a class is chosen within a school

    def clean(self):
        data = super().clean()
        stage, _, grade = (data.get("level") or "").partition("-")
        return data | {"stage": stage, "grade": int(grade) if grade else None}

    def in_force(self) -> list[str]:
        """Return the filters that hold, in words."""
        words = []
        if name := self.cleaned_data.get("name"):
            words.append(f"姓名含“{name}”")
        words += [f"按{label}查找" for field, label in self.FOUND_BY.items() if self.cleaned_data.get(field)]
        for bound in self.visible_fields():
            if self.cleaned_data.get(bound.name):
                words.append(f"{bound.label}：{self._word(bound)}")
        return words

    def _word(self, bound) -> str:
        value = self.cleaned_data[bound.name]
        if isinstance(bound.field, forms.ModelChoiceField):
            return str(value)
        flat = {}
        for key, label in bound.field.choices:
            flat.update(label if isinstance(label, (list, tuple)) else {key: label})
        return flat.get(value, str(value))


def chosen(query, *, user, term, permission):
    """Return the filter of an address, how it reads, and the rows it leaves; none when it is no filter."""
    form = FilterForm(query, user=user, permission=permission)
    reading = query.get("by") or usual_reading(user.scope(permission))
    if not form.is_valid():
        reading = reading if reading in READINGS else "school_area"
        rows = enrolments_in(term, user=user, permission=permission, reading=reading)
        return form, reading, rows.none()
    rows = enrolments_in(term, user=user, permission=permission, reading=reading)
    return form, reading, matching(rows, form.cleaned_data, reading=reading)
