"""``python -m tests.bench pages|recalculate|import [--fresh]``: a table of timings on PostgreSQL.

The database ``povertyedu_bench`` is made on first use and reused; ``--fresh``, or a change of the
models or of the generator, makes it anew. ``BENCH_DATABASE_URL`` names another server.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DATABASE_URL = os.environ.get("BENCH_DATABASE_URL", "postgres://postgres@127.0.0.1:5432/povertyedu_bench")
CASES = ("pages", "recalculate", "import")


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--fresh", action="store_true", help="make the database anew")
    parser.add_argument("--explain", action="store_true", help="show the slowest query of each slow page")
    options = parser.parse_args()
    # An import needs an empty county, the others a full one.
    os.environ["DATABASE_URL"] = DATABASE_URL + ("_import" if options.case == "import" else "")
    os.environ["DJANGO_SETTINGS_MODULE"] = "povertyedu.settings.dev"
    # Fixed secrets: what the kept database holds, all invented, must be read again by any later run.
    for name in ("SECRET_KEY", "SEALING_KEY", "HASHING_KEY"):
        os.environ[f"POVERTYEDU_{name}"] = f"bench only: {name}"
    os.environ.setdefault("POVERTYEDU_VAR", str(ROOT / "var" / "bench"))
    os.environ.pop("REDIS_URL", None)
    from . import database

    with database.alone():
        if options.case == "import":
            database.prepare_empty()
        else:
            database.prepare(fresh=options.fresh)
        time_case(options)
    return 0


def time_case(options) -> None:
    # Imported here: each names models, which need the settings made above.
    from . import importing, pages, recalculation

    if options.case == "pages":
        pages.run(explain=options.explain)
    elif options.case == "recalculate":
        recalculation.run()
    else:
        importing.run()


if __name__ == "__main__":
    sys.exit(main())
