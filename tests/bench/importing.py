"""A roster of 50,000 rows: check and apply as the page does, the same file again, beside what reading and COPY cost."""

import tempfile
import time
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from python_calamine import CalamineWorkbook

from povertyedu import bulk
from povertyedu.home.demo.people import AUTUMN, People
from povertyedu.home.demo.places import Places
from povertyedu.home.demo.workbooks import write_workbooks
from povertyedu.imports import actions
from povertyedu.orgs.models import Term
from students.models import Student

from .timing import table

ROWS = 50_000


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        places = Places(ROWS)
        files = write_workbooks(places, People(places, ROWS).settle(), Path(folder))
        for kind in ("areas", "schools"):
            call_command("import_workbook", kind, str(files[kind]), verbosity=0, stdout=StringIO())
        path, term = files[f"roster {AUTUMN}"], Term.objects.named(AUTUMN)
        read = _counted(lambda: _read(path))
        check, apply, batch = _through(path, term)
        again, _, same = _through(path, term, apply=False)
        copied = _counted(_copy_students)
    assert batch.counts["created"] == batch.counts["rows"]
    assert same.counts["unchanged"] == same.counts["rows"]
    steps = {
        "floor: read with calamine": read,
        "floor: COPY of the students": copied,
        "check": check,
        "apply": apply,
        "check the same file again": again,
    }
    floor = read[0] + copied[0]
    print(f"{batch.counts['rows']:,} rows\n")
    table(
        ("step", "s", "own CPU s", "queries", "x floors"),
        [(name, f"{s:.2f}", f"{cpu:.2f}", n, f"{s / floor:.1f}") for name, (s, cpu, n) in steps.items()],
    )


def _read(path: Path) -> int:
    return len(CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python())


def _through(path: Path, term: Term, *, apply: bool = True):
    """Return the costs of check and of apply (see :func:`_counted`), and the batch."""
    batch = actions.receive(chunks=[path.read_bytes()], name=path.name, kind="roster", term=term, by=None)
    check = _counted(lambda: actions.check(batch=batch))
    if not apply:
        return check, None, batch
    actions.confirm(batch=batch)
    return check, _counted(lambda: actions.apply(batch=batch, by=actions.COMMAND_LINE)), batch


def _counted(action) -> tuple[float, float, int]:
    """Return seconds on the clock, seconds of this process's CPU, and queries."""
    began, cpu = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as captured:
        action()
    return time.perf_counter() - began, time.process_time() - cpu, len(captured)


@transaction.atomic
def _copy_students() -> None:
    """COPY the same students into a table with the same indexes."""
    columns = [field.column for field in Student._meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM students_student")
        rows = cursor.fetchall()
        cursor.execute(
            "CREATE TEMP TABLE bench_students (LIKE students_student INCLUDING ALL) ON COMMIT DROP"
        )
        bulk.fill(cursor, "bench_students", columns, rows)
