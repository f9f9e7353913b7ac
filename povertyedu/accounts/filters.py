"""Filters of lists by township, as far as the reader's grants go."""

from django import forms

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area


def townships_of(user, permission: str):
    """Return the townships to choose from: all for the county, one's own otherwise; for a school, every one."""
    codes = {code[:9] for code in user.scope(permission).areas}
    rows = Area.objects.standing().filter(level=AreaLevel.TOWNSHIP)
    return rows if not codes or any(len(code) == 6 for code in codes) else rows.filter(code__in=codes)


class TownshipFilter(forms.Form):
    """A filter in the address; what holds is told in words."""

    township = forms.ModelChoiceField(Area.objects.none(), label="乡镇", required=False, empty_label="全部")

    def __init__(self, data=None, *, user, permission, **kwargs):
        super().__init__(data, auto_id="filter_%s", **kwargs)
        self.fields["township"].queryset = townships_of(user, permission)

    @property
    def wanted(self) -> dict:
        return self.cleaned_data if self.is_valid() else {}

    def in_force(self) -> str:
        words = []
        for bound in self.visible_fields():
            if value := self.wanted.get(bound.name):
                choices = dict(bound.field.choices) if type(bound.field) is forms.ChoiceField else {}
                words.append(f"{bound.label}：{choices.get(value, value)}")
        return "；".join(words)
