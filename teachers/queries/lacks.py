"""What a plan may recruit for: what schools lack by subject, less what other plans are already to bring, in order."""

import datetime as dt
from collections.abc import Sequence

from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School
from teachers.enums.registry import Subject
from teachers.models import RecruitmentPlan

from .need import StageNeed, school_needs
from .recruitment import Lack, Wanted, in_order, placed_elsewhere

# What a stage lacks beyond its subjects, where nobody has said how its lessons are shared.
OPEN_SUBJECT = {Stage.PRESCHOOL: Subject.PRESCHOOL, Stage.VOCATIONAL: Subject.VOCATIONAL}


def wanted_for(plan: RecruitmentPlan, day: dt.date) -> list[tuple[Wanted, School]]:
    """Return what the county's public schools lack on ``day``, the most urgent first; queries do not grow with the schools."""
    schools = list(School.objects.public().select_related("area", "place").order_by("area_id", "code"))
    coming = placed_elsewhere(plan)
    lacks = []
    for need in school_needs(schools, day):
        for stage in need.stages:
            for subject, short, has_none in by_subject(stage):
                left = short - coming.get((need.school.pk, stage.stage, subject), 0)
                if left > 0:
                    lacks.append(Lack(need.school, stage.stage, subject, left, has_none))
    by_key = {school.pk: school for school in schools}
    return [(wanted, by_key[wanted.school]) for wanted in in_order(lacks)]


def by_subject(stage: StageNeed) -> list[tuple[str, int, bool]]:
    """Return (subject, how many are lacking, nobody teaches it) of a stage, together its shortage."""
    subjects = [(each.subject, each.shortage, not each.staff) for each in stage.subjects if each.shortage]
    shares = share(stage.shortage, [(short, has_none) for _, short, has_none in subjects])
    found = [
        (subject, part, has_none)
        for (subject, _, has_none), part in zip(subjects, shares, strict=True)
        if part
    ]
    rest = stage.shortage - sum(shares)
    if rest:
        subject = OPEN_SUBJECT.get(Stage(stage.stage), Subject.ALL).value
        known = [each for each in found if each[0] == subject]
        found = [each for each in found if each[0] != subject]
        found.append((subject, rest + sum(part for _, part, _ in known), not stage.staff))
    return found


def share(short: int, subjects: Sequence[tuple[int, bool]]) -> list[int]:
    """Share ``short`` persons among subjects of (lacking, nobody teaches it), none above what it lacks.

    A subject without any teacher comes first, then the one that lacks most still.
    """
    parts = [0] * len(subjects)
    for _ in range(min(short, sum(lacking for lacking, _ in subjects))):
        number = max(
            (n for n in range(len(subjects)) if parts[n] < subjects[n][0]),
            key=lambda n: (subjects[n][1] and not parts[n], subjects[n][0] - parts[n], -n),
        )
        parts[number] += 1
    return parts
