"""How each fact that rules may ask is read: expressions over `Enrolment`, or a look into a table beside it.

`FactReader` puts the readers of the facts a policy asks together; what nobody asks is not read.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from django.db import transaction
from django.db.models import (
    Case,
    CharField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, NullIf, Substr

from povertyedu import bulk
from povertyedu.orgs.models import School, Term
from povertyedu.orgs.tags import tags_in
from students.enums import HardshipCategory, Place
from students.facts import BUILT_IN, CHOSEN
from students.models import Enrolment, HardshipStatus, Student
from subsidies import engine
from subsidies.models import Entitlement, Selection


@dataclass(frozen=True)
class Foretold:
    """What a draft gives children in ``terms``, gone through oldest first: it counts there instead of what is stored."""

    terms: frozenset[str] = frozenset()
    given: dict[int, set[str]] = field(default_factory=dict)  # of each child, the programmes given so far


@dataclass(frozen=True)
class Reading:
    """For what the facts are read: a term, the county that runs the system, the bureau's figures.

    ``watched``: the programmes about which rules ask whether a child had them before.
    """

    term: str
    county: str = engine.HOME
    figures: Mapping = field(default_factory=dict)
    watched: frozenset[str] = frozenset()
    foretold: Foretold = field(default_factory=Foretold)


@dataclass(frozen=True)
class Reader:
    """How one fact is read of the enrolment's own row: expressions, and what their values become.

    Where ``convert`` is given, it takes the values of all ``expressions``; else there is one, taken as it is.
    """

    expressions: Callable[[Reading], tuple[Combinable, ...]]
    convert: Callable[[Reading], Callable[..., Any]] | None = None


@dataclass(frozen=True)
class Beside:
    """How one fact is read that stands in rows of another table: for many children at once, those without left out."""

    look_up: Callable[[Reading, Sequence[int]], dict[int, Any]]


def column(path: str) -> Reader:
    """Read a column of the enrolment, or of its student or school."""
    return Reader(lambda reading: (F(path),))


# --- places ---------------------------------------------------------------------------------------

_WIDTHS = ((6, "county"), (4, "prefecture"), (2, "province"))


def _digits(path: str) -> Combinable:
    """The county's six digits of a longer code; blank where there is none."""
    return Substr(path, 1, 6, output_field=CharField())


def _width(county: str, region: str | None) -> str | None:
    if not region:
        return None
    return next((word for digits, word in _WIDTHS if region[:digits] == county[:digits]), "elsewhere")


def _school_width(county: str, region: str | None, place: str) -> str | None:
    """Of a school that is none of ours only this is known: a child in another province is elsewhere."""
    return _width(county, region) or ("elsewhere" if place == Place.ELSEWHERE else None)


# --- time -----------------------------------------------------------------------------------------


@lru_cache(maxsize=1000)
def _entry(year: int, month: int) -> engine.Term:
    if month == 1:
        return engine.Term(year - 1, 1)
    return engine.Term(year, 1 if month >= 7 else 0)


def entry_term(day: dt.date) -> engine.Term:
    """Return the term that who enters on ``day`` enters in: from July on the autumn's, January belongs to it still."""
    return _entry(day.year, day.month)


def _entry_code(reading: Reading):
    return lambda day: None if day is None else str(entry_term(day))


def _terms_studied(reading: Reading):
    now = engine.Term.parse(reading.term).ordinal

    def count(day):
        studied = 0 if day is None else now - entry_term(day).ordinal + 1
        return studied if studied > 0 else None

    return count


def _entering(reading: Reading):
    now = engine.Term.parse(reading.term)
    return lambda day: None if day is None else entry_term(day) == now


def age_on_31_august(born: dt.date | None, term: engine.Term) -> int | None:
    """Return the full years on 31 August of the school year of ``term``; None for who was not born then."""
    year = term.school_year()[0].year
    if born is None or born > dt.date(year, 8, 31):
        return None
    return year - born.year - ((born.month, born.day) > (8, 31))


def _age(reading: Reading):
    now = engine.Term.parse(reading.term)
    return lambda born: age_on_31_august(born, now)


def _entry_age(reading: Reading):
    return lambda born, day: None if day is None else age_on_31_august(born, entry_term(day))


# --- JSON: read once per row, parsed once per text -------------------------------------------------


