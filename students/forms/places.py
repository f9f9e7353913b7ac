"""The two readings of a list: by where a child studies (就读地), or by where its household is (户籍地)."""

from django import forms
from django.db.models import Q

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from students.queries import READINGS


class PlaceForm(forms.Form):
    """Which township a list is narrowed to, and by which reading; in the address."""

    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    by = forms.ChoiceField(label="乡镇指", required=False, choices=list(READINGS.items()))

    def condition(self, *, schools: tuple[str, ...], home: str) -> Q:
        """Return the condition that a row is of the township; ``schools`` and ``home`` are its fields of area codes."""
        if not self.is_valid() or not (township := self.cleaned_data["township"]):
            return Q()
        scope = township.scope
        if self.reading == "home_area":
            return scope.area_q(home)
        found = Q(pk__in=())
        for field in schools:
            found |= scope.area_q(field)
        return found

    @property
    def reading(self) -> str:
        return self.cleaned_data.get("by") or "school_area" if self.is_valid() else "school_area"

    @property
    def kept(self) -> dict[str, str]:
        """What the addresses of tabs and pages carry along."""
        if not self.is_valid() or not (township := self.cleaned_data["township"]):
            return {}
        return {"township": township.code, "by": self.reading}
