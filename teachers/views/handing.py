"""A table handed over as a workbook that says who made it and when."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from django.http import HttpResponse
from django.utils import timezone

from povertyedu.ui.listing import handed_over
from povertyedu.workbooks.writing import LedgerColumn, write_table


def table_handed_over(
    request,
    columns: Sequence[LedgerColumn],
    lines: Iterable[Sequence],
    *,
    title: str,
    name: str,
    words: str = "",
    file: str = "",
    day=None,
) -> HttpResponse:
    """Return ``lines`` under ``title`` as a download; ``words`` say what they are, ``file`` is its name where it is not ``name``."""
    out, at = BytesIO(), timezone.localtime()
    by = f"{request.user.name} {at:%Y-%m-%d %H:%M} 导出"
    write_table(out, columns, lines, title=title, name=name, unit_line=words, right_line=by)
    return handed_over(out.getvalue(), file or name, day=day)
