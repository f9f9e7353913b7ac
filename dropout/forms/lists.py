"""What the address of a list asks for: read alike by its page, its workbook and the job that writes a long one."""

from typing import Any, NamedTuple

from django.db.models import Model, QuerySet
from django.http import QueryDict

from dropout.enums import LEDGERS
from dropout.models import Case, Screening
from dropout.queries import cases, screening, warnings
from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.orgs.models import Term
from students.queries import READINGS, usual_reading

from .cases import CasesFilter
from .screening import LedgerFilter
from .warnings import WarningFilter


class Asked(NamedTuple):
    """A list: ``rows`` in no order, how it is filtered in words, and what the log says of taking it out.

    ``every``: the rows of all its tabs, where it has some.
    """

    rows: QuerySet
    name: str
    words: str
    permission: str
    subject: Model
    reason: str
    form: Any
    reading: str = ""
    tab: str = ""
    every: QuerySet | None = None


def reading_of(query: QueryDict, user: User, permission: str) -> str:
    by = query.get("by")
    return by if by in READINGS else usual_reading(user.scope(permission))


def asked_warnings(query: QueryDict, *, user: User, term: Term) -> Asked:
    form = WarningFilter(query, user=user, permission=P.VIEW_WARNINGS)
    rows = warnings.warned(term, user=user, permission=P.VIEW_WARNINGS, wanted=form.wanted)
    return Asked(rows, "预警名单", form.in_force() or "全部", P.VIEW_WARNINGS, term, "导出预警名单", form)


def asked_ledger(query: QueryDict, *, user: User, term: Term | None = None) -> Asked | None:
    """Return a ledger of the screening that is asked for, of the newest without; None where there is none."""
    seen = Screening.objects.visible_to(user, P.VIEW_CASES).select_related("term")
    asked = query.get("screening", "")
    good = asked.isascii() and asked.isdigit() and len(asked) < 19
    found = seen.filter(pk=asked if good else 0).first() if asked else seen.first()
    if found is None:
        return None
    form, reading = (
        LedgerFilter(query, user=user, permission=P.VIEW_CASES),
        reading_of(query, user, P.VIEW_CASES),
    )
    tab = query.get("tab") if query.get("tab") in LEDGERS else "suspected"
    rows = screening.ledger_rows(found, tab, user=user, reading=reading, wanted=form.wanted)
    rows = screening.with_worked(rows, user)
    name = LEDGERS[tab][0]
    return Asked(rows, name, form.in_force(), P.VIEW_CASES, found, "导出控辍保学台账", form, reading, tab)


def asked_cases(query: QueryDict, *, user: User, term: Term | None = None) -> Asked:
    """Return the cases of a tab."""
    form, reading = (
        CasesFilter(query, user=user, permission=P.VIEW_CASES),
        reading_of(query, user, P.VIEW_CASES),
    )
    tab = query.get("tab") if query.get("tab") in cases.TABS else "open"
    every = cases.narrowed(Case.objects.visible_to(user, P.VIEW_CASES), form.wanted, reading=reading)
    word, condition = cases.TABS[tab]
    words = "；".join(filter(None, [word, READINGS[reading], form.in_force()]))
    reason = f"导出控辍个案台账（{words}）"
    return Asked(
        every.filter(condition), "控辍个案台账", words, P.VIEW_CASES, user, reason, form, reading, tab, every
    )


def asked_handover(query: QueryDict, *, user: User, term: Term) -> Asked:
    """Return last year's sixth grade: who was not received, or with ``all`` everybody."""
    every, missing = screening.handover(term, user=user), "all" not in query
    rows = every.filter(arrived_at=None) if missing else every
    words = "没有接到" if missing else "全部送出"
    return Asked(rows, "小学送中学接名单", words, P.VIEW_CASES, term, "导出交接名单", None, every=every)


LISTS = {"warnings": asked_warnings, "ledger": asked_ledger, "cases": asked_cases, "handover": asked_handover}
