"""Facts a county defines for itself: added, worded anew, retired, taken back, deleted while nobody has one."""

from django.db import transaction

from povertyedu.audit.changes import changes_between
from povertyedu.audit.models import record
from povertyedu.workflow.flow import Actor, StepRefused
from students.models import CountyFact, Enrolment
from students.money import policies_asking


@transaction.atomic
def save_fact(*, by: Actor, fact: CountyFact) -> CountyFact:
    """Store a new fact, or its wording: name and kind stay, and so does every choice that somebody has.

    Raise StepRefused for anything else, IntegrityError when somebody has just added the same.
    """
    new = fact._state.adding
    before = None if new else CountyFact.objects.select_for_update().get(pk=fact.pk)
    if before:
        if (fact.name, fact.kind) != (before.name, before.kind):
            raise StepRefused("代码和类型定下后不能改；请停用这一项，另添一项。")
        _refuse_lost(fact, before)
    else:
        fact.created_by = by.name[:60]
    if changes := changes_between(before, fact):
        fact.save(force_insert=new)
        record(by, action=f"county_fact.{'create' if new else 'update'}", subject=fact, changes=changes)
    return fact


@transaction.atomic
def set_in_use(*, by: Actor, fact: CountyFact, in_use: bool) -> CountyFact:
    """Retire a fact, or take it back into form and template; what children have of it stays either way."""
    if CountyFact.objects.filter(pk=fact.pk, is_active=not in_use).update(is_active=in_use):
        word = {True: "在用", False: "停用"}
        record(
            by,
            action=f"county_fact.{'restore' if in_use else 'retire'}",
            subject=fact,
            changes={"is_active": [word[not in_use], word[in_use]]},
        )
    fact.refresh_from_db()
    return fact


@transaction.atomic
def delete_fact(*, by: Actor, fact: CountyFact) -> None:
    """Delete a fact that no child has and no policy asks; raise StepRefused otherwise: it can only be retired."""
    fact = CountyFact.objects.select_for_update().get(pk=fact.pk)
    if is_used(fact):
        raise StepRefused(f"已有学生填了“{fact}”，不能删除；不再用的请停用，以前的记录保留。")
    if policies := policies_asking(fact.name):
        raise StepRefused(f"资助标准“{policies[0]}”用到了“{fact}”，不能删除；不再用的请停用。")
    record(by, action="county_fact.delete", subject=fact, changes={"name": [fact.name, ""]})
    fact.delete()


def is_used(fact: CountyFact) -> bool:
    """Return whether any child has this fact in any term."""
    return Enrolment.objects.filter(facts__has_key=fact.name).exists()


def _refuse_lost(fact: CountyFact, before: CountyFact) -> None:
    """Raise StepRefused where a choice goes that a child has or a policy may ask."""
    lost = sorted(before.choices.keys() - fact.choices.keys())
    if lost and (policies := policies_asking(fact.name)):
        raise StepRefused(f"资助标准“{policies[0]}”用到了“{before}”，选项不能去掉，可以改名称。")
    if held := [code for code in lost if _has(fact.name, code)]:
        words = "、".join(before.choices[code] for code in held)
        raise StepRefused(f"已有学生填了“{words}”，这个选项不能去掉，可以改名称。")


def _has(name: str, code: str) -> bool:
    return Enrolment.objects.filter(**{f"facts__{name}": code}).exists()
