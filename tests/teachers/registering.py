"""One of everything of the register and the establishment, for tests that open every page."""

import datetime as dt
from decimal import Decimal

from teachers.actions import establishment
from teachers.models import HeadTerm, StaffStandard
from tests.factories import teachers


def one_of_each(school, *, by) -> dict:
    """Return a teacher with a post and a term to serve, a term as head, a request to go over the establishment, a standard."""
    made = teachers.teacher("石老师", school)
    term = teachers.service_term(made, since=dt.date(2018, 9, 1), until=dt.date(2021, 8, 31))
    asked = establishment.ask_excess(by=by, school=school, posts=1, reason="产假顶岗")
    standard = StaffStandard.objects.create(
        stage="primary", basis="pupils", amount=Decimal(19), since=dt.date(2014, 12, 5)
    )
    head_term = HeadTerm.objects.create(
        teacher=made, school=school, number=1, since=dt.date(2018, 9, 1), until=dt.date(2021, 8, 31)
    )
    return {
        "head_term": head_term,
        "staff_member": made,
        "service_term": term,
        "excess": asked,
        "staff_standard": standard,
    }
