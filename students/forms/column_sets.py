from django import forms

from students.models import ColumnSet


class ColumnSetForm(forms.ModelForm):
    """Name a set of the roster's columns."""

    columns = forms.MultipleChoiceField(
        label="要导出的列", widget=forms.CheckboxSelectMultiple, error_messages={"required": "请至少选一列。"}
    )

    class Meta:
        model = ColumnSet
        fields = ["name", "columns"]

    def __init__(self, *args, choices, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["columns"].choices = choices
        self.fields["name"].help_text = "如“全国资助系统导入”"

    def clean_columns(self):
        chosen = set(self.cleaned_data["columns"])
        return [name for name, _ in self.fields["columns"].choices if name in chosen]
