"""Terms, calendar days, options."""

from django import forms

from povertyedu.options.registry import OPTIONS, texts
from povertyedu.orgs.enums import Season
from povertyedu.orgs.models import CalendarDay, Term


class DayInput(forms.DateInput):
    """A date as text: browsers show their own locale's order in a date control."""

    def __init__(self, attrs=None):
        super().__init__({"placeholder": "如 2026-09-01", "autocomplete": "off"} | (attrs or {}), "%Y-%m-%d")


class NewTermForm(forms.Form):
    year = forms.IntegerField(label="开学年份", min_value=2000, max_value=2100, help_text="春季学期填当年")
    season = forms.ChoiceField(label="学期", choices=Season.choices)

    @property
    def code(self) -> str:
        return f"{self.cleaned_data['year']}-{self.cleaned_data['season']}"


class TermForm(forms.ModelForm):
    class Meta:
        model = Term
        fields = ["starts_on", "ends_on", "meal_days"]
        widgets = {"starts_on": DayInput, "ends_on": DayInput}
        help_texts = {"meal_days": "改动后，没有单独填写供餐天数的学生将重新测算营养改善计划"}

    def clean_meal_days(self):
        days = self.cleaned_data["meal_days"]
        if days > 140:
            raise forms.ValidationError("一个学期的供餐天数不会超过 140 天，请核对。")
        return days


class ReopenForm(forms.Form):
    reason = forms.CharField(
        label="理由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="记入操作日志；个别学生要改的，请学校“申请更正”，不用打开整个学期",
        error_messages={"required": "请写明为什么重新打开这个学期。"},
    )  # fmt: skip


class DayForm(forms.ModelForm):
    is_working = forms.TypedChoiceField(
        label="安排", choices=[("", "请选择"), ("no", "放假"), ("yes", "上班")],
        coerce=lambda text: text == "yes", empty_value=None,
    )  # fmt: skip

    class Meta:
        model = CalendarDay
        fields = ["date", "is_working", "note"]
        widgets = {"date": DayInput}
        help_texts = {"note": "如：州庆放假；只登记与平常不同的日子"}


class WordsField(forms.MultipleChoiceField):
    """Some of a few words, kept as one text with 、 between them."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value):
        return value.split("、") if isinstance(value, str) else value

    def to_python(self, value):
        return [word for text in super().to_python(value) for word in text.split("、") if word]

    def clean(self, value):
        return "、".join(super().clean(value))


class OptionsForm(forms.Form):
    """Every option of the registry as a field of its kind, checked by the option's own reader."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, initial=texts(), **kwargs)
        for option in OPTIONS:
            unit = f"单位：{option.unit}" if option.unit else ""
            hint = "；".join(filter(None, [unit, option.help, f"默认：{option.default}"]))
            words = [(word, word) for word in option.choices]
            if option.several:
                field = WordsField(label=option.label, help_text=hint, choices=words, required=False)
            elif words:
                field = forms.ChoiceField(label=option.label, help_text=hint, choices=words)
            else:
                field = forms.CharField(label=option.label, help_text=hint, max_length=60)
            self.fields[option.key] = field

    def clean(self):
        for option in OPTIONS:
            if option.key in self.cleaned_data:
                try:
                    option.read(self.cleaned_data[option.key])
                except ValueError as error:
                    self.add_error(option.key, f"{error}。")
        return self.cleaned_data
