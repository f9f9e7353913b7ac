"""A million children under twelve rules: recalculation beside its floor, its rivals and its own queue.

Each case runs in a process of its own, so that its peak memory is its own; rounds are interleaved. The
floor is a bare COPY of the very rows the first run writes into a table with the same indexes. Objects of
Django are timed on a part of the children and scaled. OpenFisca-core, when it is installed, computes the
same rules over the same children in memory, and so does the engine.
"""

import array
import collections
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from .million_rules import CHILDREN, RULES, SOURCES, STAGES, TERM, children, pack

ROUNDS = 3
REPEATS = 5  # of what runs in memory alone, in each round
# OpenFisca-core brings numpy and more; it lives in an environment of its own.
RIVAL = Path(
    os.environ.get("BENCH_OPENFISCA", Path(sys.executable).parent.parent / "bench" / "bin" / "python")
)
OBJECTS = min(20_000, CHILDREN)  # children of the case that is scaled


# --- the cases, each in a process of its own ---------------------------------------------------------


def _term():
    from povertyedu.orgs.models import Term

    return Term.objects.get(pk=TERM)


def floor() -> dict:
    """COPY the rows of the last run, in binary, into a table with the same key and indexes; reading them is not timed."""
    from django.db import connection, transaction

    from povertyedu import bulk
    from subsidies.actions.recalculation import COLUMNS
    from subsidies.models import Entitlement

    rows = list(Entitlement.objects.order_by("student_id").values_list(*COLUMNS))
    with connection.cursor() as cursor:
        _twin(cursor, Entitlement._meta.db_table, "bench_floor")
    types = (
        "varchar", "int8", "varchar", "varchar", "varchar", "int8", "varchar", "int2", "int8", "varchar", "varchar",
    )  # fmt: skip
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.fill(cursor, "bench_floor", COLUMNS, rows, types=types)
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_floor")
    return {"seconds": seconds, "rows": len(rows)}


def _twin(cursor, table: str, name: str) -> None:
    """Create an empty table with the columns, the key and the indexes of another."""
    from django.db import connection

    if connection.vendor == "postgresql":
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING ALL)")
        return
    cursor.execute(
        "SELECT sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL ORDER BY type DESC", [table]
    )
    for (sql,) in cursor.fetchall():
        cursor.execute(
            sql.replace(f'"{table}"', f'"{name}"')
            .replace('INDEX "', f'INDEX "{name}_')
            .replace('CONSTRAINT "', f'CONSTRAINT "{name}_')
        )


def run(*, only_changed: bool = False) -> dict:
    from povertyedu.workflow.flow import SYSTEM
    from subsidies.actions.recalculation import recalculate

    began = time.perf_counter()
    done = recalculate(term=_term(), by=SYSTEM, trigger="基准", only_changed=only_changed)
    seconds = time.perf_counter() - began
    written = done.created + done.updated + done.ended
    return {"seconds": seconds, "written": written, "profiles": done.profiles, "students": done.students}


def first() -> dict:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            f"{'TRUNCATE' if connection.vendor == 'postgresql' else 'DELETE FROM'} subsidies_entitlement"
        )
    return run()


def dirty() -> dict:
    """Every hundredth child turned from boarder to day pupil or back, marked as a form marks it."""
    from django.db.models import Case, Value, When

    from students.actions.hardship import mark_changed
    from students.models import Enrolment

    some = list(range(100, CHILDREN + 1, 100))
    turned = Case(When(boarding=True, then=Value(False)), default=Value(True))
    Enrolment.objects.filter(student__in=some).update(boarding=turned)
    mark_changed(_term(), some)
    return run(only_changed=True)


def objects() -> dict:
    """The plain way: a child at a time, its rules decided, its rows saved one by one; scaled to all children."""
    from django.db import transaction

    from students.models import Enrolment
    from subsidies import engine
    from subsidies.actions.policies import pack_of, policy_for
    from subsidies.models import Entitlement

    decider = engine.Decider(pack_of(policy_for(_term())), engine.Term.parse(TERM))
    Entitlement.objects.filter(student__lte=OBJECTS).delete()
    began = time.perf_counter()
    with transaction.atomic():
        for enrolment in Enrolment.objects.filter(student__lte=OBJECTS).select_related("student", "school"):
            values = tuple([getattr(enrolment, fact.name) for fact in decider.facts])
            for line in decider.lines(values, engine.Measures()):
                Entitlement.objects.update_or_create(
                    term_id=TERM, student_id=enrolment.student_id, programme_id=line.programme,
                    defaults={"rule": line.rule, "kind": line.kind, "amount_fen": line.amount_fen, "stage": enrolment.stage,
                              "grade": enrolment.grade, "school": enrolment.school, "school_area": enrolment.school_area,
                              "home_area": enrolment.home_area},
                )  # fmt: skip
    return {"seconds": (time.perf_counter() - began) * CHILDREN / OBJECTS, "scaled": True}


def queued() -> dict:
    """The unchanged run through a real worker and the file broker, from the click to the result."""
    from povertyedu.jobs.models import Job
    from povertyedu.jobs.tasks import start

    began = time.perf_counter()
    job = start(
        "subsidies.recalculate", label="基准", arguments={"term": TERM, "only_changed": False}, by=None
    )
    while Job.objects.get(pk=job.pk).is_live:
        time.sleep(0.02)
    done = Job.objects.get(pk=job.pk)
    return {"seconds": time.perf_counter() - began, "state": done.state}


# A child in one number: setting, boarding, stage and grade in the low nine bits, the mask of categories above them.
_STAGES, _SETTINGS = [stage for stage, *_ in STAGES], ("urban", "town", "rural")


