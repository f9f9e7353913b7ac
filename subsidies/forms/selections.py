from django import forms
from django.db.models import Q


class NameSearchForm(forms.Form):
    """Find children by a part of their name."""

    q = forms.CharField(label="姓名", required=False, max_length=40)

    def narrow(self, rows):
        text = self.cleaned_data["q"].strip() if self.is_valid() else ""
        return rows.filter(student__name__contains=text) if text else rows


class SchoolSearchForm(forms.Form):
    """Find a school by a part of its name or the beginning of its code."""

    q = forms.CharField(label="学校名称或标识码", required=False, max_length=40)

    def narrow(self, rows):
        text = self.cleaned_data["q"].strip() if self.is_valid() else ""
        return rows.filter(Q(name__contains=text) | Q(code__startswith=text)) if text else rows
