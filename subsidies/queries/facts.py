"""Where each fact that rules ask is read from: one reader per fact, run as columns of one query over enrolments.

A reader says, for one term, which expression over `Enrolment` gives the fact, and how a database value becomes
the engine's where that differs. Only the facts that rules ask are read, so a fact nobody asks costs nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Case, CharField, F, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Substr

from povertyedu.orgs.enums import AreaLevel
from povertyedu.orgs.models import Area
from subsidies import engine


class FactUnread(Exception):
    """A rule asks a fact that no reader gives."""

    def __init__(self, facts: Iterable[engine.Fact]):
        self.facts = tuple(facts)
        super().__init__(self.facts)

    def __str__(self):
        names = "、".join(f"“{fact.label}”（{fact.name}）" for fact in self.facts)
        return (
            f"政策的规则要看{names}，系统里还没有登记这项情况的地方，不能测算。请改写规则，或先增加这项登记。"
        )


@dataclass(frozen=True)
class Reading:
    """For what the facts are read: a term, the county that runs the system, the bureau's figures."""

    term: str
    county: str = engine.HOME
    figures: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Reader:
    """How one fact is read: an expression over `Enrolment`, and what its value becomes."""

    expression: Callable[[Reading], Combinable]
    convert: Callable | None = None  # a value as the database gives it -> as the engine takes it


def column(path: str) -> Reader:
    """Read a column of the enrolment, or of its student or school."""
    return Reader(lambda reading: F(path))


def _region(path: str) -> Reader:
    """Read the county's six digits of a longer code; blank where there is none."""
    return Reader(lambda reading: Substr(path, 1, 6, output_field=CharField()))


READERS: dict[str, Reader] = {
    **{
        name: column(name)
        for name in (
            "stage", "grade", "boarding", "categories", "ownership", "setting", "place", "agri_major", "aided_elsewhere",
            "major",
        )
    },
    "household": column("student__hukou"),
    "ethnicity": column("student__ethnicity"),
    "sex": column("student__sex"),
    "home_region": _region("home_area"),
    "school_region": _region("school_area"),
    "school": column("school__code"),
}  # fmt: skip


def reader_of(fact: engine.Fact, reading: Reading) -> Reader | None:
    """Return how ``fact`` is read; None when it is not."""
    if fact.name.startswith("figure:"):
        return _figure(reading.figures.get(fact.name.removeprefix("figure:"), {}))
    return READERS.get(fact.name)


def _figure(by_school: Mapping) -> Reader:
    """Read the bureau's figure of the child's own school: as many cases as there are different figures."""
    schools: dict[int, list[str]] = {}
    for code, fen in by_school.items():
        schools.setdefault(fen, []).append(code)
    cases = [When(school__code__in=codes, then=Value(fen)) for fen, codes in schools.items()]
    return Reader(lambda reading: Case(*cases, default=None, output_field=IntegerField()))


class FactReader:
    """Reads some facts of enrolments, in their order, as the engine takes them. Raise FactUnread."""

    def __init__(self, facts: Iterable[engine.Fact], reading: Reading):
        self.facts = tuple(facts)
        readers = [reader_of(fact, reading) for fact in self.facts]
        if None in readers:
            raise FactUnread(fact for fact, reader in zip(self.facts, readers, strict=True) if reader is None)
        self.expressions = [reader.expression(reading) for reader in readers]
        self._converted = [(place, r.convert) for place, r in enumerate(readers) if r.convert]

    def values(self, row: tuple) -> tuple:
        """Return what ``expressions`` gave for one enrolment as the engine takes it."""
        if not self._converted:
            return row
        values = list(row)
        for place, convert in self._converted:
            if values[place] is not None:
                values[place] = convert(values[place])
        return tuple(values)

    def profiles(self, enrolments: QuerySet) -> dict[int, engine.Profile]:
        """Return {primary key: profile} of ``enrolments``, in one query."""
        names = [fact.name for fact in self.facts]
        return {
            pk: dict(zip(names, self.values(tuple(row)), strict=True))
            for pk, *row in enrolments.values_list("pk", *self.expressions)
        }


def own_county() -> str:
    """Return the six digits of the county that runs the system."""
    code = Area.objects.filter(level=AreaLevel.COUNTY).order_by("code").values_list("code", flat=True).first()
    return code or engine.HOME
