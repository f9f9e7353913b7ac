"""Areas, schools, classes, people: forms and filters; choices are the places the user manages."""

import re

from django import forms
from django.db.models import Q

from povertyedu.accounts.permissions import Permission as P
from povertyedu.office.actions.schools import CARRIED, FROM_WHEN
from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import STAGE_YEARS, USUAL_STAGES, AreaLevel, SchoolKind, Stage
from povertyedu.orgs.models import Area, Person, School, SchoolClass, Term
from povertyedu.orgs.tags import clean_tags
from povertyedu.ui.templatetags.ui import term_name
from povertyedu.workbooks.cells import CellError

_LEVEL_BY_LENGTH = {6: AreaLevel.COUNTY, 9: AreaLevel.TOWNSHIP, 12: AreaLevel.VILLAGE}


class AreaChoice(forms.ModelChoiceField):
    def label_from_instance(self, area):
        return area.path


def areas_of(user, *levels: str):
    rows = Area.objects.visible_to(user, P.MANAGE_ORGS).select_related("parent")
    return rows.filter(level__in=levels) if levels else rows


def townships(user):
    return areas_of(user, AreaLevel.TOWNSHIP)


class AreaFilter(forms.Form):
    q = forms.CharField(label="名称或代码", required=False, max_length=40)
    level = forms.ChoiceField(label="级别", required=False, choices=[("", "全部"), *AreaLevel.choices])
    township = forms.ModelChoiceField(
        label="乡镇", required=False, queryset=Area.objects.none(), empty_label="全部"
    )
    poor = forms.BooleanField(label="只看贫困村", required=False)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["township"].queryset = townships(user)

    def narrow(self, rows):
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            rows = rows.filter(Q(name__contains=text) | Q(code__startswith=text))
        if wanted.get("level"):
            rows = rows.filter(level=wanted["level"])
        if wanted.get("township"):
            rows = rows.filter(Q(pk=wanted["township"].pk) | Q(parent=wanted["township"]))
        return rows.filter(is_poor_village=True) if wanted.get("poor") else rows


class AreaForm(forms.ModelForm):
    """Code and name; level and parent follow from the code's length and first digits."""

    class Meta:
        model = Area
        fields = ["code", "name", "is_poor_village"]
        help_texts = {"code": "县 6 位，乡镇 9 位，村（社区）12 位；前几位与上级代码相同"}

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.user = user
        if not self.instance._state.adding:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = "代码登记后不能改"

    def clean_code(self):
        code = self.cleaned_data["code"].strip()
        if not re.fullmatch(r"[0-9]{6}([0-9]{3}([0-9]{3})?)?", code):
            raise forms.ValidationError("区划代码应为 6、9 或 12 位数字，请核对。")
        return code

    def clean(self):
        cleaned = super().clean()
        code = cleaned.get("code")
        if not code or not self.instance._state.adding:
            return cleaned
        level = _LEVEL_BY_LENGTH[len(code)]
        parent = None
        if level == AreaLevel.COUNTY:
            self.add_error("code", "县在系统安装时登记，这里只登记乡镇和村。")
        else:
            parent = areas_of(self.user).filter(pk=code[:-3]).first()
            if parent is None:
                self.add_error("code", f"没有找到上级 {code[:-3]}，请先登记上级，或核对代码。")
            elif parent.closed_on:
                self.add_error("code", f"{parent}已撤并，不能在下面登记新的村；请核对代码。")
        self.instance.level, self.instance.parent = level, parent
        if cleaned.get("is_poor_village") and level != AreaLevel.VILLAGE:
            self.add_error("is_poor_village", "只有村才能标为贫困村。")
        return cleaned


