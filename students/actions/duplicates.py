"""Deciding on two records that may be one child: different people, or one, and then merged by a second person.

What the kept record lacks follows from the other one: numbers, guardian, account, enrolments of other terms.
What both have stays with each; payment lines never move; reads follow ``merged_into``, and so do the lists:
one that names either number names the child that was kept.
"""

import datetime as dt

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from povertyedu import bulk
from povertyedu.accounts.models import User
from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.jobs.models import Job
from povertyedu.jobs.progress import NO_PROGRESS
from povertyedu.jobs.tasks import start
from povertyedu.workflow.flow import SYSTEM, Actor, StepRefused, advance
from students.enums import ChangeCause
from students.models import (
    BankAccount,
    DuplicatePair,
    Enrolment,
    Guardian,
    MergedRecord,
    Student,
)
from students.queries.duplicates import candidates, doubly_enrolled
from students.states import PAIR_FLOW

from .blocks import block_both, hold_suspected, lift_of
from .hardship import derive_categories, mark_changed

NUMBERS = {
    "id_number": ("id_number", "id_hash", "id_tail_hash"),
    "student_no": ("student_no", "student_no_hash"),
}
PLAIN = ("sex", "birth_date", "ethnicity", "home_area_id", "home_address", "hukou", "phone", "remark")
FREED = {"id_number": "", "id_hash": None, "id_tail_hash": "", "student_no": "", "student_no_hash": None}


SEARCH = "students.find_duplicates"  # kind and lock of the job
DAILY = dt.timedelta(hours=20)


def search(*, by: User | None = None) -> Job | None:
    """Have the whole registry looked through in the background, once for however many imports ask before it begins."""
    if Job.objects.waiting().filter(kind=SEARCH).exists():
        return None
    return start(
        SEARCH, label="查找重复学生", arguments={}, by=by, url=reverse("students:duplicates"), lock=SEARCH
    )


def search_daily() -> Job | None:
    """Look once a day, whatever was imported or typed since."""
    recent = Job.objects.filter(kind=SEARCH, created_at__gt=timezone.now() - DAILY)
    return None if recent.exists() else search()


def find(*, progress=NO_PROGRESS) -> dict:
    """Look through the whole registry and queue every pair not asked about before; return how many are new.

    Where a pair is almost surely one child enrolled twice, its money is held until somebody decides.
    """
    progress.expect(2)
    found = candidates()
    progress.reach(1, "正在登记疑似重复")
    with transaction.atomic():
        before = DuplicatePair.objects.count()
        bulk.merge(
            DuplicatePair,
            ("first_id", "second_id", "grounds", "found_at", "state", "carried"),
            (
                (first, second, grounds, timezone.now(), "open", {})
                for (first, second), grounds in found.items()
            ),
            unique=("first_id", "second_id"),
            keep=("grounds", "found_at", "state", "carried"),
        )
        new = DuplicatePair.objects.count() - before
        _renew_grounds(found)
        held = hold_suspected(by=SYSTEM)
        progress.fence()
    progress.reach(2)
    return {"found": len(found), "new": new, "held": held}


def _renew_grounds(found: dict[tuple[int, int], list[str]]) -> None:
    """Give undecided pairs the grounds that hold now; a decided one keeps those it was decided on."""
    undecided = DuplicatePair.objects.undecided().values_list("pk", "first", "second", "grounds")
    changed = [
        (pk, found[first, second])
        for pk, first, second, grounds in undecided.iterator()
        if (first, second) in found and found[first, second] != grounds
    ]
    if changed:
        bulk.amend(DuplicatePair, ("grounds",), changed)


@transaction.atomic
def tell_apart(*, by: Actor, pair: DuplicatePair, reason: str = "") -> DuplicatePair:
    """Decide that they are two children; the pair is never asked about again."""
    advance(pair, PAIR_FLOW, "tell_apart", by=by, reason=reason, keeper=None)
    lift_of(by=by, pair=pair, why="已判定不是同一人")
    _hold_anew(pair, by=by)
    return pair


@transaction.atomic
def ask_again(*, by: Actor, pair: DuplicatePair, reason: str) -> DuplicatePair:
    advance(pair, PAIR_FLOW, "ask_again", by=by, reason=reason)
    _hold_anew(pair, by=by)
    return pair


@transaction.atomic
def propose(*, by: Actor, pair: DuplicatePair, keeper: Student, reason: str = "") -> DuplicatePair:
    """Ask a second person to merge into ``keeper``; where both study in a term, both draw no money meanwhile."""
    if keeper.pk not in (pair.first_id, pair.second_id):
        raise StepRefused("保留的档案须是这两份档案之一。")
    advance(pair, PAIR_FLOW, "propose", by=by, reason=reason, keeper=keeper, proposed_by_id=by.id)
    block_both(by=by, pair=pair, enrolments=doubly_enrolled(pair.first, pair.second))
    return pair


