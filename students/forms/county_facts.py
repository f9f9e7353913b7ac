"""The form of a fact that a county defines for itself."""

import re

from django import forms

from povertyedu.workbooks.cells import clean_code, clean_text
from povertyedu.workbooks.headers import Vocabulary, normal_heading
from students.enums import FactKind
from students.facts import PREFIX, RESERVED
from students.models import CountyFact

CODE = re.compile(r"[a-z0-9][a-z0-9_]{0,30}").fullmatch
LONGEST_WORD = 30
MOST_CHOICES = 50


class CountyFactForm(forms.ModelForm):
    """Name, label, kind and choices; ``vocabulary`` knows the headings that the roster's columns answer to."""

    choices = forms.CharField(
        label="选项", required=False, widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
        help_text="只有类型是“选项”的填：一行一个，代码、空格、名称，如 key 重点班",
    )  # fmt: skip

    class Meta:
        model = CountyFact
        fields = ["label", "name", "kind", "choices", "help_text"]

    def __init__(self, *args, vocabulary: Vocabulary, **kwargs):
        super().__init__(*args, **kwargs)
        self.vocabulary = vocabulary
        self.fields["kind"].choices = FactKind.choices
        self.initial["choices"] = "\n".join(f"{code} {word}" for code, word in self.instance.choices.items())
        if not self.instance._state.adding:
            for name in ("name", "kind"):
                self.fields[name].disabled = True
                self.fields[name].help_text = "定下后不能改"

    def clean_name(self):
        name = self.cleaned_data["name"].strip()
        if name in RESERVED or name.startswith(PREFIX):
            raise forms.ValidationError(f"“{name}”是系统自己用的代码，请换一个。")
        return name

    def clean_label(self):
        label = clean_text(self.cleaned_data["label"]).value
        column = self.vocabulary.name_of(normal_heading(label))
        if column and column != f"{PREFIX}{self.instance.name}":
            raise forms.ValidationError(f"花名册里已有认“{label}”的列，请换一个名称。")
        if not normal_heading(label):
            raise forms.ValidationError("名称里要有文字。")
        return label

    def clean_choices(self):
        kind = self.cleaned_data.get("kind")
        if kind != FactKind.CHOICE:
            if kind and self.cleaned_data["choices"].strip():
                raise forms.ValidationError("只有类型是“选项”的才有选项；请清空这一格，或改类型。")
            return {}
        found: dict[str, str] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["choices"].splitlines())):
            code, _, word = line.replace("\u3000", " ").partition(" ")
            found[code] = _choice(code, clean_text(word).value, found)
        if not 2 <= len(found) <= MOST_CHOICES:
            raise forms.ValidationError(f"请填写 2 到 {MOST_CHOICES} 个选项，一行一个。")
        return found


def _choice(code: str, word: str, others: dict[str, str]) -> str:
    if not CODE(code):
        raise forms.ValidationError(
            f"“{code[:20]}”不能作代码：只用小写字母、数字和下划线，后面空一格写名称。"
        )
    if not word or len(word) > LONGEST_WORD:
        raise forms.ValidationError(f"代码“{code}”后面请空一格，写 1 到 {LONGEST_WORD} 个字的名称。")
    taken = {clean_code(text).value for pair in others.items() for text in pair}
    if clean_code(code).value in taken or clean_code(word).value in taken:
        raise forms.ValidationError(f"“{code} {word}”与别的选项重复。")
    return word