def _text(path: str) -> Combinable:
    """A JSON column as the text it is, not parsed for every row."""
    return Cast(path, TextField())


@lru_cache(maxsize=100_000)
def _members(text: str) -> dict[str, Any]:
    return {
        name: tuple(sorted(value)) if isinstance(value, list) else value
        for name, value in json.loads(text).items()
    }


def member(name: str) -> Reader:
    """Read one of the facts that have no column of their own."""

    def read(text: str) -> Any:
        return None if text == "{}" else _members(text).get(name)

    return Reader(lambda reading: (_text("facts"),), lambda reading: read)


def _school_tags(reading: Reading) -> tuple[Combinable, ...]:
    """The tags that the school had in the term: as many cases as there are sets that have changed since."""
    schools: dict[str, list[int]] = {}
    changed = School.objects.exclude(former_tags=[]).order_by("pk")
    for school, tags, former in changed.values_list("pk", "tags", "former_tags"):
        held = tags_in(reading.term, tags, former)
        if held != tags:
            schools.setdefault(json.dumps(held), []).append(school)
    cases = [When(school_id__in=keys, then=Value(text)) for text, keys in schools.items()]
    return (
        Case(*cases, default=_text("school__tags"), output_field=TextField())
        if cases
        else _text("school__tags"),
    )


@lru_cache(maxsize=10_000)
def _tags(text: str | None) -> tuple[str, ...] | None:
    return tuple(sorted(json.loads(text))) if text else None


# --- the poverty list -----------------------------------------------------------------------------


def _exit_status(reading: Reading) -> tuple[Combinable, ...]:
    """The status on the poverty list that held last in the term; the household's where the person's is not told."""
    held = HardshipStatus.objects.filter(
        Q(until=None) | Q(until__gte=OuterRef("term__starts_on")),
        id_hash=OuterRef("student__id_hash"),
        category=HardshipCategory.REGISTERED_POOR,
        since__lte=OuterRef("term__ends_on"),
    )
    told = Coalesce(NullIf("exit_status", Value("")), "household__exit_status", output_field=CharField())
    return (Subquery(held.order_by("-since").values_list(told)[:1]),)


# --- what stands in other tables --------------------------------------------------------------------


