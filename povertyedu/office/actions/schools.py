"""Schools: their set of stages, and the facts that enrolments carry of them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.orgs.enums import Stage
from povertyedu.orgs.models import School, SchoolStage, Term
from povertyedu.orgs.tags import former_after
from povertyedu.workflow.flow import Actor
from students.actions.hardship import mark_changed, mark_schools
from students.enums import ChangeCause
from students.models import Enrolment

# What an enrolment keeps of its school as it was in the term (architecture.md, Facts).
CARRIED = ("ownership", "setting", "area")
FROM_WHEN = "改了办学性质、城乡类型、所在乡镇或学校标签，请选择从哪个学期起算。"


@transaction.atomic
def save_school(*, school: School, stages: list[str], from_term: Term | None, by: Actor) -> School:
    """Store a school and its stages; carried facts change in the enrolments of ``from_term`` and later.

    Earlier terms and closed ones keep theirs, tags too. Raise ValidationError when such a fact changed, the school has
    students, and no term says from when.
    """
    new = school._state.adding
    before = None if new else School.objects.select_for_update().get(pk=school.pk)
    changes = changes_between(before, school)
    if before and "tags" in changes:
        school.former_tags = _kept_tags(before, from_term)
    school.save(force_insert=new)
    changes |= _change_stages(school, stages)
    if before and any(name in changes for name in (*CARRIED, "tags")) and school.enrolments.exists():
        if from_term is None:
            raise ValidationError(FROM_WHEN)
        changed = _carry(school, from_term)
        changes["from_term"] = ["", f"{from_term}，涉及 {changed} 条学籍"]
    if before and from_term and "tags" in changes:
        mark_schools([school.pk], since=from_term)
    if changes:
        record(by, action=f"school.{'create' if new else 'update'}", subject=school, changes=changes)
    return school


def _kept_tags(before: School, from_term: Term | None) -> list[list]:
    """Return what the tags were until ``from_term``; closed terms keep theirs."""
    if from_term is None:
        return before.former_tags
    closed = Term.objects.filter(starts_on__gte=from_term.starts_on, is_closed=True).first()
    if closed:
        raise ValidationError(f"{closed}已关闭，学校标签只能从它以后的学期改起。")
    return former_after(from_term.pk, before.tags, before.former_tags)


def _change_stages(school: School, stages: list[str]) -> dict:
    old = set(school.stage_set.values_list("stage", flat=True))
    if old == set(stages):
        return {}
    school.stage_set.exclude(stage__in=stages).delete()
    SchoolStage.objects.bulk_create(
        SchoolStage(school=school, stage=stage) for stage in stages if stage not in old
    )
    return {"stages": [_stage_names(old), _stage_names(stages)]}


def _stage_names(stages) -> str:
    return "、".join(stage.label for stage in Stage if stage in set(stages))


def _carry(school: School, from_term: Term) -> int:
    """Give the school's facts to its enrolments from ``from_term`` on; return how many differed."""
    facts = {
        "ownership": school.ownership,
        "setting": school.setting,
        "school_area": school.area.full_code,
    }
    terms = Term.objects.filter(starts_on__gte=from_term.starts_on, is_closed=False)
    rows = Enrolment.objects.filter(~Q(**facts), school=school, term__in=terms)
    for term in terms:
        mark_changed(
            term, list(rows.filter(term=term).values_list("student_id", flat=True)), ChangeCause.SCHOOL
        )
    return rows.update(**facts)
