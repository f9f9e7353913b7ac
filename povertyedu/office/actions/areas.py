"""Mergers of townships and villages: the old one keeps its code and its past, what is to come goes to the new one."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import timezone

from dropout.actions.posts import end_all_at, resume
from povertyedu import bulk
from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.office.queries import PLACED, STAMPED, still_moved
from povertyedu.orgs.models import Area, AreaMerger, Term
from povertyedu.workflow.flow import Actor
from students.actions.hardship import mark_changed
from students.models import Enrolment


@transaction.atomic
def merge_area(*, area: Area, into: Area, on: dt.date, from_term: Term, by: Actor) -> int:
    """Close ``area`` on a day and let ``into`` take its place; return how many children moved with it.

    Households, children and schools stand at the new place from now on, the enrolments of ``from_term`` and
    later open terms too; those of earlier and of closed terms keep the old code. Whoever may read the new
    place may read them. Who answers for the old place is out of office the day before. What moved is kept
    for :func:`undo_merger`. Raise ValidationError with the reason when it cannot be.
    """
    both = Area.objects.select_for_update().in_bulk([area.pk, into.pk])
    area, into = both[area.pk], both[into.pk]
    _refuse(area, into)
    area.closed_on, area.merged_into = on, into
    area.save(update_fields=["closed_on", "merged_into"])
    moved: dict[str, list] = {"absorbed": _let_read([area.code, *area.absorbed], into)}
    with because(by, action="area.merge", subject=area, label=f"{area}并入{into}"):
        for name, (model, field) in PLACED.items():
            rows = model._base_manager.filter(**{field: area})
            moved[name] = list(rows.values_list("pk", flat=True))
            rows.update(**{field: into})
        moved |= _carry(area, into, from_term)
    told = f"{area}并入{into}"
    moved["posts"] = end_all_at(by=by, area=area, until=on - dt.timedelta(days=1), reason=told)
    AreaMerger.objects.create(area=area, into=into, by_name=by.name, moved=moved)
    changes = {"merged_into": ["", into.path], "closed_on": ["", str(on)], "from_term": ["", str(from_term)]}
    students = len(moved["students"])
    record(by, action="area.merge", subject=area, changes=changes | {"students": ["", str(students)]})
    return students


@transaction.atomic
def undo_merger(*, merger: AreaMerger, reason: str, by: Actor) -> int:
    """Let the area stand again with what moved and was not moved on since; return how many children came back.

    What is new at the other place, and the enrolments of terms closed meanwhile, stay there. Raise
    ValidationError with the reason when another merger has to be taken back first.
    """
    merger = AreaMerger.objects.select_for_update().get(pk=merger.pk)
    both = Area.objects.select_for_update().in_bulk([merger.area_id, merger.into_id])
    area, into = both[merger.area_id], both[merger.into_id]
    _refuse_undo(merger, area, into)
    old = {"merged_into": [into.path, ""], "closed_on": [str(area.closed_on), ""]}
    area.closed_on = area.merged_into = None
    area.save(update_fields=["closed_on", "merged_into"])
    back = still_moved(merger)
    _read_no_more(merger.moved["absorbed"])
    with because(by, action="area.unmerge", subject=area, label=f"撤销{merger}"):
        for name, (model, field) in PLACED.items():
            with bulk.keys(model, "id", back[name]) as keys:
                model._base_manager.filter(pk__in=keys).update(**{field: area})
        for field in STAMPED:
            with bulk.keys(Enrolment, "id", back[field]) as keys:
                rows = Enrolment.objects.filter(pk__in=keys)
                _mark(rows.values_list("term_id", "student_id"))
                rows.update(**{field: area.full_code})
    resume(by=by, ended=merger.moved["posts"], reason=f"撤销{merger}")
    merger.undone_at, merger.undone_by_name, merger.undone_reason = timezone.now(), by.name, reason
    merger.save(update_fields=["undone_at", "undone_by_name", "undone_reason"])
    students = len(back["students"])
    changes = old | {"students": ["", str(students)]}
    record(by, action="area.unmerge", subject=area, changes=changes, reason=reason)
    return students


def _refuse(area: Area, into: Area) -> None:
    if area.closed_on or into.closed_on:
        raise ValidationError("其中一个已经撤并过，请刷新后再看。")
    if area.level != into.level or area.pk == into.pk:
        raise ValidationError("乡镇只能并入另一个乡镇，村只能并入另一个村。")
    if area.children.standing().exists():
        raise ValidationError(
            "下面还有没有撤并的村。请先在新的乡镇登记这些村（新代码），把旧村逐个并入，再撤并乡镇。"
        )


def _refuse_undo(merger: AreaMerger, area: Area, into: Area) -> None:
    if merger.undone_at:
        raise ValidationError("这次撤并已经撤销，请刷新后再看。")
    for place in (into, area.parent):
        if place and place.closed_on:
            raise ValidationError(
                f"“{place}”后来又并入“{place.merged_into}”；请先在“行政区划”撤销那一次，再撤销这一次。"
            )


def _let_read(codes: list[str], into: Area) -> list[tuple[str, list[str]]]:
    """Add the old codes to every place above which they do not stand anyway; return what each place took in."""
    added = []
    for place in (into, into.parent):
        more = [code for code in codes if not code.startswith(place.code) and code not in place.absorbed]
        if more:
            place.absorbed = [*place.absorbed, *more]
            place.save(update_fields=["absorbed"])
            added.append((place.pk, more))
    return added


def _read_no_more(added: list[tuple[str, list[str]]]) -> None:
    """Take from each place the codes that a merger gave it."""
    for pk, codes in added:
        place = Area.objects.select_for_update().get(pk=pk)
        place.absorbed = [code for code in place.absorbed if code not in codes]
        place.save(update_fields=["absorbed"])


def _carry(area: Area, into: Area, from_term: Term) -> dict[str, list[int]]:
    """Give the new code to the enrolments of ``from_term`` and later open terms, and mark their children."""
    terms = Term.objects.filter(starts_on__gte=from_term.starts_on, is_closed=False)
    moved = {}
    for field in STAMPED:
        rows = Enrolment.objects.filter(**{field: area.full_code}, term__in=terms)
        moved[field] = list(rows.values_list("pk", flat=True))
        _mark(rows.values_list("term_id", "student_id"))
        rows.update(**{field: into.full_code})
    return moved


def _mark(rows: models.QuerySet) -> None:
    """Mark children, (term, student) each, as changed."""
    by_term: dict[str, list[int]] = {}
    for term, student in rows:
        by_term.setdefault(term, []).append(student)
    for term in Term.objects.filter(pk__in=by_term):
        mark_changed(term, by_term[term.pk])
