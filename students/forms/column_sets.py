"""The forms of a set of columns: a new one, its name, one of its columns. Sources come from the view."""

from collections.abc import Mapping, Sequence

from django import forms

from students.models import ColumnSet
from students.models.column_sets import Entry

LONGEST_HEADING = 60


class ColumnSetForm(forms.ModelForm):
    """Name a set; ``groups`` (group -> sources) are offered as its first columns, in the order they are listed."""

    columns = forms.MultipleChoiceField(
        label="要导出的列", widget=forms.CheckboxSelectMultiple, error_messages={"required": "请至少选一列。"}
    )

    class Meta:
        model = ColumnSet
        fields = ["name", "columns"]

    def __init__(self, *args, groups: Mapping[str, Sequence], **kwargs):
        super().__init__(*args, **kwargs)
        self.sources = {source.name: source for group in groups.values() for source in group}
        self.fields["columns"].choices = [
            (group, [(source.name, source.heading) for source in sources])
            for group, sources in groups.items()
        ]
        self.fields["name"].help_text = "如“全国资助系统导入”"
        self.fields["columns"].help_text = "先勾选，保存后再排次序、改列名和格式"

    def clean_columns(self) -> list[Entry]:
        chosen = set(self.cleaned_data["columns"])
        return [Entry(name, source.heading) for name, source in self.sources.items() if name in chosen]


class ColumnSetNameForm(forms.ModelForm):
    """A set's name, and whether a title stands above its table."""

    class Meta:
        model = ColumnSet
        fields = ["name", "has_title"]
        help_texts = {"has_title": "要传到别的系统的，通常去掉：第一行就是表头"}


class EntryForm(forms.Form):
    """One column of a set. ``forms_of`` (kind -> form -> words) says how the cells of each kind can be written."""

    source = forms.ChoiceField(label="取哪项资料")
    heading = forms.CharField(
        label="列名",
        required=False,
        max_length=LONGEST_HEADING,
        help_text="对方模板上的叫法；不填用资料的名称",
    )
    form = forms.ChoiceField(
        label="格式", required=False, help_text="日期、有代码的、是否类的资料可以选；其他的用“默认”"
    )
    text = forms.CharField(
        label="固定内容",
        required=False,
        max_length=60,
        help_text="只有选“固定内容”的填：每一行都写它，不填就是空列",
    )
    position = forms.IntegerField(label="排在第几列", min_value=1)

    def __init__(
        self, *args, groups: Mapping[str, Sequence], forms_of: Mapping, kinds: Mapping, most: int, **kwargs
    ):
        super().__init__(*args, **kwargs)
        self.sources = {source.name: source for group in groups.values() for source in group}
        self.forms_of = forms_of
        self.fields["source"].choices = [
            (group, [(source.name, source.heading) for source in sources])
            for group, sources in groups.items()
        ]
        self.fields["form"].choices = [
            ("", "默认"),
            *((kinds[kind], [(f"{kind}:{form}", words) for form, words in offered.items() if form])
              for kind, offered in forms_of.items() if len(offered) > 1),
        ]  # fmt: skip
        self.fields["position"].max_value = most
        self.fields["position"].widget.attrs |= {"max": most}

    @classmethod
    def initial_of(cls, entry: Entry, kind: str) -> dict:
        """Return ``entry`` as the form shows it, but its position."""
        form = f"{kind}:{entry.form}" if entry.form else ""
        return {"source": entry.source, "heading": entry.heading, "form": form, "text": entry.text}

    def clean_position(self) -> int:
        return min(self.cleaned_data["position"], self.fields["position"].max_value)

    def clean(self):
        data = super().clean()
        source = self.sources.get(data.get("source"))
        if source is None:
            return data
        kind, _, form = (data.get("form") or "").partition(":")
        if kind and (kind != source.kind or form not in self.forms_of[kind]):
            self.add_error("form", f"“{source.heading}”没有这种格式；请选“默认”或它自己的格式。")
        if source.name == "fixed" and not data.get("heading"):
            self.add_error("heading", "固定内容的列要写列名。")
        return data | {"form": form}

    @property
    def entry(self) -> Entry:
        data = self.cleaned_data
        source = self.sources[data["source"]]
        text = data["text"] if source.name == "fixed" else ""
        return Entry(source.name, data["heading"] or source.heading, data["form"], text)
