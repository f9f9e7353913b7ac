"""The form of one row: its cells in error or doubt, and those they are read with."""

from django import forms

from .fixing import editable_columns

LONGEST_CELL = 200


class FixForm(forms.Form):
    """One text field for each cell that may be put right, as the file has it."""

    def __init__(self, *args, content: dict, resource, **kwargs):
        super().__init__(*args, **kwargs)
        told: dict[str, list[str]] = {}
        for column, _, message in (*content["errors"], *content["warnings"]):
            told.setdefault(column, []).append(message)
        self.shown = {}
        for name in editable_columns(content, resource):
            column = resource.fields[name]
            self.shown[name] = content["shown"].get(name, "").strip()
            self.fields[name] = forms.CharField(
                label=column.heading, required=False, max_length=LONGEST_CELL, initial=self.shown[name],
                help_text=" ".join([*told.get(name, ()), column.note]).strip(),
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            )  # fmt: skip

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not self.edits():
            raise forms.ValidationError("没有改动任何一格；请改好再保存，或返回。")
        return cleaned

    def edits(self) -> dict[str, str]:
        """Return column -> text of the cells that were sent and changed."""
        return {
            name: text
            for name, text in self.cleaned_data.items()
            if name in self.data and text != self.shown[name]
        }