class AreaMergeForm(forms.Form):
    """Into which place of its level an area goes, on which day, and from which term its children stand there."""

    into = AreaChoice(
        label="并入",
        queryset=Area.objects.none(),
        empty_label="请选择",
        error_messages={"invalid_choice": "只能并入没有撤并的另一个同级乡镇或村，请重新选择。"},
    )
    on = forms.DateField(
        label="撤并日期",
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"required": "请填写批复撤并的日期。"},
    )
    from_term = forms.ModelChoiceField(
        label="从哪个学期起",
        queryset=Term.objects.filter(is_closed=False),
        empty_label="请选择",
        help_text="这个学期及以后的学籍改用新代码；以前的学期、已关闭的学期保留原代码",
    )

    def __init__(self, *args, area: Area, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = areas_of(user, area.level).standing().exclude(pk=area.pk)

    def clean_on(self):
        day = self.cleaned_data["on"]
        if day > today():
            raise forms.ValidationError("撤并日期晚于今天；到了那一天再办理。")
        return day


class SchoolFilter(forms.Form):
    q = forms.CharField(label="名称或标识码", required=False, max_length=40)
    township = forms.ModelChoiceField(
        label="乡镇", required=False, queryset=Area.objects.none(), empty_label="全部"
    )
    stage = forms.ChoiceField(label="学段", required=False, choices=[("", "全部"), *Stage.choices])
    state = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), ("open", "在办"), ("closed", "停办")]
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["township"].queryset = townships(user)

    def narrow(self, rows):
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            rows = rows.filter(Q(name__contains=text) | Q(code__startswith=text))
        if wanted.get("township"):
            rows = rows.filter(Q(area=wanted["township"]) | Q(area__parent=wanted["township"]))
        if wanted.get("stage"):
            rows = rows.of_stage(wanted["stage"])
        if wanted.get("state"):
            rows = rows.filter(is_open=wanted["state"] == "open")
        return rows


def _former(school: School) -> str:
    """Say which tags the school had until which term."""
    return "".join(
        f"；{term_name(until)}以前：{'、'.join(kept) or '无'}" for until, kept in school.former_tags
    )


