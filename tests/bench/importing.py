"""A roster of 50,000 rows through the page and the command, beside django-import-export doing the same work.

Every case runs in a process of its own, on a copy of one county with its areas and schools and no child; what
a first import leaves is compared over all of them. django-import-export's default runs on 10,000 rows, and its
50,000 are five times that: it works row by row, so its time is a straight line.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

from django.core.management import call_command
from django.db import connection

from povertyedu.home.demo.people import AUTUMN, People
from povertyedu.home.demo.places import Places
from povertyedu.home.demo.workbooks import ROSTER, numbered, roster_rows, write_workbooks
from povertyedu.orgs.models import Term
from povertyedu.workbooks.writing import write_table
from tests import factories

from .database import ROOT, say, server
from .timing import table

FEW, MANY = 10_000, 50_000
SPARE = 1.12  # of a county's children this many are generated: not all of them learn here
TUNED_GOAL, DEFAULT_GOAL, MEMORY_GOAL = 8, 30, 400


def run() -> None:
    with tempfile.TemporaryDirectory() as folder:
        few, many, changed = _prepare(Path(folder))
        costs = {}
        for name, case, files in (
            ("page, 10,000 rows", "page", [[few]]),
            ("page", "page", [[many], [many], [changed]]),
            ("command", "command", [[many], [many]]),
            ("import-export tuned, 10,000 rows", "tuned", [[few]]),
            ("import-export tuned", "tuned", [[many]]),
            ("import-export default, 10,000 rows", "default", [[few]]),
            ("floor: calamine and a bare COPY", "floor", [[many]]),
        ):
            with _copy() as database:
                labels = (name, f"{name}, same file again", f"{name}, every row changed")
                for label, some in zip(labels, files, strict=False):
                    say(f"{label} ...")
                    costs[label] = _run(database, case, some)
    _compare(costs)
    _show(costs)


# --- county, files, processes -----------------------------------------------------------------------


def _prepare(folder: Path) -> tuple[Path, Path, Path]:
    """Fill the bench database with places and one administrator; return the workbooks."""
    places = Places(int(MANY * SPARE))
    people = People(places, int(MANY * SPARE)).settle()
    files = write_workbooks(places, people, folder)
    for kind in ("areas", "schools"):
        call_command("import_workbook", kind, str(files[kind]), verbosity=0, stdout=StringIO())
    Term.objects.named(AUTUMN)
    for name, username in (("陈数据", "bench"), ("何复核", "second")):
        factories.user(name, ("data_administrator", factories.county()), username=username)
    rows = list(roster_rows(people, AUTUMN))
    assert len(rows) >= MANY
    return (
        _roster(folder / "few.xlsx", rows[:FEW]),
        _roster(folder / "many.xlsx", rows[:MANY]),
        _roster(folder / "changed.xlsx", map(_changed, rows[:MANY])),
    )


def _roster(path: Path, rows) -> Path:
    write_table(path, list(ROSTER), numbered(iter(rows)))
    return path


def _changed(row: tuple) -> tuple:
    """The same child with another class, phone, guardian, holder and remark: every table is written to."""
    changed = dict(zip(ROSTER[1:], row, strict=True))
    changed |= {
        "班级": f"新{changed['班级']}",
        "联系电话": "13900000000",
        "监护人姓名": "罗变更",
        "备注": "改",
    }
    if changed["银行账号"]:
        changed["开户人"] = "罗变更"
    return tuple(changed.values())


@contextmanager
def _copy():
    """Yield the address of a fresh copy of the bench database."""
    connection.close()  # a template must have no visitors
    with server() as (name, admin):
        copy = f"{name}_copy"
        admin.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        admin.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        yield os.environ["DATABASE_URL"] + "_copy"
        admin.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')


def _run(database: str, case: str, files: Sequence[Path]) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.import_cases", case, *map(str, files)],
        cwd=ROOT, env=os.environ | {"DATABASE_URL": database}, stdout=subprocess.PIPE, check=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


# --- what is told -----------------------------------------------------------------------------------


def _compare(costs: dict[str, dict]) -> None:
    """Every way leaves the same children with the same of everything; the same file again writes nothing."""
    for few in ("import-export tuned, 10,000 rows", "import-export default, 10,000 rows"):
        assert costs[few]["came"] == costs["page, 10,000 rows"]["came"], few
    for many in ("command", "import-export tuned"):
        assert costs[many]["came"] == costs["page"]["came"], many
    for again in ("page, same file again", "command, same file again"):
        counts = costs[again]["steps"][0]["counts"]
        assert (counts["unchanged"], counts["created"] + counts["updated"]) == (MANY, 0), counts
    assert costs["page, every row changed"]["steps"][-1]["counts"]["updated"] == MANY


def _show(costs: dict[str, dict]) -> None:
    rows = []
    for name, cost in costs.items():
        for step in cost["steps"]:
            rows.append((
                name, step["name"], f"{step['seconds']:.1f}", f"{step['cpu']:.1f}", f"{step['parser_cpu']:.1f}",
                f"{step['database_cpu']:.1f}", step["queries"], f"{cost['mib']:.0f}",
            ))  # fmt: skip
    table(("case", "step", "s", "CPU s", "parser's", "database's", "queries", "peak MiB"), rows)
    ours = _total(costs["page"])
    peers = {
        "import-export tuned": (_total(costs["import-export tuned"]), TUNED_GOAL),
        "import-export default (5 x 10,000 rows)": (
            tuple(MANY // FEW * part for part in _total(costs["import-export default, 10,000 rows"])),
            DEFAULT_GOAL,
        ),
    }
    print(f"\npage, check and apply of {MANY:,} rows: {ours[0]:.1f} s, {ours[1]:.1f} s of CPU")
    for name, (theirs, goal) in peers.items():
        clock, cpu = theirs[0] / ours[0], theirs[1] / ours[1]
        print(f"{name}: {theirs[0]:.0f} s, {clock:.1f} times as long; {cpu:.1f} times the CPU (goal {goal})")
    most = max(cost["mib"] for name, cost in costs.items() if name.startswith(("page", "command")))
    print(f"most memory, parser included: {most:.0f} MiB (goal below {MEMORY_GOAL})")


def _total(cost: dict) -> tuple[float, float]:
    """Return seconds on the clock, and of CPU in all three processes."""
    steps = cost["steps"]
    cpu = sum(step["cpu"] + step["parser_cpu"] + step["database_cpu"] for step in steps)
    return sum(step["seconds"] for step in steps), cpu
