"""The filtered list of a term as a workbook, in whichever columns were asked for: written at once or in the background."""

from pathlib import Path

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.jobs.made import Made, keep_made
from povertyedu.orgs.models import Term
from students.actions.export import export_students
from students.enums import Place
from students.models import ColumnSet
from students.queries import enrolments_in

from .column_presets import PRESETS
from .roster_export import export_columns, export_roster, roster_columns


def export_list(out, *, user: User, by, term: Term, reason: str, **asked) -> str:
    """Write a list as :func:`_write` does for who waits for it; return its name. Leaves one AccessEvent."""
    written = _write(out, user=user, by=by, term=term, **asked)
    record_access(by, kind="download", subject=term, fields=written.told, reason=reason)
    return written.name


def _write(out, *, user: User, term: Term, rows, layout: str, full: bool, **asked) -> Made:
    """Write ``rows`` as ``layout`` says: the list, the roster or a set of columns.

    ``asked`` are by, words and progress. Numbers are in clear only where ``user`` may reveal them, which can be
    narrower than where lists may be taken out. Raise ColumnSet.DoesNotExist for a set that is gone.
    """
    asked |= {"term": term, "full": full}
    if full:
        shown = enrolments_in(term, user=user, permission=P.REVEAL_NUMBERS, reading="school_area")
        rows = rows.filter(pk__in=shown.values("pk"))
    if layout in ("", "list"):
        return export_students(out, rows=rows, **asked)
    here = rows.filter(place=Place.IN_COUNTY)  # children elsewhere are no part of a roster
    if layout == "roster":
        return export_roster(out, columns=[name for name, _ in roster_columns()], rows=here, **asked)
    chosen = PRESETS.get(layout) or ColumnSet.objects.get(pk=layout)
    return export_columns(
        out, columns=chosen.columns, name=chosen.name, has_title=chosen.has_title, rows=here if chosen.in_county else rows,
        members=user.can(P.VIEW_HOUSEHOLDS), **asked,
    )  # fmt: skip


def keep_list(*, maker: str, owner: User, progress, term: Term, full: bool, reason: str, **asked) -> dict:
    """Write a list as :func:`export_list` does into a stored file of ``owner``; see :func:`.keep_made`."""

    def write(path: Path) -> Made:
        return _write(path, user=owner, by=owner.as_actor(), term=term, full=full, progress=progress, **asked)

    permission = P.REVEAL_NUMBERS if full else P.EXPORT_STUDENTS
    return keep_made(
        write, maker=maker, owner=owner, purpose="学生名单", permission=permission, subject=term, reason=reason, progress=progress,
    )  # fmt: skip