class SchoolForm(forms.ModelForm):
    """A school with its set of stages; ``from_term`` says from when changed facts hold for its students."""

    stages = forms.MultipleChoiceField(
        label="学段", choices=Stage.choices, widget=forms.CheckboxSelectMultiple, required=False,
        help_text="不选时按办学类型取常见学段",
    )  # fmt: skip
    area = AreaChoice(label="所在乡镇（村）", queryset=Area.objects.none())
    from_term = forms.ModelChoiceField(
        label="从哪个学期起", required=False, queryset=Term.objects.filter(is_closed=False), empty_label="—",
        help_text="改了办学性质、城乡类型、所在乡镇或学校标签时必选：这个学期及以后的学籍随之改变并重新测算，以前的不变",
    )  # fmt: skip

    tags = forms.CharField(
        label="学校标签", required=False, max_length=420,
        help_text="几个标签用顿号分开，如“示范校、民族班”；资助标准可以按标签规定",
    )  # fmt: skip

    class Meta:
        model = School
        fields = [
            "code", "name", "kind", "stages", "ownership", "setting", "area", "from_term", "takes_boarders", "parent",
            "centre", "is_open", "merged_into", "tags",
        ]  # fmt: skip
        help_texts = {
            "code": "10 位，教育部学校（机构）标识码",
            "parent": "教学点填写主管它的学校",
            "centre": "资助名单先报哪所中心学校审核；不选则直接报县资助中心",
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        schools = School.objects.visible_to(user, P.MANAGE_ORGS).exclude(pk=self.instance.pk)
        self.fields["area"].queryset = areas_of(user).standing()
        for name in ("parent", "centre", "merged_into"):
            self.fields[name].queryset = schools.order_by("name")
            self.fields[name].empty_label = "无"
        if self.instance._state.adding:
            del self.fields["from_term"]
        else:
            self.initial["tags"] = "、".join(self.instance.tags)
            self.fields["tags"].help_text += _former(self.instance)
            self.fields["stages"].initial = self.instance.stages

    def clean_tags(self):
        try:
            written = clean_tags(self.cleaned_data["tags"]).value or []
        except CellError as error:
            raise forms.ValidationError(error.message) from None
        return self.instance.tags if set(written) == set(self.instance.tags) else written

    def clean_stages(self):
        kind = self.cleaned_data.get("kind")
        return (
            self.cleaned_data["stages"] or [str(s) for s in USUAL_STAGES.get(SchoolKind(kind), ())]
            if kind
            else []
        )

    def clean(self):
        cleaned = super().clean()
        retagged = cleaned.get("tags", self.instance.tags) != self.instance.tags
        changed = retagged or any(name in self.changed_data for name in CARRIED)
        if (
            "from_term" in self.fields
            and changed
            and not cleaned.get("from_term")
            and self.instance.enrolments.exists()
        ):
            self.add_error("from_term", FROM_WHEN)
        return cleaned


class ClassForm(forms.ModelForm):
    """A class of ``school``: one of its stages, a grade that stage has, a teacher of the school."""

    class Meta:
        model = SchoolClass
        fields = ["stage", "grade", "name", "homeroom_teacher"]
        help_texts = {
            "grade": "学段内第几年，如初中七年级填 1",
            "homeroom_teacher": "在“人员”里登记为本校人员的教师",
        }

    def __init__(self, *args, school: School, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.school = school
        self.fields["stage"].choices = [(s, Stage(s).label) for s in school.stages]
        self.fields["homeroom_teacher"].queryset = school.people.all()
        self.fields["homeroom_teacher"].empty_label = "未指定"
        if not self.instance._state.adding and self.instance.enrolments.exists():
            # Its pupils' enrolments say the same stage and grade.
            self.fields["stage"].disabled = self.fields["grade"].disabled = True
            self.fields["grade"].help_text = "已有学生，学段和年级不能改"

    def clean(self):
        cleaned = super().clean()
        stage, grade = cleaned.get("stage"), cleaned.get("grade")
        if stage and grade is not None and not 1 <= grade <= STAGE_YEARS[Stage(stage)]:
            self.add_error(
                "grade", f"{Stage(stage).label}的年级是 1 到 {STAGE_YEARS[Stage(stage)]}，请核对。"
            )
        # The school is not a field of this form, so Django leaves the constraint over it unchecked.
        same = self.instance.school.classes.filter(stage=stage, grade=grade, name=cleaned.get("name"))
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", "这个年级已有同名班级，请核对。")
        return cleaned


class PersonFilter(forms.Form):
    q = forms.CharField(label="姓名或电话", required=False, max_length=40)
    school = forms.ModelChoiceField(
        label="学校", required=False, queryset=School.objects.none(), empty_label="全部"
    )
    township = forms.ModelChoiceField(
        label="乡镇", required=False, queryset=Area.objects.none(), empty_label="全部"
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, P.MANAGE_ORGS).order_by("name")
        self.fields["township"].queryset = townships(user)

    def narrow(self, rows):
        wanted = self.cleaned_data if self.is_valid() else {}
        if text := wanted.get("q"):
            rows = rows.filter(Q(name__contains=text) | Q(phone__startswith=text))
        if wanted.get("school"):
            rows = rows.filter(school=wanted["school"])
        if town := wanted.get("township"):
            places = Area.objects.filter(Q(pk=town.pk) | Q(parent=town)).values("pk")
            rows = rows.filter(Q(area__in=places) | Q(school__area__in=places))
        return rows


class PersonForm(forms.ModelForm):
    area = AreaChoice(
        label="乡镇（村）", queryset=Area.objects.none(), required=False, empty_label="无",
        help_text="乡镇、村干部填写；学校教师只选学校",
    )  # fmt: skip

    class Meta:
        model = Person
        fields = ["name", "phone", "title", "school", "area"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["school"].queryset = School.objects.visible_to(user, P.MANAGE_ORGS).order_by("name")
        self.fields["school"].empty_label = "无"
        self.fields["area"].queryset = areas_of(user).standing()

    def clean(self):
        cleaned = super().clean()
        if not cleaned.get("school") and not cleaned.get("area") and not self.errors:
            self.add_error("school", "学校和乡镇（村）至少选一项，否则不知道是哪里的人员。")
        return cleaned
