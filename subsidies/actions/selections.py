"""Selecting children for a rule that has a quota: who may be selected, how many, and the selecting itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from povertyedu.audit.models import record
from povertyedu.orgs.models import School, Term
from povertyedu.workflow.flow import Actor, StepRefused
from students.actions.hardship import mark_changed
from students.actions.terms import refuse_closed
from students.enums import ChangeCause
from students.models import Enrolment, Student
from subsidies import engine
from subsidies.models import Policy, Selection
from subsidies.queries import FactReader

from .policies import decider_of, pack_of, policy_for, reading_of

SELECTED = "selected"


@dataclass(frozen=True)
class Quota:
    """A rule whose children are selected, in one term under its policy."""

    policy: Policy
    term: Term
    rule: engine.Rule

    @property
    def selection(self) -> engine.Selection:
        assert self.rule.selection is not None
        return self.rule.selection

    @property
    def stages(self) -> tuple[str, ...]:
        return pack_of(self.policy).programme(self.rule.programme).stages

    @property
    def programme(self) -> str:
        return pack_of(self.policy).programme(self.rule.programme).label

    def places(self, school: School | None) -> int:
        """Return how many children may be selected, at ``school`` or in the county, as the rule counts.

        Who studies at no school of ours has no part in the quota of a school.
        """
        figure = self._figure
        if not self.selection.per_school:
            return sum(places or 0 for places in figure.values()) if isinstance(figure, Mapping) else figure
        if school is None:
            return 0
        return (figure.get(school.code) or 0) if isinstance(figure, Mapping) else figure

    @property
    def places_words(self) -> str:
        """How many places there are, as a list says it."""
        if self.selection.per_school:
            return "按学校确定" if isinstance(self._figure, Mapping) else f"{self._figure:,}"
        return f"{self.places(None):,}"

    @property
    def _figure(self) -> int | Mapping[str, int | None]:
        """The places as the rule or the bureau gives them; a clause the bureau does not carry out has none."""
        if self.selection.places is not None:
            return self.selection.places
        return self.policy.figures.get(self.selection.parameter) or 0

    def taken(self, school: School | None) -> int:
        """Return how many places are taken, counted as :meth:`places` counts."""
        chosen = Selection.objects.of(self.term, self.rule.code)
        return (chosen.at(school) if self.selection.per_school else chosen).count()


def quotas_of(term: Term) -> list[Quota]:
    """Return the rules with a quota that are in force in ``term``; raise NoPolicy."""
    policy, on = policy_for(term), engine.Term.parse(term.pk)
    rules = [rule for rule in pack_of(policy).rules if rule.selection is not None and rule.in_force(on)]
    return [Quota(policy, term, rule) for rule in rules]


def quota_of(term: Term, code: str) -> Quota | None:
    return next((quota for quota in quotas_of(term) if quota.rule.code == code), None)


def eligible(quota: Quota, enrolments: QuerySet[Enrolment]) -> set[int]:
    """Return the students of ``enrolments`` who meet all that the rule wants but the selection.

    One that it yields to counts: who has that other benefit would get nothing by being selected.
    """
    term = quota.term
    decider, reading = decider_of(quota.policy, term), reading_of(quota.policy, term)
    reader = FactReader(decider.facts, reading)
    rows = list(enrolments.values_list("student_id", "meal_days", *reader.expressions))
    values = reader.of_students([row[0] for row in rows])
    known: dict[tuple, bool] = {}
    found = set()
    for student, meal_days, *row in rows:
        key = values(student, tuple(row)), term.meal_days if meal_days is None else meal_days
        if key not in known:
            known[key] = _meets(quota.rule, decider, *key)
        if known[key]:
            found.add(student)
    return found


def _meets(rule: engine.Rule, decider: engine.Decider, values: tuple, meal_days: int) -> bool:
    profile = dict(zip((fact.name for fact in decider.facts), values, strict=True))
    others = tuple(code for code in profile.get(SELECTED) or () if code != rule.code)
    full = decider.plan.filled(profile | {SELECTED: others})
    decision = engine.decide(full, engine.Measures(meal_days), decider.plan)
    return any(
        one.rule.code == rule.code and one.verdict is engine.Verdict.NOT_SELECTED
        for one in decision.judgements
    )


@transaction.atomic
def select(
    *, by: Actor, term: Term, rule: str, school: School | None, add: Iterable[int], drop: Iterable[int]
) -> tuple[int, int]:
    """Select children of ``school`` (None: who study at no school of ours) for a rule, take others back; return how many of each.

    Raise StepRefused when the quota does not suffice, a child does not meet the rule, or the term is closed.
    Whoever does it at the same moment waits, and is counted against what is left.
    """
    Term.objects.select_for_update().get(pk=term.pk)
    refuse_closed(term)
    quota = quota_of(term, rule)
    if quota is None:
        raise StepRefused("这条规则本学期没有名额可选，可能政策刚换了版本；请回到列表再看。")
    chosen = Selection.objects.of(term, rule).at(school)
    present = set(chosen.values_list("student_id", flat=True))
    gone, new = set(drop) & present, set(add) - present - set(drop)
    _refuse_strangers(quota, school, new)
    chosen.filter(student__in=gone).delete()
    if new and (over := quota.taken(school) + len(new) - quota.places(school)) > 0:
        where = school.name if school and quota.selection.per_school else "全县"
        raise StepRefused(
            f"{where}名额 {quota.places(school)} 个，已选 {quota.taken(school)} 人，再选 {len(new)} 人就超出 {over} 个；没有保存，请减少后再存。"
        )
    Selection.objects.bulk_create(
        Selection(term=term, student_id=student, rule=rule, by=by.name[:60]) for student in sorted(new)
    )
    _record(by, quota, new, gone)
    mark_changed(term, new | gone, ChangeCause.SELECTION)
    return len(new), len(gone)


def _refuse_strangers(quota: Quota, school: School | None, students: set[int]) -> None:
    """Raise StepRefused where one of ``students`` does not study there or does not meet the rule."""
    if not students:
        return
    here = Enrolment.objects.of(quota.term).studying().filter(school=school, student__in=students)
    if lost := students - eligible(quota, here):
        names = Student.objects.filter(pk__in=lost).order_by("pk").values_list("name", flat=True)[:3]
        raise StepRefused(
            f"{'、'.join(names)}等 {len(lost)} 人已不符合“{quota.rule.label}”的其他条件，或已不在这里就读；没有保存，请刷新后再选。"
        )


def _record(by: Actor, quota: Quota, new: set[int], gone: set[int]) -> None:
    students = Student.objects.in_bulk(new | gone)
    for students_of, action in ((new, "selection.add"), (gone, "selection.drop")):
        for student in sorted(students_of):
            record(by, action=action, subject=students[student], changes={"rule": quota.rule.label}, reason=str(quota.term))  # fmt: skip
