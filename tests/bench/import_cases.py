"""One way of bringing one workbook in, in a process of its own; prints what it cost as JSON.

``python -m tests.bench.import_cases CASE FILE...``: every FILE is brought in, one after the other, into the
database of ``DATABASE_URL``, which holds a county's areas and schools and no child.
"""

import json
import os
import resource
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import django

TERM = "2026-autumn"


def main() -> None:
    case, *files = sys.argv[1:]
    django.setup()
    steps: list[dict] = []
    with Memory() as memory:
        CASES[case]([Path(file) for file in files], steps)
    print(json.dumps({"steps": steps, "mib": memory.peak / 2**20, "came": came()}))


# --- what it costs ----------------------------------------------------------------------------------


@contextmanager
def counted(steps: list[dict], name: str):
    """Add a step with its seconds on the clock, its seconds of CPU, its queries.

    CPU is this process's, its parser's and the database session's own: unlike the clock it says little of what
    else the machine has to do.
    """
    from django.db import connection

    queries = 0

    def count(execute, sql, params, many, context):
        nonlocal queries
        queries += 1
        return execute(sql, params, many, context)

    session = session_pid()
    began, before = time.perf_counter(), used(session)
    with connection.execute_wrapper(count):
        yield
    after = used(session)
    parts = {key: after[key] - before[key] for key in after}
    steps.append({"name": name, "seconds": time.perf_counter() - began, "queries": queries, **parts})


def used(session: int) -> dict[str, float]:
    """Return the CPU seconds so far of this process, of its ended children, of the database session ``session``."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    with suppress(OSError):  # a server on another machine
        ticks = sum(map(int, Path(f"/proc/{session}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return {
        "cpu": own.ru_utime + own.ru_stime,
        "parser_cpu": children.ru_utime + children.ru_stime,
        "database_cpu": ticks / os.sysconf("SC_CLK_TCK"),
    }


def session_pid() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


class Memory:
    """The most memory that this process and its children held together, looked at every few milliseconds."""

    def __init__(self):
        self.peak = 0
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, resident(os.getpid()))


def resident(pid: int) -> int:
    """Return the bytes that a process and its children hold now; 0 for one that is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") + sum(resident(int(child)) for child in children)


CAME = {
    "students": (
        "students_student s", "s.student_no_hash, s.id_hash, s.name, s.sex, s.birth_date, s.ethnicity, s.id_kind, s.id_tail_hash, "
        "s.home_area_id, s.hukou, s.is_left_behind, s.remark",
    ),
    "guardians": ("students_guardian t JOIN students_student s ON s.id = t.student_id", "s.student_no_hash, t.name, t.relation, t.id_hash"),
    "accounts": (
        "students_bankaccount t JOIN students_student s ON s.id = t.student_id", "s.student_no_hash, t.holder, t.bank, t.number_hash, t.tail",
    ),
    "enrolments": (
        "students_enrolment t JOIN students_student s ON s.id = t.student_id LEFT JOIN orgs_schoolclass c ON c.id = t.school_class_id",
        "s.student_no_hash, t.term_id, t.school_id, c.name, t.stage, t.grade, t.boarding, t.major, t.agri_major, t.place, t.ownership, "
        "t.setting, t.school_area, t.home_area, t.entered_on, t.categories, t.status",
    ),
    "marks": ("students_factchange t JOIN students_student s ON s.id = t.student_id", "DISTINCT s.student_no_hash, t.term_id"),
}  # fmt: skip


def came() -> dict[str, list]:
    """Return how many rows each table holds by now, and a digest of what stands in them but keys and sealed numbers."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name, (table, columns) in CAME.items():
            cursor.execute(
                f"SELECT count(*), md5(string_agg(f.*::text, '' ORDER BY f.*::text)) FROM (SELECT {columns} FROM {table}) f"
            )
            found[name] = list(cursor.fetchone())
    return found


# --- ours -------------------------------------------------------------------------------------------


def page(files: list[Path], steps: list[dict]) -> None:
    """Upload, check, confirm and apply as the page and its worker do: by a person, so that it can be undone.

    What changes accounts on file is compared, handed over, confirmed by a second person and compared again.
    """
    from povertyedu.accounts.models import User
    from povertyedu.imports import actions, second
    from povertyedu.imports.states import ImportState
    from povertyedu.jobs.progress import NO_PROGRESS
    from povertyedu.orgs.models import Term

    by = User.objects.get(username="bench")
    for number, path in enumerate(files):
        batch = actions.receive(
            chunks=[path.read_bytes()], name=path.name, kind="roster", term=Term.objects.named(TERM), by=by
        )
        with counted(steps, f"check {number}"):
            actions.check(batch=batch, progress=NO_PROGRESS)
        steps[-1]["counts"] = batch.counts
        if not batch.importable:
            continue
        actions.confirm(batch=batch)
        with counted(steps, f"apply {number}"):
            actions.apply(batch=batch, by=by.as_actor(), progress=NO_PROGRESS)
        if batch.state == ImportState.WAITING:
            steps[-1]["name"] = f"hand over {number}"
            second.confirm_second(batch=batch, by=User.objects.get(username="second").as_actor())
            with counted(steps, f"apply {number}"):
                actions.apply(batch=batch, by=by.as_actor(), progress=NO_PROGRESS)
        assert batch.state == ImportState.APPLIED, batch.state
        steps[-1]["counts"] = batch.counts


def command(files: list[Path], steps: list[dict]) -> None:
    """``import_workbook roster FILE``."""
    from django.core.management import call_command

    for number, path in enumerate(files):
        out = StringIO()
        with counted(steps, f"command {number}"):
            call_command("import_workbook", "roster", str(path), term=TERM, stdout=out, stderr=StringIO())
        steps[-1]["counts"] = json.loads(out.getvalue())


def peer(name: str, files: list[Path], steps: list[dict]) -> None:
    """Preview and confirm, as django-import-export's admin does."""
    from povertyedu.orgs.models import Term

    from . import import_peers

    (path,) = files
    term = Term.objects.named(TERM)
    for step in ("preview", "confirm"):
        with counted(steps, step):
            rows = import_peers.bring_in(getattr(import_peers, name), path, term, dry_run=step == "preview")
        steps[-1]["counts"] = {"rows": rows}


def floor(files: list[Path], steps: list[dict]) -> None:
    """What no way can do without: read the workbook, copy as many rows into a table."""
    from django.db import connection, transaction
    from python_calamine import CalamineWorkbook

    from povertyedu import bulk

    (path,) = files
    with counted(steps, "read"):
        rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    with counted(steps, "copy"), transaction.atomic(), connection.cursor() as cursor:
        columns = [f"c{number}" for number in range(len(rows[0]))]
        cursor.execute(f"CREATE TEMP TABLE bench ({', '.join(f'{c} text' for c in columns)}) ON COMMIT DROP")
        bulk.fill(cursor, "bench", columns, rows, types=["text"] * len(columns))


CASES = {
    "floor": floor,
    "page": page,
    "command": command,
    "tuned": partial(peer, "Tuned"),
    "default": partial(peer, "Default"),
}

if __name__ == "__main__":
    main()
