"""Fields of the facts that have no column of their own, on a child's record."""

from typing import Any

from django import forms

from povertyedu.workbooks import cells
from students.enums import FactKind
from students.facts import SEVERAL, Fact, facts_in_use

from .identity import CellField


class FactFields(forms.Form):
    """One field for each built-in fact and each of the county's own; a blank one is unknown.

    ``held``: the facts on file, which the fields open with unless ``initial`` says otherwise (a draft).
    """

    def __init__(self, *args, held: dict | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.facts = facts_in_use()
        for fact in self.facts:
            self.fields[fact.field_name] = _field(fact)
            self.initial.setdefault(fact.field_name, _opening(fact, (held or {}).get(fact.name)))

    @property
    def fact_fields(self) -> list[forms.BoundField]:
        return [self[fact.field_name] for fact in self.facts]

    def facts_given(self, data: dict) -> dict[str, Any]:
        """Return fact name to value, None where the field was left blank; what is wrong is left out."""
        return {
            fact.name: data[fact.field_name] if data[fact.field_name] not in ("", []) else None
            for fact in self.facts
            if fact.field_name in data
        }


def _opening(fact: Fact, value: Any) -> str | list[str]:
    if fact.kind == SEVERAL:
        return value or []
    if value is None:
        return ""
    if fact.kind == FactKind.FLAG:
        return "1" if value else "0"
    return value if fact.kind == FactKind.CHOICE else fact.cell(value)


def _field(fact: Fact) -> forms.Field:
    if fact.kind in (FactKind.FLAG, FactKind.CHOICE):
        is_flag = fact.kind == FactKind.FLAG
        offered = [("1", "是"), ("0", "否")] if is_flag else list(fact.choices.items())
        return forms.TypedChoiceField(
            label=fact.label, required=False, choices=[("", fact.unknown), *offered], empty_value=None,
            coerce=(lambda value: value == "1") if is_flag else str, help_text=fact.help_text,
        )  # fmt: skip
    if fact.kind == SEVERAL:
        return forms.MultipleChoiceField(
            label=fact.label, required=False, choices=list(fact.choices.items()), help_text=fact.help_text,
            widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    return FactField(fact, label=fact.heading, max_length=20, widget=widget, help_text=fact.help_text)


class FactField(CellField):
    """A number or an amount, by the cleaner of the same column of a roster."""

    def __init__(self, fact: Fact, **kwargs):
        super().__init__(fact.clean, **kwargs)

    def clean(self, value):
        text = cells.clean_text(value).value
        if len(text) > self.max_length:
            raise forms.ValidationError(f"最多 {self.max_length} 个字符；请核对后重新填写。")
        return self.to_python(text)
