from pathlib import Path

from django import forms

from povertyedu.imports.reading import limits
from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, Term
from povertyedu.workbooks.reading import EXTENSIONS
from students.enums import ComparisonKind, ComparisonState, DisposalCode, ListKind
from students.models import Comparison

# What each of the four checks usually sets against what: left, right.
USUAL = {
    ComparisonKind.REGISTER_ENROLMENT: (ListKind.FILE, ListKind.ENROLLED),
    ComparisonKind.ENROLMENT_PRESENT: (ListKind.ENROLLED, ListKind.FILE),
    ComparisonKind.DROPOUT_POOR: (ListKind.FOUND_BEFORE, ListKind.REGISTERED_POOR),
    ComparisonKind.DEPARTMENT_ENROLMENT: (ListKind.FILE, ListKind.ENROLLED),
}


class ComparisonForm(forms.Form):
    """Which check, which two lists, for which term and ages."""

    kind = forms.ChoiceField(label="比对", choices=ComparisonKind.choices)
    term = forms.ModelChoiceField(Term.objects.all(), label="学期", empty_label=None)
    left = forms.ChoiceField(label="甲方名单", choices=ListKind.choices, initial=ListKind.FILE)
    left_file = forms.FileField(label="甲方文件", required=False)
    left_earlier = forms.ModelChoiceField(Comparison.objects.none(), label="甲方比对", required=False)
    right = forms.ChoiceField(label="乙方名单", choices=ListKind.choices, initial=ListKind.ENROLLED)
    right_file = forms.FileField(label="乙方文件", required=False)
    right_earlier = forms.ModelChoiceField(Comparison.objects.none(), label="乙方比对", required=False)
    youngest = forms.IntegerField(label="最小年龄", required=False, min_value=0, max_value=30)
    oldest = forms.IntegerField(label="最大年龄", required=False, min_value=0, max_value=30)

    def __init__(self, *args, user, permission: str, **kwargs):
        super().__init__(*args, **kwargs)
        frozen = Comparison.objects.visible_to(user, permission).filter(state=ComparisonState.FROZEN)
        self.limits = limits()
        for side in ("left", "right"):
            self.fields[f"{side}_earlier"].queryset = frozen
            self.fields[f"{side}_file"].widget.attrs["accept"] = ",".join(EXTENSIONS)
        self.fields[
            "left_file"
        ].help_text = "名单选“上传的名单”时填；要有姓名、身份证号两列，村或学校一列可有可无。其他列不读取。"
        self.fields[
            "oldest"
        ].help_text = "周岁，按学年开始前的 8 月 31 日计；义务教育阶段一般填 6 至 15，不填不限。"

    def clean(self):
        data = super().clean()
        for side in ("left", "right"):
            source = data.get(side)
            if source == ListKind.FILE:
                self._check_file(side, data.get(f"{side}_file"))
            elif source == ListKind.FOUND_BEFORE and not data.get(f"{side}_earlier"):
                self.add_error(f"{side}_earlier", "请选择用哪一次比对未匹配的人。")
        if data.get("left") == data.get("right") and data.get("left") not in (
            ListKind.FILE,
            ListKind.FOUND_BEFORE,
        ):
            self.add_error("right", "甲乙两方是同一份名单，比不出差异；请换一方。")
        low, high = data.get("youngest"), data.get("oldest")
        if low is not None and high is not None and low > high:
            self.add_error("oldest", "最大年龄不能小于最小年龄。")
        return data

    def _check_file(self, side: str, file) -> None:
        name = f"{side}_file"
        if file is None:
            if name not in self.errors:
                self.add_error(name, "请选择要比对的文件。")
        elif Path(file.name).suffix.lower() not in EXTENSIONS:
            self.add_error(name, "只能上传 .xlsx、.xls 或 .csv 文件；请另存为 .xlsx 后再上传。")
        elif file.size > self.limits.size:
            self.add_error(
                name, f"文件超过 {self.limits.size // 2**20} MB；请拆成几个文件，或删去图片后再上传。"
            )


class RowFilterForm(forms.Form):
    """Rows of a comparison by township and disposal; read from the address."""

    tab = forms.CharField(required=False, widget=forms.HiddenInput)
    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    place = forms.CharField(label="村或学校", required=False, max_length=60)
    disposal = forms.ChoiceField(
        label="处置", required=False, choices=[("", "全部"), ("none", "尚未登记"), *DisposalCode.choices]
    )

    def in_force(self) -> list[str]:
        """Return the filters that hold, in words."""
        words = []
        for bound in self.visible_fields():
            if value := self.cleaned_data.get(bound.name):
                words.append(
                    f"{bound.label}：{dict(getattr(bound.field, 'choices', ())).get(value, value) if bound.name == 'disposal' else value}"
                )
        return words
