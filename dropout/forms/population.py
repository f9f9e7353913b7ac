"""A number for each township and age band."""

from django import forms

from dropout.models import PopulationFigure


class PopulationForm(forms.Form):
    def __init__(self, *args, townships, known: dict[tuple[str, str], int], **kwargs):
        super().__init__(*args, **kwargs)
        self.places = [(band, township.pk) for band, _ in PopulationFigure.BANDS for township in townships]
        names = {township.pk: township.name for township in townships}
        words = dict(PopulationFigure.BANDS)
        for band, code in self.places:
            self.fields[f"{band}-{code}"] = forms.IntegerField(
                label=f"{names[code]} {words[band]}", min_value=0, max_value=10_000_000, required=False, initial=known.get((band, code))
            )  # fmt: skip

    def figures(self) -> dict[tuple[str, str], int | None]:
        return {(band, code): self.cleaned_data[f"{band}-{code}"] for band, code in self.places}
