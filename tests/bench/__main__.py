"""``python -m tests.bench pages|recalculate|million|embedded|import|dropout-nightly|dropout-year|projects|deployment [--fresh]``: a table of timings on PostgreSQL.

``embedded`` runs on SQLite and the file broker instead. ``dropout-year`` lives a school year of 10,000 children through in a
test database of its own. ``deployment`` plans who teaches where and needs no database.

The database ``povertyedu_bench`` is made on first use and reused; ``--fresh``, or a change of the
models or of the generator, makes it anew. ``BENCH_DATABASE_URL`` names another server.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import django

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/povertyedu_bench")
CASES = (
    "pages",
    "recalculate",
    "million",
    "embedded",
    "import",
    "dropout-nightly",
    "dropout-year",
    "projects",
    "deployment",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--explain", action="store_true", help="show the slowest query of each slow page")
    parser.add_argument("--part", help="one part of the case alone, as JSON; what the case itself calls")
    options = parser.parse_args()
    # An import needs an empty county, the others a full one.
    os.environ["DATABASE_URL"] = DATABASE_URL + {
        "import": "_import",
        "million": "_million",
        "projects": "_projects",
    }.get(options.case, "")
    if options.case == "embedded":
        os.environ["DATABASE_URL"] = f"sqlite:///{ROOT / 'var' / 'bench' / 'embedded.sqlite3'}"
        os.environ.setdefault("BENCH_MILLION", "200000")
    if options.case == "deployment":
        from . import deployment

        return deployment.run()
    os.environ["DJANGO_SETTINGS_MODULE"] = "povertyedu.settings.dev"
    # Fixed secrets: what the kept database holds, all invented, must be read again by any later run.
    for name in ("SECRET_KEY", "SEALING_KEY", "HASHING_KEY"):
        os.environ[f"POVERTYEDU_{name}"] = f"bench only: {name}"
    os.environ.setdefault("POVERTYEDU_VAR", str(ROOT / "var" / "bench"))
    os.environ.pop("REDIS_URL", None)
    from . import database

    if options.case == "dropout-year":
        return live_a_year()
    if options.part:
        django.setup()
        from . import million

        million.child(options.part)
        return 0
    if options.case == "embedded":
        database.prepare_embedded()
        time_case(options)
        return 0
    with database.alone():
        if options.case in ("import", "projects"):
            database.prepare_empty()
        elif options.case == "million":
            database.prepare_million()
        else:
            database.prepare(fresh=options.fresh)
        time_case(options)
    return 0


def live_a_year() -> int:
    """Run the test of a county's year with ten times the children; it says how long it took."""
    many = {
        "YEAR_CHILDREN": os.environ.get("YEAR_CHILDREN", "10000"),
        "DJANGO_SETTINGS_MODULE": "povertyedu.settings.test",
    }
    command = [sys.executable, "-m", "pytest", "-q", "--durations=1", "tests/dropout/test_year.py"]
    return subprocess.call(command, cwd=ROOT, env=os.environ | many)


def time_case(options) -> None:
    # Imported here: each names models, which need the settings made above.
    from . import importing, million, nightly, pages, projects, recalculation

    if options.case == "pages":
        pages.run(explain=options.explain)
    elif options.case == "recalculate":
        recalculation.run()
    elif options.case == "projects":
        projects.run()
    elif options.case == "dropout-nightly":
        nightly.run()
    elif options.case in ("million", "embedded"):
        million.compare(options.case)
    else:
        importing.run()


if __name__ == "__main__":
    sys.exit(main())
