"""A child's record as the clerk fills it in: five sections, to be filled in any order."""

from dataclasses import dataclass

from django import forms

from povertyedu.orgs.enums import STAGE_YEARS, AreaLevel, Stage, grade_name
from povertyedu.orgs.models import Area, School, SchoolClass
from povertyedu.workbooks import cells
from students.enums import AidedElsewhere, EnrolmentStatus, HolderRelation, Hukou, IdentityKind, Place
from students.numbers import NUMBERS
from students.peoples import PEOPLES

from .facts import FactFields
from .identity import BY_GB11643, CellField, DayField, IdentityForm, MealDaysField

MOST_YEARS = max(STAGE_YEARS.values())
# Filled from the start: they do not tell that a clerk has begun a section.
PRESET = {"id_kind", "place", "status", "onwards"}


@dataclass(frozen=True)
class Section:
    """A part of the form: its anchor, title, fields, and those of them without which it is not complete."""

    name: str
    title: str
    fields: tuple[str, ...]
    needed: tuple[str, ...] = ()


SECTIONS = (
    Section(
        "basic",
        "基本信息",
        (
            "name", "id_kind", "id_number", "birth_date", "sex", "ethnicity", "hukou",
            "home_township", "home_village", "home_address",
            "guardian_name", "guardian_relation", "guardian_id_number", "phone",
        ),
        ("name", "id_number", "guardian_name", "phone"),
    ),
    Section(
        "schooling",
        "学籍与就读",
        (
            "place", "school", "outside_school", "outside_region", "aided_elsewhere", "stage", "grade", "school_class",
            "boarding", "meal_days", "student_no", "entered_on", "major", "agri_major", "status", "onwards",
        ),
        ("school", "stage", "grade", "boarding"),
    ),
    Section("hardship", "困难情况", ("is_left_behind", "remark")),
    Section("other", "其他情况", ()),  # one field for each fact without a column (FactFields)
    Section("account", "银行卡", ("account_holder", "account_relation", "account_bank", "account_number"), ("account_holder", "account_number")),
)  # fmt: skip


