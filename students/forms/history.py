"""A day on which somebody wants to see a record as it was."""

import datetime as dt

from django import forms

from povertyedu.orgs.calendar import today


class AsOfForm(forms.Form):
    as_of = forms.DateField(
        label="查看某日的档案",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={
            "required": "请选择日期。",
            "invalid": "日期要写成 2026-03-01 这样，请重新选择。",
        },
    )

    def clean_as_of(self) -> dt.date:
        day = self.cleaned_data["as_of"]
        if day > today():
            raise forms.ValidationError(f"{day} 还没有到，请选今天或以前的日期。")
        return day
