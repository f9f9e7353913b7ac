"""Run the suite as this machine allows: the whole of it on PostgreSQL and Redis when they are given or
found, then what touches SQL, jobs or the browser on SQLite and the file broker.

With ``CI=true`` a missing PostgreSQL, Redis or Chromium is a failure; otherwise it is said and skipped.
"""

import os
import shutil
import socket
import subprocess
import sys
import time

POSTGRES = "postgres://postgres@127.0.0.1:5432/povertyedu"
REDIS = "redis://127.0.0.1:6379/9"
CI = os.environ.get("CI") == "true"


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def run(title: str, *arguments: str, **environment: str) -> int:
    print(f"\n== {title}", flush=True)
    env = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")
    } | environment
    return subprocess.call([sys.executable, "-m", "pytest", "-q", *arguments], env=env)


def main() -> int:
    started = time.monotonic()
    database = os.environ.get("DATABASE_URL") or (POSTGRES if answers(5432) else "")
    redis = os.environ.get("REDIS_URL") or (REDIS if answers(6379) else "")
    missing = [
        name
        for name, there in (
            ("PostgreSQL", database),
            ("Redis", redis),
            ("Chromium", shutil.which("chromium")),
        )
        if not there
    ]
    if missing and CI:
        print(f"CI needs {', '.join(missing)}, not found on this machine.")
        return 1
    for name in missing:
        print(f"Skipped: what needs {name}, which is not on this machine.")
    parallel = ("-n", "2", "--dist", "loadgroup")
    codes = []
    if database:
        codes.append(
            run("PostgreSQL", *parallel, DATABASE_URL=database, **({"REDIS_URL": redis} if redis else {}))
        )
        codes.append(run("SQLite and the file broker", *parallel, "-m", "sql or jobs"))
    else:
        codes.append(run("SQLite", *parallel, **({"REDIS_URL": redis} if redis else {})))
    print(f"\nThe tests took {time.monotonic() - started:.0f} s.")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
