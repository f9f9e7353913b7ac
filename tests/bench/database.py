"""The bench database: made when absent, kept between runs, made anew when models or generator changed."""

import hashlib
import os
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from django.core.management import call_command

from povertyedu.sealing import keyed_hash

ROOT = Path(__file__).resolve().parent.parent.parent
CHILDREN = 100_000


def prepare(*, fresh: bool) -> None:
    """Leave Django set up on a filled database."""
    django.setup()
    url = os.environ["DATABASE_URL"]
    name = urlsplit(url).path.lstrip("/")
    with psycopg.connect(urlunsplit(urlsplit(url)._replace(path="/postgres")), autocommit=True) as server:
        comment = server.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [name]
        ).fetchone()
        if comment and not fresh and comment[0] == made_of():
            return
        say("建立基准数据库……")
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        call_command("migrate", verbosity=0)
        from .filling import fill

        began = time.monotonic()
        fill(CHILDREN)
        # written last: a run that was cut off leaves no mark and is done again
        server.execute(f"COMMENT ON DATABASE \"{name}\" IS '{made_of()}'")
        say(f"用了 {time.monotonic() - began:.0f} 秒")


def made_of() -> str:
    """Return a digest of everything the database's content follows from."""
    sources = [
        *ROOT.glob("**/migrations/0*.py"),
        *ROOT.glob("povertyedu/home/demo/*.py"),
        *ROOT.glob("tests/bench/f*.py"),
    ]
    # with other secrets than it was filled with, nothing in it could be read or found
    digest = hashlib.sha256(f"{CHILDREN} {keyed_hash('bench')}".encode())
    for path in sorted(source for source in sources if ".venv" not in source.parts):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