@transaction.atomic
def refuse(*, by: Actor, pair: DuplicatePair, reason: str) -> DuplicatePair:
    """Send a proposed merge back to be decided anew; the money held for it is free again."""
    advance(pair, PAIR_FLOW, "refuse", by=by, reason=reason, keeper=None, proposed_by_id=None)
    lift_of(by=by, pair=pair, why=f"退回重新判定：{reason}")
    _hold_anew(pair, by=by)
    return pair


@transaction.atomic
def confirm(*, by: Actor, pair: DuplicatePair) -> DuplicatePair:
    """Merge: the one record goes into the other, and whatever the kept one lacked goes with it.

    StepRefused when the same person proposed it, or one of the two was merged elsewhere meanwhile.
    """
    if by.id == pair.proposed_by_id:
        raise StepRefused("这次合并是您提请的，须由另一人复核。")
    pair = _locked(pair)
    advance(pair, PAIR_FLOW, "confirm", by=by, confirmed_by_id=by.id, merged_at=timezone.now())
    keeper, gone = pair.keeper, pair.given_up
    if keeper.merged_into_id or gone.merged_into_id:
        raise StepRefused("其中一份档案已并入别的档案，不能再合并；请退回重新判定。")
    with because(by, action="pair.confirm", subject=pair):
        carried = _carry(keeper, gone)
    DuplicatePair.objects.filter(pk=pair.pk).update(carried=carried)
    lift_of(by=by, pair=pair, why="已合并为一份档案")
    _hold_anew(pair, by=by)
    _recalculate(keeper, gone)
    for student, other in ((keeper, gone), (gone, keeper)):
        record(
            by,
            action="students.merge",
            subject=student,
            changes={"合并": [f"档案 {other.pk}", f"保留档案 {keeper.pk}"]},
        )
    pair.refresh_from_db()
    return pair


@transaction.atomic
def ask_undo(*, by: Actor, pair: DuplicatePair, reason: str) -> DuplicatePair:
    """Ask a second person to take a merge back, for a reason. StepRefused where it cannot be taken back now."""
    pair = _locked(pair)
    _refuse_undo(pair.keeper, pair.given_up, since=pair.merged_at)
    advance(pair, PAIR_FLOW, "ask_undo", by=by, reason=reason, undo_asked_by_id=by.id)
    return pair


@transaction.atomic
def keep_merged(*, by: Actor, pair: DuplicatePair, reason: str) -> DuplicatePair:
    """Leave the merge as it is, for a reason; whoever asked may take the request back so."""
    advance(pair, PAIR_FLOW, "keep_merged", by=by, reason=reason, undo_asked_by_id=None)
    return pair


@transaction.atomic
def undo(*, by: Actor, pair: DuplicatePair) -> DuplicatePair:
    """Take a merge back: what followed returns.

    StepRefused when the same person asked for it, the kept record went into a third one since, or money of
    either has gone to the bank.
    """
    pair = _locked(pair)
    if by.id == pair.undo_asked_by_id:
        raise StepRefused("这次撤销是您提请的，须由另一人复核。")
    keeper, gone, carried = pair.keeper, pair.given_up, pair.carried
    _refuse_undo(keeper, gone, since=pair.merged_at)
    forgotten = ("keeper", "proposed_by_id", "confirmed_by_id", "undo_asked_by_id", "merged_at")
    advance(pair, PAIR_FLOW, "undo", by=by, carried={}, **dict.fromkeys(forgotten))
    with because(by, action="pair.undo", subject=pair):
        _return(keeper, gone, carried)
    _recalculate(keeper, gone)
    _hold_anew(pair, by=by)
    for student in (keeper, gone):
        record(by, action="students.unmerge", subject=student, changes={"合并": ["已合并", "已撤销"]})
    return pair


def _hold_anew(pair: DuplicatePair, *, by: Actor) -> None:
    """Hold what undecided pairs of either record still ask to be held; one block serves several pairs."""
    hold_suspected(by=by, students=[pair.first_id, pair.second_id])


def _refuse_undo(keeper: Student | None, gone: Student | None, *, since) -> None:
    """Raise StepRefused where a merge cannot be taken back as things are; a pair that is not merged is left to the flow."""
    if keeper is None or since is None:
        return
    if keeper.merged_into_id or gone.merged_into_id != keeper.pk:
        raise StepRefused("保留的档案后来又并入了别的档案，请先撤销后面那次合并，再撤销这一次。")
    for path in settings.STUDENT_MERGE_GUARDS:
        if refusal := import_string(path)(students=[keeper, gone], since=since):
            raise StepRefused(refusal)


