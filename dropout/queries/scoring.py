"""The early-warning score: what is known of each child, and the points it gives. Nothing but these sums; no model."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from django.db.models import Count

from dropout.enums import Factor, Outcome, WarningLevel
from dropout.models import Absence, Case, WarningRule
from povertyedu import bulk
from povertyedu.options.registry import options
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import Term
from students.enums import category_labels
from students.models import CountyFact, Guardian, HardshipStatus, Student
from students.models.hardship import age_day

FIRST_AGES = {Stage.PRIMARY: 5, Stage.JUNIOR: 11}  # plus the grade: whole years on 31 August
UNITS = {
    Factor.ABSENCE: "天",
    Factor.LEAVE: "天",
    Factor.HARDSHIP: "种",
    Factor.SIBLING: "人",
    Factor.AGE_GAP: "岁",
}


@dataclass(frozen=True)
class Known:
    """What the score asks of one child."""

    student: int
    categories: int
    birth_date: dt.date | None
    stage: str
    grade: int
    facts: Mapping[str, Any]


@dataclass
class Score:
    points: int = 0
    items: list[dict[str, Any]] = field(default_factory=list)


def _place(rule: WarningRule) -> tuple[int, str, int]:
    """Where a rule stands: by factor as they are listed, of each the band of most points first."""
    return list(Factor).index(Factor(rule.factor)), rule.fact, -rule.points


class Scoring:
    """The county's rules with what they ask of a term, read in a number of queries that no child adds to."""

    def __init__(self, term: Term):
        self.bands: dict[tuple[str, str], list[WarningRule]] = defaultdict(list)
        for rule in sorted(WarningRule.objects.active(), key=_place):
            self.bands[rule.factor, rule.fact].append(rule)
        self.day = age_day(term)
        self.fact_labels = dict(CountyFact.objects.values_list("name", "label"))
        absences = Absence.objects.filter(term=term).order_by()
        self.away = dict(absences.filter(excused=False).values_list("student").annotate(Count("pk")))
        self.leave = dict(absences.filter(excused=True).values_list("student").annotate(Count("pk")))
        self.siblings = siblings_with_cases() if (Factor.SIBLING, "") in self.bands else {}
        self.watch, self.high = options("warning_watch_points", "warning_high_points").values()

    def level(self, points: int) -> WarningLevel:
        if points >= self.high:
            return WarningLevel.HIGH
        return WarningLevel.WATCH if points >= self.watch else WarningLevel.NONE

    def of(self, child: Known) -> Score:
        """Return the points of ``child``, each with its words."""
        score = Score()
        for (factor, fact), bands in self.bands.items():
            value = self._value(Factor(factor), fact, child)
            if value is None:
                continue
            low = factor == Factor.MARKS
            met = next(
                (rule for rule in bands if (value <= rule.threshold if low else value >= rule.threshold)),
                None,
            )
            if met:
                score.points += met.points
                words = self._words(met, value, child)
                score.items.append({"factor": factor, "words": words, "points": met.points})
        score.items.sort(key=itemgetter("points"), reverse=True)  # what weighs most is said first
        return score

    def _value(self, factor: Factor, fact: str, child: Known) -> int | None:
        """Return the number that ``factor`` counts, None where it is not known."""
        if fact:
            given = child.facts.get(fact)
            return given if isinstance(given, int) and not isinstance(given, bool) else None
        if factor == Factor.AGE_GAP:
            return self._age_gap(child)
        counts = {
            Factor.ABSENCE: self.away.get(child.student, 0), Factor.LEAVE: self.leave.get(child.student, 0),
            Factor.HARDSHIP: child.categories.bit_count(), Factor.SIBLING: self.siblings.get(child.student, 0),
        }  # fmt: skip
        return counts[factor]

    def _age_gap(self, child: Known) -> int | None:
        first = FIRST_AGES.get(Stage(child.stage))
        if child.birth_date is None or first is None:
            return None
        born, day = child.birth_date, self.day
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        return max(0, age - first - child.grade)

    def _words(self, rule: WarningRule, value: int, child: Known) -> str:
        """Return why the points were given: what is so, and from where on it counts."""
        factor = Factor(rule.factor)
        unit = UNITS.get(factor, "")
        label = self.fact_labels.get(rule.fact, "") or factor.label.partition("（")[0]
        told = f"{label} {value}{unit}"
        if factor == Factor.HARDSHIP:
            told = f"困难类型：{'、'.join(category_labels(child.categories))}"
        limit = "不超过" if factor == Factor.MARKS else "满"
        return f"{told}（{limit} {rule.threshold}{unit}，{rule.points} 分）"


def siblings_with_cases() -> dict[int, int]:
    """Return student -> how many other children of its household or guardian have or had a case that was no mistake."""
    cases = Case.objects.exclude(outcome=Outcome.NOT_DROPOUT)
    with bulk.keys(Student, "id", set(cases.values_list("student", flat=True))) as keys:
        followed = dict(
            Student.objects.filter(pk__in=keys).exclude(id_hash=None).values_list("id_hash", "pk")
        )
        guarded = Guardian.objects.filter(student__in=keys).exclude(id_hash="")
        guardians = set(guarded.values_list("id_hash", flat=True))
    groups: dict[tuple[str, Any], set[int]] = defaultdict(set)
    with bulk.keys(Guardian, "id_hash", guardians) as keys:
        for digest, student in Guardian.objects.filter(id_hash__in=keys).values_list("id_hash", "student"):
            groups["guardian", digest].add(student)
    for household, students in _households(followed).items():
        groups["household", household] |= students
    ours = set(followed.values()) | set(cases.values_list("student", flat=True))
    others: dict[int, set[int]] = defaultdict(set)
    for students in groups.values():
        for student in students:
            others[student] |= (students & ours) - {student}
    return {student: len(found) for student, found in others.items() if found}


def _households(followed: Iterable[str]) -> dict[int, set[int]]:
    """Return household -> its students, of the households that somebody of ``followed`` (ID hashes) is in."""
    of_lists = HardshipStatus.objects.exclude(household=None)
    with bulk.keys(HardshipStatus, "id_hash", followed) as keys:
        households = set(of_lists.filter(id_hash__in=keys).values_list("household", flat=True))
    with bulk.keys(HardshipStatus, "household_id", households) as keys:
        members = set(of_lists.filter(household__in=keys).values_list("id_hash", "household"))
    with bulk.keys(Student, "id_hash", {digest for digest, _ in members}) as keys:
        students = dict(Student.objects.filter(id_hash__in=keys).values_list("id_hash", "pk"))
    found: dict[int, set[int]] = defaultdict(set)
    for digest, household in members:
        if digest in students:
            found[household].add(students[digest])
    return found