def _of_children(rows: QuerySet, column: str, students: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """Return {student: values of ``column``}, sorted, of the ``rows`` of these students.

    Children who stand close together are read as a range of the key, scattered ones by a table of their keys.
    What a record had that was given up for another counts for the one that was kept.
    """
    if not students:
        return {}
    first, last = min(students), max(students)
    found: dict[int, set[str]] = {}
    with transaction.atomic():
        if last - first < 4 * len(students):
            near = rows.filter(student_id__gte=first, student_id__lte=last)
            pairs = list(near.values_list("student_id", column))
        else:
            with bulk.keys(Enrolment, "student_id", students) as keys:
                pairs = list(rows.filter(student_id__in=keys).values_list("student_id", column))
    given_up = Student.objects.filter(merged_into__gte=first, merged_into__lte=last)
    kept = dict(given_up.values_list("pk", "merged_into_id"))
    if kept:
        pairs += [
            (kept[student], value)
            for student, value in rows.filter(student_id__in=list(kept)).values_list("student_id", column)
        ]
    for student, value in pairs:
        found.setdefault(student, set()).add(value)
    return {student: tuple(sorted(values)) for student, values in found.items()}


def _selected(reading: Reading, students: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The rules with a quota for which a child was selected in the term."""
    return _of_children(Selection.objects.filter(term=reading.term).order_by(), "rule", students)


def _had_before(reading: Reading, students: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The watched programmes a child was entitled to in earlier terms."""
    if not reading.watched:
        return {}
    now = engine.Term.parse(reading.term)
    codes = Term.objects.order_by().values_list("pk", flat=True)
    foretold = reading.foretold
    earlier = [code for code in codes if engine.Term.parse(code) < now and code not in foretold.terms]
    rows = Entitlement.objects.filter(term_id__in=earlier, programme_id__in=reading.watched)
    found = _of_children(rows.order_by().distinct(), "programme_id", students)
    for student in foretold.given.keys() & set(students):
        had = (foretold.given[student] & reading.watched).union(found.get(student, ()))
        if had:
            found[student] = tuple(sorted(had))
    return found


# --- the registry -----------------------------------------------------------------------------------

_MEMBERS = (CHOSEN, *(fact.name for fact in BUILT_IN))
READERS: dict[str, Reader | Beside] = {
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
    "home_region": Reader(lambda reading: (_digits("home_area"),)),
    "school_region": Reader(lambda reading: (_digits("school_area"),)),
    "home_within": Reader(lambda reading: (_digits("home_area"),), lambda reading: partial(_width, reading.county)),
    "school_within": Reader(
        lambda reading: (_digits("school_area"), F("place")), lambda reading: partial(_school_width, reading.county)
    ),
    "school": column("school__code"),
    "school_tags": Reader(_school_tags, lambda reading: _tags),
    "exit_status": Reader(_exit_status),
    "entry_term": Reader(lambda reading: (F("entered_on"),), _entry_code),
    "terms_studied": Reader(lambda reading: (F("entered_on"),), _terms_studied),
    "entering": Reader(lambda reading: (F("entered_on"),), _entering),
    "age": Reader(lambda reading: (F("student__birth_date"),), _age),
    "entry_age": Reader(lambda reading: (F("student__birth_date"), F("entered_on")), _entry_age),
    **{name: member(name) for name in _MEMBERS},
    "had_before": Beside(_had_before),
    "selected": Beside(_selected),
}  # fmt: skip


def reader_of(fact: engine.Fact, reading: Reading) -> Reader | Beside | None:
    """Return how ``fact`` is read, one a county defined for itself too; None when it is not."""
    if fact.name.startswith("figure:"):
        return _figure(reading.figures.get(fact.name.removeprefix("figure:"), {}))
    if fact.name in engine.FACTS:
        return READERS.get(fact.name)
    return member(fact.name)


# Columns that say nothing when they are blank, of what is read of them and of what follows from them.
_BLANK = {
    **{name: name for name in ("stage", "ownership", "setting", "major")},
    "household": "student__hukou",
    "ethnicity": "student__ethnicity",
    "sex": "student__sex",
    "home_region": "home_area",
    "home_within": "home_area",
    "school_region": "school_area",
    "school_within": "school_area",
}
_EMPTY = {"entry_term": "entered_on", "school": "school"}


def nothing_known(fact: engine.Fact) -> Q:
    """Return a condition on enrolments without which ``fact`` is surely known; an empty one where only reading it tells."""
    if column := _BLANK.get(fact.name):
        return Q(**{column: ""})
    if column := _EMPTY.get(fact.name):
        return Q(**{f"{column}__isnull": True})
    if fact.name in READERS and fact.name not in _MEMBERS:
        return Q()
    return ~Q(facts__has_key=fact.name)


def _figure(by_school: Mapping) -> Reader:
    """Read the bureau's figure of the child's own school: as many cases as there are different figures."""
    schools: dict[int, list[str]] = {}
    for code, fen in by_school.items():
        schools.setdefault(fen or 0, []).append(code)  # nothing: "not paid at this school"
    cases = [When(school__code__in=codes, then=Value(fen)) for fen, codes in schools.items()]
    return Reader(lambda reading: (Case(*cases, default=None, output_field=IntegerField()),))


def watched_programmes(pack: engine.Policy, term: engine.Term) -> frozenset[str]:
    """Return the programmes of which rules of ``pack`` ask in ``term`` whether a child had them before."""
    watched: set[str] = set()
    for rule in pack.rules:
        if not rule.in_force(term):
            continue
        if _is_once(rule, pack, term):
            watched.add(rule.programme)
        asked = [*rule.asked_at(term), *(one for each in rule.alternatives_at(term) for one in each)]
        for condition in asked:
            if condition.fact.name == "had_before":
                watched.update(map(str, (*condition.any_of, *condition.none_of, *condition.all_of)))
    return frozenset(watched)


def once_rules(pack: engine.Policy, term: engine.Term) -> frozenset[str]:
    """Return the rules of ``pack`` whose benefit a child gets once in a lifetime."""
    return frozenset(rule.code for rule in pack.rules if rule.in_force(term) and _is_once(rule, pack, term))


def _is_once(rule: engine.Rule, pack: engine.Policy, term: engine.Term) -> bool:
    amount = rule.amount_at(term)
    if amount is None:
        return False
    if amount.form is engine.Form.PERCENT:
        return _is_once(pack.rule_of[amount.of[0]], pack, term)
    return amount.unit is engine.Unit.ONCE