def _locked(pair: DuplicatePair) -> DuplicatePair:
    """Return the pair with both records locked, the smaller key first, so that two merges cannot wait in a circle."""
    students = Student.objects.select_for_update().order_by("pk").in_bulk([pair.first_id, pair.second_id])
    pair = DuplicatePair.objects.get(pk=pair.pk)
    pair.first, pair.second = students[pair.first_id], students[pair.second_id]
    if pair.keeper_id:
        pair.keeper = students[pair.keeper_id]
    return pair


def _carry(keeper: Student, gone: Student) -> dict:
    """Give ``keeper`` what it lacks and point ``gone`` at it; return what moved, by names and keys only."""
    carried = {"numbers": _give_numbers(keeper, gone), "fields": _give_fields(keeper, gone)}
    Student.objects.filter(pk=gone.pk).update(merged_into=keeper)
    followed = Student.objects.filter(merged_into=gone)
    carried["followed"] = list(followed.values_list("pk", flat=True))
    followed.update(merged_into=keeper)
    MergedRecord.objects.filter(keeper=gone).update(keeper=keeper)
    MergedRecord.objects.create(student=gone, keeper=keeper)
    for model, name in ((Guardian, "guardian"), (BankAccount, "bank_account")):
        rows = model.objects.filter(student=gone)
        if not model.objects.filter(student=keeper).exists():
            carried[name] = rows.update(student=keeper)
    rows = gone.enrolments.exclude(term__in=keeper.enrolments.values("term"))
    carried["enrolments"] = list(rows.values_list("pk", flat=True))
    Enrolment.objects.filter(pk__in=carried["enrolments"]).update(student=keeper)
    return carried


def _give_numbers(keeper: Student, gone: Student) -> list[str]:
    """Move the numbers that ``keeper`` lacks: freed on one side first, no two records may hold one."""
    given = []
    for name, columns in NUMBERS.items():
        if getattr(keeper, columns[1]) or not getattr(gone, columns[1]):
            continue  # a number both have stays: it leads to the kept record
        values = {column: getattr(gone, column) for column in columns}
        Student.objects.filter(pk=gone.pk).update(merged_into=keeper, **{c: FREED[c] for c in columns})
        Student.objects.filter(pk=keeper.pk).update(**values)
        for column, value in values.items():
            setattr(keeper, column, value)
        given.append(name)
    return given


def _give_fields(keeper: Student, gone: Student) -> list[str]:
    values = {
        name: getattr(gone, name) for name in PLAIN if not getattr(keeper, name) and getattr(gone, name)
    }
    Student.objects.filter(pk=keeper.pk).update(updated_at=timezone.now(), **values)
    return list(values)


def _return(keeper: Student, gone: Student, carried: dict) -> None:
    """Undo :func:`_carry`; what was changed on the kept record since goes back as it is now."""
    keeper.refresh_from_db()
    for name in carried["numbers"]:
        columns = NUMBERS[name]
        values = {column: getattr(keeper, column) for column in columns}
        Student.objects.filter(pk=keeper.pk).update(merged_into=gone, **{c: FREED[c] for c in columns})
        Student.objects.filter(pk=gone.pk).update(**values)
    Student.objects.filter(pk__in=[gone.pk, keeper.pk]).update(merged_into=None)
    Student.objects.filter(pk__in=carried["followed"]).update(merged_into=gone)
    MergedRecord.objects.filter(student=gone).delete()
    MergedRecord.objects.filter(student__in=carried["followed"]).update(keeper=gone)
    blank = {
        n: Student._meta.get_field(n).get_default() if n != "home_area_id" else None
        for n in carried["fields"]
    }
    same = {name: value for name, value in blank.items() if getattr(keeper, name) == getattr(gone, name)}
    Student.objects.filter(pk=keeper.pk).update(updated_at=timezone.now(), **same)
    if carried.get("guardian"):
        Guardian.objects.filter(student=keeper).update(student=gone)
    if carried.get("bank_account"):
        BankAccount.objects.filter(student=keeper).update(student=gone)
    Enrolment.objects.filter(pk__in=carried["enrolments"], student=keeper).update(student=gone)


def _recalculate(keeper: Student, gone: Student) -> None:
    """Derive categories anew and mark both children in all their terms."""
    derive_categories(student_ids=[keeper.pk, gone.pk])
    rows = Enrolment.objects.filter(student__in=[keeper, gone]).select_related("term")
    for term in {row.term for row in rows}:
        mark_changed(term, [keeper.pk, gone.pk], ChangeCause.MERGE)
