"""The filter of registered households."""

from django import forms

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from students.enums import ExitStatus


class HouseholdFilterForm(forms.Form):
    """What is typed goes by POST: a 户编号 names a household and stands in no address."""

    q = forms.CharField(
        label="户编号或户主", required=False, max_length=60,
        widget=forms.TextInput(attrs={"placeholder": "完整户编号 / 户主姓名", "autocomplete": "off"}),
    )  # fmt: skip
    township = forms.ModelChoiceField(
        Area.objects.filter(level=AreaLevel.TOWNSHIP), label="乡镇", required=False, empty_label="全部"
    )
    village = forms.ModelChoiceField(Area.objects.none(), label="村", required=False, empty_label="全部")
    exit_status = forms.ChoiceField(
        label="脱贫状态", required=False, choices=[("", "全部"), *ExitStatus.choices]
    )

    def __init__(self, data=None, *, townships, **kwargs):
        super().__init__(data, auto_id="filter_%s", **kwargs)
        self.fields["township"].queryset = townships
        township = (data or {}).get("township") or ""
        self.fields["village"].queryset = Area.objects.filter(level=AreaLevel.VILLAGE, parent=township)

    def in_force(self) -> list[str]:
        """Return the filters that hold, in words."""
        words = []
        for bound in self.visible_fields():
            if value := self.cleaned_data.get(bound.name):
                shown = dict(ExitStatus.choices).get(value, value) if bound.name == "exit_status" else value
                words.append(f"{bound.label}：{shown}")
        return words
