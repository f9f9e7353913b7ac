from pathlib import Path

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import Term
from povertyedu.workbooks.headers import Vocabulary, normal_heading
from povertyedu.workbooks.reading import EXTENSIONS

from .actions import closed_term
from .aliases import headed_columns
from .models import HeadingAlias
from .reading import limits


def term_choices(*, with_coming: bool) -> list[tuple[str, str]]:
    """Return the terms there are and, for who may open them, those about to begin: naming one creates it."""
    known = {term.pk: term for term in Term.objects.all()}
    year = today().year
    coming = (f"{year}-{Season.SPRING}", f"{year}-{Season.AUTUMN}", f"{year + 1}-{Season.SPRING}")
    for code in coming if with_coming else ():
        known.setdefault(code, Term(code=code, **Term.defaults(code)))
    ordered = sorted(known.values(), key=lambda term: term.starts_on, reverse=True)
    return [(term.pk, str(term)) for term in ordered]


class UploadForm(forms.Form):
    """Kind, term and workbook. Only kinds that the person may import are offered."""

    kind = forms.ChoiceField(label="导入种类")
    term = forms.ChoiceField(
        label="学期", required=False, help_text="行政区划、学校名册、资金到账和责任人名册不分学期。"
    )
    is_complete = forms.BooleanField(
        label="这是完整名册",
        required=False,
        help_text="学生花名册：文件里有的学校，全校学生都在里面；核对后列出在校而文件里没有的学生，不会删除。建档立卡、困难类别名单：文件里有的类别，全县的人都在里面；导入后列出原来有、现在没有的人，由另一人确认是否终止。",
    )
    file = forms.FileField(label="文件", allow_empty_file=True)

    def __init__(self, *args, resources, term=None, may_open_terms: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.resources = {resource.kind: resource for resource in resources}
        self.limits = limits()
        self.fields["kind"].choices = [(kind, each.label) for kind, each in self.resources.items()]
        self.fields["term"].choices = term_choices(with_coming=may_open_terms)
        self.fields["term"].initial = term and term.pk
        self.fields["file"].widget.attrs["accept"] = ",".join(EXTENSIONS)
        self.fields[
            "file"
        ].help_text = f"可以上传 .xlsx、.xls 或 .csv，最大 {self.limits.size // 2**20} MB、{self.limits.rows:,} 行；不能有宏和打开密码。"

    def clean_file(self):
        file = self.cleaned_data["file"]
        if Path(file.name).suffix.lower() not in EXTENSIONS:
            raise forms.ValidationError("只能上传 .xlsx、.xls 或 .csv 文件；请另存为 .xlsx 后再上传。")
        if not file.size:
            raise forms.ValidationError("文件是空的，没有任何数据；请确认选对了文件。")
        if file.size > self.limits.size:
            raise forms.ValidationError(
                f"文件超过 {self.limits.size // 2**20} MB；请拆成几个文件，或删去图片后再上传。"
            )
        return file

    def clean(self):
        cleaned = super().clean()
        resource = self.resources.get(cleaned.get("kind"))
        if resource and resource.needs_term and not cleaned.get("term"):
            self.add_error("term", "请选择学期")
        if resource and resource.needs_term and (closed := closed_term(cleaned.get("term"))):
            self.add_error("term", closed)
        if resource and cleaned.get("is_complete") and not resource.can_be_complete:
            self.add_error("is_complete", f"“{resource.label}”不能作为完整名册；请去掉这个勾。")
        return cleaned

    def chosen_term(self) -> Term | None:
        """Return the term of the form, created when it is new; None for a kind without one."""
        if not self.resources[self.cleaned_data["kind"]].needs_term:
            return None
        return Term.objects.named(self.cleaned_data["term"])


class AliasForm(forms.Form):
    """Add an alias to a column; a word that leads somewhere already is refused."""

    column = forms.ChoiceField(label="系统的列")
    text = forms.CharField(
        label="表格里的写法", max_length=40, help_text="照表头原样填写；空格、★ 和括号里的说明不影响识别"
    )

    def __init__(self, *args, resource, **kwargs):
        super().__init__(*args, **kwargs)
        self.resource = resource
        self.fields["column"].choices = [(column.name, column.heading) for column in resource.columns()]

    def clean_text(self):
        text = self.cleaned_data["text"].strip()
        normal = normal_heading(text)
        if not normal:
            raise forms.ValidationError("请填写表头上的文字。")
        if taken := Vocabulary(headed_columns(self.resource)).name_of(normal):
            heading = self.resource.fields[taken].heading
            raise forms.ValidationError(f"“{text}”已经认作“{heading}”列，不用再添加。")
        return text

    def save(self, *, by_name: str) -> HeadingAlias:
        text = self.cleaned_data["text"]
        return HeadingAlias.objects.create(
            kind=self.resource.kind, column=self.cleaned_data["column"], text=text, normal=normal_heading(text), added_by=by_name
        )  # fmt: skip
