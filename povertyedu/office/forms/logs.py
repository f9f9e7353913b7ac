"""Filters of the two logs."""

from django import forms

from povertyedu.audit.models import AccessEvent
from povertyedu.office.words import ACTION_WORDS

from .settings import DayInput


class LogFilter(forms.Form):
    """Who, when, about whom; shared by both logs and their exports."""

    person = forms.CharField(label="操作人", required=False, max_length=40)
    since = forms.DateField(label="从（日期）", required=False, widget=DayInput)
    until = forms.DateField(label="到（日期）", required=False, widget=DayInput)
    subject = forms.CharField(label="对象", required=False, max_length=40)

    def clean(self):
        cleaned = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", "结束日期早于开始日期，请核对。")
        return cleaned

    def narrow(self, rows):
        return rows.matching(self.cleaned_data if self.is_valid() else {})


class EventFilter(LogFilter):
    action = forms.ChoiceField(
        label="动作",
        required=False,
        choices=[("", "全部"), *sorted(ACTION_WORDS.items(), key=lambda a: a[1])],
    )


class AccessFilter(LogFilter):
    kind = forms.ChoiceField(
        label="方式", required=False, choices=[("", "全部"), *AccessEvent._meta.get_field("kind").choices]
    )
