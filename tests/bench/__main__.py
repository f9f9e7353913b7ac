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
    # Its own secrets: hashes in the kept database must be found again by the next run.
    os.environ.setdefault("POVERTYEDU_VAR", str(ROOT / "var" / "bench"))
    os.environ.pop("REDIS_URL", None)
    from . import database

    if options.case == "import":
        database.prepare_empty()
    else:
        database.prepare(fresh=options.fresh)
    if options.case == "pages":
        from . import pages

        pages.run(explain=options.explain)
    elif options.case == "recalculate":
        from . import recalculation

        recalculation.run()
    else:
        from . import importing

        importing.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
