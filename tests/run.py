"""Run the suite as this machine allows: the whole of it on PostgreSQL and Redis when they are given or
found, then what touches SQL, jobs or the browser on SQLite and the file broker.

With ``CI=true`` a missing PostgreSQL, Redis or Chromium is a failure; otherwise it is said and skipped.
"""

import os
import shutil
import subprocess
import sys
import time

import psycopg
import redis

POSTGRES = "postgres://postgres@127.0.0.1:5432/povertyedu"
REDIS = "redis://127.0.0.1:6379/9"
CI = os.environ.get("CI") == "true"


def postgres_of(url: str) -> tuple[str, str]:
    """Return (address, "") when a database may be made there, else ("", why not)."""
    server, _, _ = url.rpartition("/")
    try:
        with psycopg.connect(f"{server}/postgres", connect_timeout=2) as connection:
            may = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            )
            return (url, "") if may.fetchone()[0] else ("", "PostgreSQL: the user may not create databases")
    except psycopg.Error as error:
        return "", f"PostgreSQL: {str(error).strip().splitlines()[0]}"


def redis_of(url: str) -> tuple[str, str]:
    """Return (address, "") when it answers, else ("", why not)."""
    try:
        redis.Redis.from_url(url, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return "", f"Redis: {error}"
    return url, ""


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
    database, no_database = postgres_of(os.environ.get("DATABASE_URL") or POSTGRES)
    broker, no_broker = redis_of(os.environ.get("REDIS_URL") or REDIS)
    no_browser = "" if shutil.which("chromium") else "Chromium: there is no such command"
    missing = [why for why in (no_database, no_broker, no_browser) if why]
    for why in missing:
        print(f"Skipped: what needs {why}.")
    if missing and CI:
        print("With CI=true nothing may be missing.")
        return 1
    parallel = ("-n", "2")
    codes = []
    if database:
        codes.append(
            run("PostgreSQL", *parallel, DATABASE_URL=database, **({"REDIS_URL": broker} if broker else {}))
        )
        codes.append(run("SQLite and the file broker", *parallel, "-m", "sql or jobs"))
    else:
        codes.append(run("SQLite", *parallel, **({"REDIS_URL": broker} if broker else {})))
    print(f"\nThe tests took {time.monotonic() - started:.0f} s.")
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
