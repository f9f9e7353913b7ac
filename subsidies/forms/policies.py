"""Forms of a policy's life: what a draft begins from, its text, two books to compare."""

from django import forms

from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from subsidies import engine
from subsidies.queries.policies import term_of_day

MAX_BYTES = 1024 * 1024


def term_choices(present: str = "") -> list[tuple[str, str]]:
    """Return the terms a policy may apply from: from the beginning, every term there is, and two more."""
    codes = {engine.Term.parse(code) for code in Term.objects.values_list("pk", flat=True)}
    if codes:
        codes |= {max(codes).next(), max(codes).next().next()}
    if present:
        codes.add(engine.Term.parse(present))
    return [
        ("", "自始适用（各学期都按它算）"),
        *((str(on), f"{on.label}起") for on in sorted(codes, reverse=True)),
    ]


YEARS_BACK, YEARS_AHEAD = 15, 2


def every_term(present: str = "") -> list[tuple[str, str]]:
    """Return the terms a person may choose from, the newest first; ``present`` is among them."""
    last = engine.Term(today().year + YEARS_AHEAD, 1)
    terms = [
        engine.Term(year, half)
        for year in range(last.year, last.year - YEARS_BACK - YEARS_AHEAD, -1)
        for half in (1, 0)
    ]
    if present and engine.Term.parse(present) not in terms:
        terms.append(engine.Term.parse(present))
    return [(str(term), term.label) for term in sorted(terms, reverse=True)]


class TermField(forms.ChoiceField):
    """One of the terms of the last years and the next."""

    def __init__(self, *, empty: str = "请选择", **options):
        super().__init__(choices=lambda: [("", empty), *every_term()], **options)


class NewDraftForm(forms.Form):
    """What a draft begins from: a built-in pack, a stored policy, or a file."""

    pack = forms.ChoiceField(label="内置政策包", required=False)
    policy = forms.TypedChoiceField(label="已有的版本", required=False, coerce=int, empty_value=None)
    file = forms.FileField(
        label="上传文件（.toml）", required=False, widget=forms.FileInput(attrs={"accept": ".toml"}),
        error_messages={"empty": "文件是空的，请重新选择"},
    )  # fmt: skip
    applies_from = forms.ChoiceField(label="自哪个学期起", required=False)

    def __init__(self, *args, packs, policies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["pack"].choices = [("", "请选择"), *((name, title) for name, title in packs)]
        self.fields["policy"].choices = [("", "请选择"), *((p.pk, f"{p}（{p.begins}）") for p in policies)]
        self.fields["applies_from"].choices = term_choices()

    def clean_file(self):
        upload = self.cleaned_data["file"]
        if upload is None:
            return None
        if upload.size > MAX_BYTES:
            raise forms.ValidationError("政策包文件超过 1 MB，请确认选对了文件")
        try:
            text = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise forms.ValidationError(
                "文件不是 UTF-8 编码的文本，请在编辑器中另存为 UTF-8 后再上传"
            ) from error
        if "\x00" in text:
            raise forms.ValidationError("文件不是文本，请选择 .toml 政策包")
        return text.replace("\r\n", "\n")

    def clean(self):
        wanted = super().clean()
        if not self.errors and sum(bool(wanted.get(name)) for name in ("pack", "policy", "file")) != 1:
            raise forms.ValidationError("请在内置政策包、已有的版本、上传文件三者中选一个")
        return wanted


class DraftForm(forms.Form):
    """The text of a draft, and the term from which it applies."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    applies_from = forms.ChoiceField(label="自哪个学期起", required=False)
    text = forms.CharField(
        label="规则文本", strip=False, max_length=MAX_BYTES,
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "wrap": "off", "class": "code", "data-lines": ""}),
    )  # fmt: skip

    def __init__(self, *args, policy, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["applies_from"].choices = term_choices(policy.applies_from)

    def clean_text(self):
        return self.cleaned_data["text"].replace("\r\n", "\n")


def _day(label: str) -> forms.DateField:
    said = {"invalid": "日期须是日历上有的一天，如 2020-10-08"}
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(
        label=label, required=False, input_formats=["%Y-%m-%d"], widget=widget, error_messages=said
    )


class CompareForm(forms.Form):
    """Two books: which plan, in which term or on which day; a day goes before the term."""

    left = forms.ChoiceField(label="左边", required=False)
    left_term = forms.ChoiceField(label="左边学期", required=False)
    left_day = _day("或左边某一天")
    right = forms.ChoiceField(label="右边", required=False)
    right_term = forms.ChoiceField(label="右边学期", required=False)
    right_day = _day("或右边某一天")
    only_changed = forms.BooleanField(label="只看不同的", required=False)

    def __init__(self, *args, sources, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("left", "right"):
            self.fields[name].choices = sources
            self.fields[f"{name}_term"].choices = every_term()

    def clean(self):
        wanted = super().clean()
        for name in ("left", "right"):
            day, term = wanted.get(f"{name}_day"), wanted.get(f"{name}_term")
            if not day and not term and not {f"{name}_day", f"{name}_term"} & set(self.errors):
                self.add_error(f"{name}_term", "请选学期，或填一天")
            try:
                wanted[f"{name}_on"] = term_of_day(day) if day else engine.Term.parse(term or "")
            except ValueError as error:
                if day:
                    self.add_error(f"{name}_day", str(error))
        return wanted
