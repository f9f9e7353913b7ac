"""Which part of the coverage equation is asked for."""

from django import forms

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area, School
from students.forms import ExportForm
from students.queries import READINGS
from subsidies.enums import CoveragePart, CoverageReason
from subsidies.queries.coverage_rows import REASONS


class PlaceForm(forms.Form):
    """Township and school; read from the address."""

    term = forms.CharField(required=False, widget=forms.HiddenInput)
    by = forms.ChoiceField(choices=list(READINGS.items()), required=False, widget=forms.HiddenInput)
    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    school = forms.ModelChoiceField(School.objects.none(), label="学校", required=False, empty_label="全部")

    def __init__(self, data, *, user, permission: str):
        super().__init__(data, auto_id="filter_%s")
        self.fields["school"].queryset = School.objects.visible_to(user, permission)

    def in_force(self) -> list[str]:
        """Return the filters that hold, in words."""
        return [
            f"{bound.label}：{self.cleaned_data[bound.name]}"
            for bound in self.visible_fields()
            if self.cleaned_data.get(bound.name)
        ]


class NamesForm(PlaceForm):
    """Also why a child stands in its term of the equation."""

    part = forms.ChoiceField(choices=CoveragePart.choices, required=False, widget=forms.HiddenInput)
    reason = forms.ChoiceField(label="情形", required=False)

    def __init__(self, data, *, part: str, **kwargs):
        super().__init__(data, **kwargs)
        self.fields["reason"].choices = [
            ("", "全部"),
            *((reason, reason.label) for reason in REASONS[CoveragePart(part)]),
        ]

    def in_force(self) -> list[str]:
        words = [word for word in super().in_force() if not word.startswith("情形")]
        reason = self.cleaned_data.get("reason")
        return [*words, f"情形：{CoverageReason(reason).label}"] if reason else words


class NamesExportForm(ExportForm):
    """Why the names are taken; numbers in clear only for those who may reveal them."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["layout"]