def _records() -> array.array:
    """All children, one number after the other."""
    return array.array(
        "I",
        (
            mask << 9 | _STAGES.index(stage) << 6 | grade << 3 | _SETTINGS.index(setting) << 1 | boarding
            for stage, grade, boarding, mask, _, setting in children(CHILDREN)
        ),
    )


def _values(decider, number: int) -> tuple:
    known = {
        "stage": _STAGES[number >> 6 & 7], "grade": number >> 3 & 7, "boarding": bool(number & 1),
        "setting": _SETTINGS[number >> 1 & 3], "categories": number >> 9, "place": "in_county",
    }  # fmt: skip
    return tuple([known.get(fact.name, fact.default) for fact in decider.facts])


def engine_only() -> dict:
    """The engine in memory over all children, each with its lines, and the sums by source; without any database.

    It begins with what OpenFisca begins with, the same five facts of each child as numbers in memory: here a number a
    child, there an array a fact. Both end with what each child is owed and the sums. Grouping the children, which
    PostgreSQL does for a run, is timed here. Both are timed several times over, and the median told: a third of a second
    is short enough for the machine's own business to double it.
    """
    records = _records()
    answers = [_compute(records) for _ in range(REPEATS)]
    return answers[0] | {"seconds": statistics.median(answer["seconds"] for answer in answers)}


def _compute(records: array.array) -> dict:
    from subsidies import engine

    policy, term = engine.load_pack(pack()), engine.Term.parse(TERM)
    decider, at, measures = engine.Decider(policy, term), engine.At(policy, term, {}), engine.Measures()
    began = time.perf_counter()
    numbers = memoryview(records)
    many = collections.Counter(numbers)
    lines_of = {number: decider.lines(_values(decider, number), measures) for number in many}
    owed = list(map(lines_of.__getitem__, numbers))  # what each child is owed
    alike = collections.Counter()
    for number, lines in lines_of.items():
        for line in lines:
            alike[line.rule, line.amount_fen] += many[number]
    total, by_source = 0, collections.Counter()
    for (rule, fen), times in alike.items():
        total += fen * times
        for source, share in engine.shares_of(rule, fen, at):
            by_source[source] += share * times
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "total_fen": total,
        **{f"{source}_fen": by_source[source] for source in SOURCES},
        "profiles": decider.profiles,
        "students": len(owed),
    }


CASES = {case.__name__: case for case in (floor, first, run, dirty, objects, queued, engine_only)}


def peak() -> int:
    """Return the most memory this program held, in MiB; what getrusage tells begins with that of its parent."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def child(name: str) -> None:
    answer = CASES[name]()
    print(json.dumps(answer | {"mib": peak()}), flush=True)


# --- the parent ----------------------------------------------------------------------------------------


def measure(name: str, case: str) -> dict | None:
    """Run one part of ``case`` in a fresh process; None, said on stderr, when it cannot run here."""
    command = [sys.executable, "-m", "tests.bench", case, "--part", name]
    if name == "openfisca":
        command = [str(RIVAL), "-m", "tests.bench.openfisca_rules", str(CHILDREN)]
    if not Path(command[0]).exists():
        print(
            f"{name}: left out, {command[0]} is not there (make bench CASE=million makes it)", file=sys.stderr
        )
        return None
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        print(f"{name}: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(case: str) -> None:
    """Time the parts in turn; on SQLite (``embedded``) those that need a database."""
    from .timing import table

    rivals = ("engine_only", "openfisca") if case == "million" else ()

    taken: dict[str, list[dict]] = {}
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "povertyedu.celery", "worker", "--concurrency=1", "--loglevel=ERROR"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for number in range(ROUNDS):
            for name in ("first", "floor", "run", "queued", "dirty", *rivals):
                if answer := measure(name, case):
                    taken.setdefault(name, []).append(answer)
            if number == 0 and (answer := measure("objects", case)):
                taken["objects"] = [answer]
            measure("run", case)  # what the case of objects and the turned boarders left
    finally:
        worker.terminate()
        worker.wait()
    seconds = {
        name: statistics.median(answer["seconds"] for answer in answers) for name, answers in taken.items()
    }
    print(
        f"{CHILDREN:,} children, {len(RULES)} rules, {taken['floor'][0]['rows']:,} rows, {taken['run'][0]['profiles']:,} profiles\n"
    )
    table(
        ("case", "median s", "x floor", "peak MiB", "rows written"),
        [
            (name, f"{seconds[name]:.2f}", f"{seconds[name] / seconds['floor']:.2f}", max(a["mib"] for a in answers), answers[-1].get("written", ""))
            for name, answers in taken.items()
        ],
    )  # fmt: skip
    ratios = [
        ("first run / floor", seconds["first"] / seconds["floor"], "at most 1.8"),
        ("unchanged run / floor", seconds["run"] / seconds["floor"], "at most 1.2"),
        ("1% dirty / first run", seconds["dirty"] / seconds["first"], "at most 0.25"),
        ("through the queue / directly", seconds["queued"] / seconds["run"], "at most 1.15"),
        ("objects one by one / first run", seconds["objects"] / seconds["first"], "at least 15"),
    ]
    if "openfisca" in seconds:
        ratios.append(
            (
                "OpenFisca-core / engine, in memory",
                seconds["openfisca"] / seconds["engine_only"],
                "at least 2",
            )
        )
        one, other = taken["openfisca"][0], taken["engine_only"][0]
        same = all(
            one[name] == other[name] for name in ("total_fen", *(f"{source}_fen" for source in SOURCES))
        )
        print(f"\nBoth engines give the same sums, whole and by source: {same}")
    print()
    table(("ratio", "measured", "wanted"), [(text, f"{ratio:.2f}", wanted) for text, ratio, wanted in ratios])
