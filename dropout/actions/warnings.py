"""预警得分: worked out for a whole term once a day; only what changed is written, with the day from which it holds."""

import datetime as dt

from django.db import transaction

from dropout.enums import Factor
from dropout.models import WarningRule, WarningRun, WarningScore
from dropout.queries.attendance import clocked_stages
from dropout.queries.school_days import term_under_way
from dropout.queries.scoring import Known, Score, Scoring
from povertyedu import bulk
from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.calendar import today
from povertyedu.orgs.models import Term
from povertyedu.workflow.flow import Actor
from students.models import Enrolment

COLUMNS = ("student", "categories", "student__birth_date", "stage", "grade", "facts")
# What a county may begin with; every figure is its own to change.
USUAL = (
    (Factor.ABSENCE, 3, 10), (Factor.ABSENCE, 6, 20), (Factor.ABSENCE, 10, 40), (Factor.LEAVE, 10, 10), (Factor.HARDSHIP, 1, 10),
    (Factor.HARDSHIP, 2, 20), (Factor.SIBLING, 1, 30), (Factor.AGE_GAP, 2, 10), (Factor.AGE_GAP, 3, 20),
)  # fmt: skip


def score_daily() -> int:
    """Work the scores of the term under way out once a day; called hourly. Return how many changed."""
    term = term_under_way()
    if term is None or term.is_closed or WarningRun.objects.filter(term=term, on=today()).exists():
        return 0
    return score_term(term)


@transaction.atomic
def score_term(term: Term) -> int:
    """Work out the score of every child of ``term``; return how many changed. Queries do not grow with the children."""
    Term.objects.select_for_update(no_key=True).get(pk=term.pk)
    scoring = Scoring(term)
    present = {
        student: (pk, since, points, level, items)
        for pk, student, since, points, level, items in WarningScore.objects.current()
        .filter(term=term)
        .values_list("pk", "student", "since", "points", "level", "items")
    }
    rows = Enrolment.objects.of(term).studying().filter(stage__in=clocked_stages()).values_list(*COLUMNS)
    children, wanted = 0, {}
    for row in rows.iterator(chunk_size=5000):
        children += 1
        if (score := scoring.of(Known(*row))).points:
            wanted[row[0]] = score
    changed = _write(term, scoring, present, wanted)
    WarningRun.objects.update_or_create(
        term=term, on=today(), defaults={"children": children, "changed": changed}
    )
    return changed


def _write(term: Term, scoring: Scoring, present: dict, wanted: dict[int, Score]) -> int:
    """Bring the rows of ``term`` to the scores: what was is closed with yesterday, what is begins today."""
    day = today()
    new, again, ended, gone = [], [], [], []
    changed = set()
    for student in present.keys() | wanted.keys():
        score = wanted.get(student)
        values = score and (score.points, scoring.level(score.points).value, score.items)
        if student in present:
            pk, since, *old = present[student]
            if values and tuple(old) == values:
                continue
            changed.add(student)
            if values and since == day:
                again.append((pk, *values))
                continue
            (gone if since == day else ended).append(pk)
        if values:
            changed.add(student)
            points, level, items = values
            new.append(
                WarningScore(
                    student_id=student, term=term, since=day, points=points, level=level, items=items
                )
            )
    with bulk.keys(WarningScore, "id", gone) as keys:
        WarningScore.objects.filter(pk__in=keys).delete()
    bulk.amend(WarningScore, ("until",), [(pk, day - dt.timedelta(days=1)) for pk in ended])
    bulk.amend(WarningScore, ("points", "level", "items"), again)
    bulk.insert_new(new)
    return len(changed)


@transaction.atomic
def save_rule(*, by: Actor, rule: WarningRule) -> WarningRule:
    """Store a new rule, or other figures of one; the scores follow within the hour."""
    before = WarningRule.objects.select_for_update().get(pk=rule.pk) if rule.pk else None
    rule.save()
    if changes := changes_between(before, rule):
        record(by, action=f"warning_rule.{'update' if before else 'create'}", subject=rule, changes=changes)
        work_out_anew()
    return rule


@transaction.atomic
def put_away(*, by: Actor, rule: WarningRule) -> None:
    """Take a rule out of use; it stays in the history."""
    if WarningRule.objects.filter(pk=rule.pk, is_active=True).update(is_active=False):
        record(by, action="warning_rule.remove", subject=rule, changes={"is_active": ["是", "否"]})
        work_out_anew()


@transaction.atomic
def take_usual(*, by: Actor) -> int:
    """Take over the usual figures where the county has none yet; return how many."""
    if WarningRule.objects.active().exists():
        return 0
    for factor, threshold, points in USUAL:
        save_rule(by=by, rule=WarningRule(factor=factor, threshold=threshold, points=points))
    return len(USUAL)


def work_out_anew() -> None:
    """Let the next hourly round work today's scores out again."""
    WarningRun.objects.filter(on=today()).delete()
