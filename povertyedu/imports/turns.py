"""One import is written, or undone, at a time: from the page, by the command, whatever the kind.

Rows are compared with the registry before the writing begins, so that nobody waits for a comparison. Who
finds, the turn once taken, that another import was written meanwhile compares anew before writing.
"""

from django.db import connection
from django.db.models import Count

from .models import ImportBatch

LOCK = 5_299_010_001  # of PostgreSQL's advisory locks; SQLite has one writer anyway


def mark() -> dict[str, int]:
    """Return what is different after each import written or undone; one query."""
    return ImportBatch.objects.aggregate(written=Count("applied_at"), undone=Count("undone_at"))


def take() -> dict[str, int]:
    """Wait until nobody else writes, keep others waiting until this transaction ends, and return the mark."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    return mark()
