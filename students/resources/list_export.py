"""The filtered list of a term as a workbook, in whichever columns were asked for: written at once or in the background."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from povertyedu.accounts.models import User
from povertyedu.accounts.permissions import Permission as P
from povertyedu.audit.models import record_access
from povertyedu.files.models import StoredFile
from povertyedu.inbox.models import tell
from povertyedu.options.registry import option
from povertyedu.orgs.models import Term
from students.actions.export import Written, export_students
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


def _write(out, *, user: User, term: Term, rows, layout: str, full: bool, **asked) -> Written:
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
    """Write a list as :func:`export_list` does into a stored file of ``owner`` and tell them; return the file's key.

    It goes after the county's keeping days for uploads. ``maker`` names the job: one that was cut off leaves
    neither file nor a line in the log, one that is run again after its end finds its file.
    """
    key, days = StoredFile.key_of(maker), option("upload_keep_days")
    if StoredFile.objects.filter(pk=key).exists():
        return {"file": str(key)}
    by = owner.as_actor()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "list.xlsx"
        written = _write(path, user=owner, by=by, term=term, full=full, progress=progress, **asked)
        with transaction.atomic():
            stored = StoredFile.keep(
                _pieces(path), name=written.name, purpose="学生名单", owner=owner, key=key,
                purge_after=timezone.now() + timezone.timedelta(days=days),
                permission=P.REVEAL_NUMBERS if full else P.EXPORT_STUDENTS,
            )  # fmt: skip
            record_access(by, kind="download", subject=term, fields=written.told, reason=reason)
            url = reverse("files:download", args=[stored.pk])
            tell(owner, f"{written.name} 已生成，点开即可下载，保留 {days} 天。", url=url, tone="ok")
            progress.fence()
    return {"file": str(stored.pk)}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(StoredFile.CHUNK):
            yield piece
