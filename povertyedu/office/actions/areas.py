"""Mergers of townships and villages: the old one keeps its code and its past, what is to come goes to the new one."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction

from dropout.actions.posts import end_all_at
from povertyedu.audit.models import record
from povertyedu.audit.operations import because
from povertyedu.orgs.models import Area, Person, School, Term
from povertyedu.workflow.flow import Actor
from students.actions.hardship import mark_changed
from students.models import Enrolment, Household, Student


@transaction.atomic
def merge_area(*, area: Area, into: Area, on: dt.date, from_term: Term, by: Actor) -> int:
    """Close ``area`` on a day and let ``into`` take its place; return how many children moved with it.

    Households, children and schools stand at the new place from now on, the enrolments of ``from_term`` and
    later open terms too; those of earlier and of closed terms keep the old code. Whoever may read the new
    place may read them. Who answers for the old place is out of office the day before. Raise ValidationError with the reason when it cannot be.
    """
    both = Area.objects.select_for_update().in_bulk([area.pk, into.pk])
    area, into = both[area.pk], both[into.pk]
    _refuse(area, into)
    area.closed_on, area.merged_into = on, into
    area.save(update_fields=["closed_on", "merged_into"])
    _let_read([area.code, *area.absorbed], into)
    with because(by, action="area.merge", subject=area, label=f"{area}并入{into}"):
        Household.objects.filter(area=area).update(area=into)
        Person.objects.filter(area=area).update(area=into)
        School.objects.filter(area=area).update(area=into)
        moved = Student.objects.filter(home_area=area).update(home_area=into)
        _carry(area, into, from_term)
    end_all_at(by=by, area=area, until=on - dt.timedelta(days=1), reason=f"{area}并入{into}")
    changes = {"merged_into": ["", into.path], "closed_on": ["", str(on)], "from_term": ["", str(from_term)]}
    record(by, action="area.merge", subject=area, changes=changes | {"students": ["", str(moved)]})
    return moved


def _refuse(area: Area, into: Area) -> None:
    if area.closed_on or into.closed_on:
        raise ValidationError("其中一个已经撤并过，请刷新后再看。")
    if area.level != into.level or area.pk == into.pk:
        raise ValidationError("乡镇只能并入另一个乡镇，村只能并入另一个村。")
    if area.children.standing().exists():
        raise ValidationError(
            "下面还有没有撤并的村。请先在新的乡镇登记这些村（新代码），把旧村逐个并入，再撤并乡镇。"
        )


def _let_read(codes: list[str], into: Area) -> None:
    """Add the old codes to every place above which they do not stand anyway."""
    for place in (into, into.parent):
        more = [code for code in codes if not code.startswith(place.code) and code not in place.absorbed]
        if more:
            place.absorbed = [*place.absorbed, *more]
            place.save(update_fields=["absorbed"])


def _carry(area: Area, into: Area, from_term: Term) -> None:
    """Give the new code to the enrolments of ``from_term`` and later open terms, and mark their children."""
    terms = Term.objects.filter(starts_on__gte=from_term.starts_on, is_closed=False)
    for field in ("home_area", "school_area"):
        rows = Enrolment.objects.filter(**{field: area.full_code}, term__in=terms)
        for term in terms:
            mark_changed(term, list(rows.filter(term=term).values_list("student_id", flat=True)))
        rows.update(**{field: into.full_code})
