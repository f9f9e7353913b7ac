"""The bench database: made when absent, kept between runs, made anew when models or generator changed."""

import hashlib
import os
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.core.management import call_command

ROOT = Path(__file__).resolve().parent.parent.parent
CHILDREN = 100_000


def prepare(*, fresh: bool) -> None:
    """Leave Django set up on a filled database."""
    django.setup()
    with server() as (name, connection):
        comment = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if comment and not fresh and comment[0] == made_of():
            return
        say(f"Making {name}, {CHILDREN:,} children ...")
        make_anew(name, connection)
        from .filling import fill  # models may be named now

        began = time.monotonic()
        fill(CHILDREN)
        # written last: a run that was cut off leaves no mark and is done again
        connection.execute(f"COMMENT ON DATABASE \"{name}\" IS '{made_of()}'")
        say(f"... took {time.monotonic() - began:.0f} s")


def prepare_empty() -> None:
    """Leave Django set up on a new, empty database."""
    django.setup()
    with server() as (name, connection):
        make_anew(name, connection)


def prepare_million() -> None:
    """Leave Django set up on a database of a million children and nothing else."""
    prepare_empty()
    from .million_rules import CHILDREN as many
    from .million_rules import fill  # models may be named now

    say(f"Filling in {many:,} children ...")
    fill()
    with psycopg.connect(urlunsplit(urlsplit(os.environ["DATABASE_URL"])), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def prepare_embedded() -> None:
    """The same in a new SQLite file, of as many children as one county has."""
    file = Path(os.environ["DATABASE_URL"].removeprefix("sqlite:///"))
    file.parent.mkdir(parents=True, exist_ok=True)
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    django.setup()
    call_command("migrate", verbosity=0)
    from .million_rules import CHILDREN as many
    from .million_rules import fill  # models may be named now

    say(f"Filling in {many:,} children ...")
    fill()


@contextmanager
def server():
    """Yield the name of the bench database and a connection to its server."""
    url = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        yield url.path.lstrip("/"), connection


@contextmanager
def alone():
    """Hold the bench for this run; end the program when another run has it: it would drop or disturb ours."""
    with server() as (_, connection):
        if not connection.execute("SELECT pg_try_advisory_lock(hashtext('povertyedu_bench'))").fetchone()[0]:
            raise SystemExit("Another bench is running on this server; wait for its end.")
        yield


def make_anew(name: str, connection) -> None:
    connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    connection.execute(f'CREATE DATABASE "{name}"')
    call_command("migrate", verbosity=0)


def made_of() -> str:
    """Return a digest of everything the database's content follows from."""
    sources = [
        *ROOT.glob("**/migrations/0*.py"),
        *ROOT.glob("povertyedu/home/demo/*.py"),
        *ROOT.glob("tests/bench/f*.py"),
    ]
    digest = hashlib.sha256(str(CHILDREN).encode())
    for path in sorted(source for source in sources if ".venv" not in source.parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
