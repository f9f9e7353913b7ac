"""What the subsidy side knows of a child; it lies a layer above, so it is found by name (settings)."""

from importlib import import_module

from django.conf import settings
from django.db.models import QuerySet

from povertyedu.orgs.models import Term

from .models import Student


def on_its_way(student: Student) -> list[str]:
    """Return the child's money in batches not yet settled, one sentence each."""
    return import_module(settings.CHILDRENS_MONEY).on_its_way(student)


def students_in_batches(term: Term) -> QuerySet:
    """Return the ids of the students who have a line of ``term`` in any batch, as a subquery."""
    return import_module(settings.CHILDRENS_MONEY).students_in_batches(term)


def programmes_by_choice() -> dict[str, str]:
    """Return {code: name} of the programmes of which a family chooses one."""
    return import_module(settings.CHILDRENS_MONEY).programmes_by_choice()


def policies_asking(fact: str) -> list[str]:
    """Return the titles of the policies whose rules may ask ``fact``."""
    return import_module(settings.CHILDRENS_MONEY).policies_asking(fact)