class PlacementFields(forms.Form):
    """School, stage, grade and class, each choice narrowing the next; refreshed alone as an htmx fragment."""

    school = forms.ModelChoiceField(School.objects.none(), label="学校", empty_label="请选择学校")
    stage = forms.ChoiceField(label="学段")
    grade = forms.TypedChoiceField(label="年级", coerce=int)
    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(),
        label="班级",
        required=False,
        empty_label="暂不分班",
        help_text="先选学校、学段和年级；没有要选的班级时可暂不分班，请数据管理员添加班级后再补",
    )

    def narrow(self, *, schools, classes) -> None:
        """Offer only what fits the school, stage and grade chosen so far."""
        self.fields["school"].queryset = schools
        school, stage, grade = (self._chosen(name) for name in ("school", "stage", "grade"))
        offered = self._stages_of(school) if school else list(Stage)
        stages = [s for s in Stage if s in offered] or list(Stage)
        self.fields["stage"].choices = [("", "请选择"), *((s.value, s.label) for s in stages)]
        years = STAGE_YEARS.get(stage, MOST_YEARS)
        self.fields["grade"].choices = [
            ("", "请选择"),
            *((n, grade_name(stage, n)) for n in range(1, years + 1)),
        ]
        if not school:
            return
        classes = classes.filter(school=school)
        if stage in Stage.values:
            classes = classes.filter(stage=stage)
        if grade:
            classes = classes.filter(grade=grade)
        self.fields["school_class"].queryset = classes

    def _sent(self, name: str):
        """Return what stands in a field: what was sent, or what the form opened with."""
        return self.data.get(name) if self.is_bound else self.initial.get(name)

    def _stages_of(self, school: int) -> list[str]:
        return list(School.objects.filter(pk=school).values_list("stage_set__stage", flat=True))

    def _chosen(self, name: str):
        """Return the key or stage that stands in a field; "" when there is none."""
        value = self._sent(name)
        value = getattr(value, "pk", value)
        if name == "stage":
            return value or ""
        text = str(value or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else ""


class StudentForm(IdentityForm, PlacementFields, FactFields):
    """The whole record. ``schools`` and ``classes`` are those the clerk may enrol at.

    ``may_place_outside``: whether children who study outside the county may be entered (county offices).
    """

    # As on the page: the summary of errors is read from top to bottom.
    field_order = [name for section in SECTIONS for name in section.fields]

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    name = CellField(cells.clean_text, label="姓名", required=True, max_length=60)
    ethnicity = forms.ChoiceField(label="民族", required=False)
    hukou = forms.ChoiceField(label="户口性质", required=False, choices=[("", "请选择"), *Hukou.choices])
    home_township = forms.ModelChoiceField(
        Area.objects.standing().filter(level=AreaLevel.TOWNSHIP),
        label="户籍乡镇",
        required=False,
        empty_label="请选择（不在本县的不选）",
    )
    home_village = forms.ModelChoiceField(
        Area.objects.standing().filter(level=AreaLevel.VILLAGE), label="户籍村", required=False, empty_label="请选择村",
        error_messages={"invalid_choice": "这个村不属于所选的户籍乡镇，请重新选择。"},
    )  # fmt: skip
    home_address = CellField(cells.clean_text, label="详细地址", max_length=120)
    guardian_name = CellField(cells.clean_text, label="监护人", max_length=60)
    guardian_relation = CellField(cells.clean_text, label="监护人关系", max_length=20)
    guardian_id_number = CellField(
        cells.clean_id_number, label="监护人证件号", max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
    )  # fmt: skip
    phone = CellField(
        cells.clean_phone, label="联系电话", max_length=20,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "inputmode": "tel"}),
    )  # fmt: skip
    place = forms.ChoiceField(label="就读地", choices=Place.choices, initial=Place.IN_COUNTY)
    outside_school = CellField(cells.clean_text, label="县外学校", max_length=80)
    outside_region = CellField(cells.clean_text, label="学校所在地", max_length=80)
    aided_elsewhere = forms.ChoiceField(
        label="对方是否已资助", choices=AidedElsewhere.choices, required=False, initial=AidedElsewhere.UNKNOWN,
        help_text="就读地已经资助的，本县不再重复资助",
    )  # fmt: skip
    boarding = forms.TypedChoiceField(
        label="是否寄宿", choices=[("1", "寄宿"), ("0", "走读")], coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )  # fmt: skip
    meal_days = MealDaysField(help_text="与学期统一天数不同的才填")
    major = CellField(cells.clean_text, label="专业", max_length=60, help_text="中职、高校学生填写")
    agri_major = forms.BooleanField(label="涉农专业", required=False)
    student_no = CellField(
        cells.clean_student_no, label="全国学籍号", max_length=30,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
    )  # fmt: skip
    entered_on = DayField(label="入学日期", required=False)
    status = forms.ChoiceField(
        label="学籍状态", choices=EnrolmentStatus.choices, initial=EnrolmentStatus.STUDYING
    )
    onwards = forms.TypedChoiceField(
        label="更正范围", required=False, coerce=lambda value: value == "1", empty_value=True,
        choices=[("1", "从本学期起，以后各学期同样更正"), ("0", "只改本学期")], initial="1", widget=forms.RadioSelect,
    )  # fmt: skip
    is_left_behind = forms.BooleanField(label="留守儿童", required=False)
    remark = CellField(cells.clean_text, label="备注", max_length=200)
    account_holder = CellField(cells.clean_text, label="开户人", max_length=60, help_text="学生本人或监护人")
    account_relation = forms.ChoiceField(
        label="与开户人关系", required=False, choices=[("", "请选择"), *HolderRelation.choices],
        help_text="户名既不是学生本人、也不是档案里的监护人的，不论填什么关系，发放时先暂缓，由资助中心看过再放行",
    )  # fmt: skip
    account_bank = CellField(cells.clean_text, label="开户银行", max_length=60)
    account_number = CellField(
        cells.clean_bank_account, label="银行账号", max_length=40,
        widget=forms.TextInput(attrs={"class": "mono", "autocomplete": "off", "inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, *args, schools, classes, may_place_outside: bool, later_terms: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self._order_facts()
        self.fields["ethnicity"].choices = self._peoples()
        self.fields["home_village"].queryset = self.fields["home_village"].queryset.select_related("parent")
        if township := self._township():
            self.fields["home_village"].queryset = self.fields["home_village"].queryset.filter(
                parent=township
            )
        for name, number in NUMBERS.items():
            if self._has(name):
                self.fields[name].help_text = f"现为 {number.masked_of(self.known)}，不改请留空"
        if not may_place_outside:
            for name in ("place", "outside_school", "outside_region", "aided_elsewhere"):
                del self.fields[name]
        if not later_terms:
            del self.fields["onwards"]
        if not self.known:
            del self.fields["status"]
        # Elsewhere a child has no school of ours; who may enter such children is told by clean().
        self.fields["school"].required = not may_place_outside
        self.fields["school"].error_messages["required"] = "请选择学校。"
        self.narrow(schools=schools, classes=classes)

    def _order_facts(self) -> None:
        """Put the facts where the page has them: before the bank account."""
        account = [name for name in self.fields if name.startswith("account_")]
        self.order_fields([name for name in self.fields if name not in account] + account)

    def _peoples(self):
        value = (self.data if self.is_bound else self.initial).get("ethnicity") or ""
        extra = [(value, value)] if value and value not in PEOPLES else []  # as an older list had it
        return [("", "请选择"), *extra, *((name, name) for name in PEOPLES)]

    def _township(self) -> str:
        value = self._sent("home_township") or ""
        return str(getattr(value, "pk", value))

    def clean_name(self):
        if not self.cleaned_data["name"]:
            raise forms.ValidationError("请填写姓名。")
        return self.cleaned_data["name"]

    def clean(self):
        data = super().clean()
        self._clean_kept_identity(data)
        self._clean_place(data)
        self._clean_account(data)
        data["facts"] = self.facts_given(data)
        data["home"] = data.get("home_village") or data.get("home_township")
        if (
            data.get("id_kind") == IdentityKind.NONE
            and not data.get("student_no")
            and not self._has("student_no")
        ):
            self.add_error("student_no", "没有身份证件的学生必须填写全国学籍号，否则以后无法查找。")
        if (data.get("guardian_relation") or data.get("guardian_id_number")) and not data.get(
            "guardian_name"
        ):
            self.add_error("guardian_name", "填了监护人关系或证件号，请同时填写监护人姓名。")
        data.setdefault("onwards", True)
        data.setdefault("status", EnrolmentStatus.STUDYING)
        return data

    def _clean_kept_identity(self, data) -> None:
        """Keep birth date and sex of the number on file when no other number was typed."""
        if not (self.known and not data.get("id_number") and data.get("id_kind") in BY_GB11643):
            return
        data["birth_date"] = self.known.birth_date or data.get("birth_date")
        data["sex"] = self.known.sex or data.get("sex")

    def _clean_place(self, data) -> None:
        data.setdefault("place", Place.IN_COUNTY)
        data["aided_elsewhere"] = data.get("aided_elsewhere") or AidedElsewhere.UNKNOWN
        if data["place"] == Place.IN_COUNTY:
            if not data.get("school") and "school" not in self.errors:
                self.add_error("school", "请选择学校。")
            data |= dict.fromkeys(("outside_school", "outside_region"), "")
            data["aided_elsewhere"] = AidedElsewhere.UNKNOWN
        else:
            data |= {"school": None, "school_class": None}
            if not data.get("outside_school"):
                self.add_error("outside_school", "在县外就读的，请填写县外学校名称。")
        if {"school", "stage", "grade"} & set(self.errors):
            self._errors.pop("school_class", None)  # it follows from them: one thing at a time

    def _clean_account(self, data) -> None:
        number, holder = data.get("account_number"), data.get("account_holder")
        if (holder or data.get("account_bank")) and not number and not self._has("account_number"):
            if "account_number" not in self.errors:
                self.add_error("account_number", "填了开户人或开户银行，请同时填写银行账号。")
        elif number and not holder:
            self.add_error("account_holder", "请填写开户人，应与银行卡或存折上的户名一致。")
        if (
            data.get("account_relation") == HolderRelation.SELF
            and holder
            and holder != data.get("name", holder)
        ):
            self.add_error("account_relation", "选了“本人”，但开户人与学生姓名不同；请核对户名或改选关系。")

    def _has(self, name: str) -> bool:
        """Whether the record on file holds the number that is left empty here."""
        return bool(self.known and name in NUMBERS and NUMBERS[name].read(self.known))

    def sections(self) -> list[dict]:
        """Return the task list: each section with its state in one of the words of the status component."""
        return [self._section(section) for section in SECTIONS]

    def _section(self, section: Section) -> dict:
        names = section.fields or [fact.field_name for fact in self.facts]
        wrong = sum(len(self.errors.get(name, ())) for name in names) if self.is_bound else 0
        present = [name for name in names if name in self.fields and name not in PRESET]
        filled = {name for name in present if self._filled(name)}
        if wrong:
            state = ("bad", f"{wrong} 处错误")
        elif not section.needed:
            state = ("ok", "已填写") if filled else ("todo", "选填")
        elif filled.issuperset(set(section.needed) & set(present)):
            state = ("ok", "已完成")
        else:
            state = ("doing", "填写中") if filled else ("todo", "未开始")
        return {"url": f"#{section.name}-title", "title": section.title, "s": state[0], "t": state[1]}

    def _filled(self, name: str) -> bool:
        value = self.data.get(name) if self.is_bound else self.initial.get(name)
        return value not in (None, "", False, []) or self._has(name)
