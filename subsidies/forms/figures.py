"""The forms of what a document leaves to the bureau: one figure, one ratio, one amount it gives on average."""

from django import forms

from subsidies import engine
from subsidies.actions.averages import read_average
from subsidies.actions.figures import OFF, WrongFigure, range_words, read_figure
from subsidies.actions.ratios import read_share
from subsidies.engine.amounts import percent
from subsidies.engine.funding import SOURCES, WHOLE


class FigureForm(forms.Form):
    """What the bureau decides where the document leaves it open: one figure, school by school, or 不执行."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.ChoiceField(label="怎样确定", widget=forms.RadioSelect)

    def __init__(self, *args, parameter: engine.Parameter, schools=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.parameter, self.schools = parameter, list(schools)
        places = parameter.kind is engine.ParameterKind.PLACES
        unit = "名额" if places else "元"
        answers = [("one", "全县统一"), ("off", "不执行"), ("open", "还没有确定")]
        if parameter.scope == "school":
            answers.insert(1, ("schools", "各校分别确定"))
        self.fields["answer"].choices = answers
        within = f"须{range_words(parameter)}" if parameter.range else ""
        self.fields["one"] = forms.CharField(
            label=f"全县统一（{unit}）", required=False, max_length=20, help_text=within
        )
        if parameter.scope == "school":
            for school in self.schools:
                self.fields[f"school_{school.code}"] = forms.CharField(
                    label=school.name, required=False, max_length=20
                )

    @classmethod
    def initial_of(cls, parameter: engine.Parameter, figures) -> dict:
        """Return what the form begins with."""
        figure = figures.get(parameter.code, {})
        divisor = 1 if parameter.kind is engine.ParameterKind.PLACES else 100
        if figure is None:
            return {"answer": "off"}
        if isinstance(figure, int):
            return {"answer": "one", "one": _plain(figure, divisor)}
        if not figure:
            return {"answer": "open"}
        return {"answer": "schools"} | {
            f"school_{code}": _plain(fen, divisor) for code, fen in figure.items()
        }

    def of_schools(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("school_")]

    def clean(self):
        wanted = super().clean()
        answer = wanted.get("answer")
        if answer == "one":
            self._read("one", required=True)
        elif answer == "schools":
            for name in [name for name in self.fields if name.startswith("school_")]:
                self._read(name)
            if not self.errors and not self._by_school():
                self.add_error("answer", "请至少填一所学校；都不执行的选“不执行”")
        return wanted

    def _read(self, name: str, *, required: bool = False) -> None:
        text = self.cleaned_data.get(name) or ""
        if not text:
            if required:
                self.add_error(name, "请填写金额")
            return
        try:
            self.cleaned_data[name] = read_figure(self.parameter, text)
            if name == "one" and self.cleaned_data[name] is None:
                raise WrongFigure("请在上面选“不执行”")
        except WrongFigure as error:
            self.add_error(name, str(error))

    def _by_school(self) -> dict[str, int | None]:
        """Return what was filled in; a blank field is no answer, ``off`` is one."""
        given = {s.code: self.cleaned_data.get(f"school_{s.code}", "") for s in self.schools}
        return {code: figure for code, figure in given.items() if figure != ""}

    def put_into(self, figures: dict) -> dict:
        """Return ``figures`` with the answer."""
        rest = {code: figure for code, figure in figures.items() if code != self.parameter.code}
        answer = self.cleaned_data["answer"]
        if answer == "open":
            return rest
        value = {"one": self.cleaned_data.get("one"), "off": None}.get(answer, self._by_school())
        return rest | {self.parameter.code: value}


def _plain(figure: int | None, divisor: int) -> str:
    if figure is None:
        return OFF
    return str(figure) if divisor == 1 else f"{figure // 100}.{figure % 100:02}"


class RatioForm(forms.Form):
    """How much of a hundred each source bears; all blank leaves the ratio open."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, ratio: engine.Ratio, **kwargs):
        super().__init__(*args, **kwargs)
        self.ratio = ratio
        for source in ratio.funding.sources:
            self.fields[f"share_{source}"] = forms.CharField(
                label=f"{SOURCES[source]}（%）", required=False, max_length=20
            )

    @classmethod
    def initial_of(cls, ratio: engine.Ratio) -> dict:
        """Return what the form begins with."""
        shares = zip(ratio.funding.sources, ratio.funding.decided, strict=False)
        return {f"share_{source}": percent(share).removesuffix("%") for source, share in shares}

    def of_sources(self) -> list[forms.BoundField]:
        return [self[f"share_{source}"] for source in self.ratio.funding.sources]

    def clean(self):
        wanted = super().clean()
        given = {source: wanted.get(f"share_{source}") for source in self.ratio.funding.sources}
        self.shares: dict[str, int] = {}
        if not any(given.values()):
            return wanted
        for source, text in given.items():
            try:
                self.shares[source] = read_share(source, text or "")
            except WrongFigure as error:
                self.add_error(f"share_{source}", str(error) if text else "请填写；不承担的填 0")
        if not self.errors and sum(self.shares.values()) != WHOLE:
            self.add_error(None, f"各来源合计 {percent(sum(self.shares.values()))}，须为 100%")
        return wanted

    def put_into(self, figures: dict) -> dict:
        """Return ``figures`` with the answer."""
        rest = {key: figure for key, figure in figures.items() if key != self.ratio.key}
        return rest | ({self.ratio.key: self.shares} if self.shares else {})


class AverageForm(forms.Form):
    """The figure the bureau decides where the document gives only an average; blank keeps the average."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, average: engine.Average, **kwargs):
        super().__init__(*args, **kwargs)
        self.average = average
        unit = average.amount.unit.label
        self.fields["yuan"] = forms.CharField(
            label=f"金额（{unit}）", required=False, max_length=20,
            help_text=f"空着，按文件的平均数 {engine.yuan(average.said_fen)} {unit}计；核对过就按平均数的，照填这个数",
        )  # fmt: skip

    @classmethod
    def initial_of(cls, average: engine.Average) -> dict:
        """Return what the form begins with."""
        return {"yuan": _plain(average.amount.fen, 100)} if average.is_decided else {}

    def clean_yuan(self):
        text = self.cleaned_data["yuan"]
        try:
            return read_average(self.average, text) if text else None
        except WrongFigure as error:
            raise forms.ValidationError(str(error)) from error

    def put_into(self, figures: dict) -> dict:
        """Return ``figures`` with the answer."""
        rest = {key: figure for key, figure in figures.items() if key != self.average.key}
        figure = self.cleaned_data["yuan"]
        return rest | ({} if figure is None else {self.average.key: figure})
