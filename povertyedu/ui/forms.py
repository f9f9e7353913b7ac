"""How every form field looks: label, required mark, control, error, hint, tied together for screen readers.

Named by ``FORM_RENDERER``, so a form needs nothing of its own: ``{{ form.name.as_field_group }}`` or
``{{ form }}``. A long label, ``span2`` or an htmx attribute goes on the widget (``attrs``).
"""

from django import forms
from django.forms.renderers import TemplatesSetting

CONTROL = "form-control form-control-sm"
CSS_CLASSES = {
    forms.CheckboxInput: "form-check-input",
    forms.RadioSelect: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
    forms.Select: "form-select form-select-sm",
    forms.HiddenInput: "",
}

CHOOSERS = (forms.Select, forms.RadioSelect, forms.CheckboxSelectMultiple, forms.FileInput)


def css_class(widget: forms.Widget) -> str:
    """Return Bootstrap's class for a widget, found by its nearest known base."""
    for base in type(widget).__mro__:
        if base in CSS_CLASSES:
            return CSS_CLASSES[base]
    return CONTROL


class StyledBoundField(forms.BoundField):
    """A field whose control carries the house's CSS classes, and which asks for what is missing by name."""

    def __init__(self, form, field, name):
        super().__init__(form, field, name)
        # The form has its own copy of the field; a message of the form's author stays.
        if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
            verb = "请选择" if isinstance(field.widget, CHOOSERS) else "请填写"
            if isinstance(field.widget, forms.CheckboxInput):
                verb = "请勾选"
            field.error_messages["required"] = f"{verb}{self.label}"

    def build_widget_attrs(self, attrs, widget=None):
        attrs = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        own = widget.attrs.get("class", "")
        invalid = "is-invalid" if self.errors else ""
        if classes := " ".join(filter(None, [css_class(widget), own, invalid])):
            attrs["class"] = classes
        return attrs

    @property
    def is_check(self) -> bool:
        """Whether this is one checkbox, whose label stands behind it."""
        return isinstance(self.field.widget, forms.CheckboxInput)


class FieldRenderer(TemplatesSetting):
    """Render forms with the project's own templates."""

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"
    bound_field_class = StyledBoundField
