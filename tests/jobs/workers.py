"""Real Celery workers and beat for tests, on either broker, against the test database.

    with broker("redis") as queue, running_worker(queue) as worker:
        job = start(...)
        worker.kill()

A worker is a process of its own, so tests need committed data: ``django_db(transaction=True)``. Each
broker is used through a queue of its own, so that test runs side by side do not take each other's jobs.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.db import connection

from povertyedu.celery import app
from povertyedu.settings.environment import broker as broker_settings

REPOSITORY = Path(__file__).resolve().parent.parent.parent
REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/9"
# The run on PostgreSQL names REDIS_URL and proves Redis, the run on SQLite proves the file broker (tests/run.py).
BROKER = "redis" if os.environ.get("REDIS_URL") else "files"
LEASE = 2.0  # seconds; long enough for a busy machine, short enough to wait for


def wait_for(condition: Callable, what: str, *, seconds: float = 60.0):
    """Return the first true value of ``condition()``; fail, naming ``what``, when none comes in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.02)
    return value


@dataclass(frozen=True)
class Broker:
    """A broker and a queue on it: ``redis_url`` is "" for the file broker."""

    redis_url: str
    queue: str = field(default_factory=lambda: f"test-{uuid4().hex[:12]}")

    @property
    def environment(self) -> dict[str, str]:
        return {"REDIS_URL": self.redis_url, "POVERTYEDU_QUEUE": self.queue}


@contextmanager
def broker(kind: str) -> Iterator[Broker]:
    """Send this process's messages to a fresh queue of ``kind`` ("files" or "redis")."""
    if kind == "redis":
        _demand_redis()
    chosen = Broker(REDIS_URL if kind == "redis" else "")
    with _sending_to(broker_settings(chosen.redis_url, chosen.queue)):
        try:
            yield chosen
        finally:
            _drop(chosen)


@contextmanager
def unreachable(chosen: Broker) -> Iterator[None]:
    """Let this process's messages go nowhere: a closed port, or a folder that is not there."""
    broken = broker_settings("redis://127.0.0.1:1/0" if chosen.redis_url else "", chosen.queue)
    if not chosen.redis_url:
        broken["broker_transport_options"]["data_folder_out"] = str(settings.VAR_DIR / "not-there")
    with _sending_to(broken):
        yield


@contextmanager
def _sending_to(new: dict) -> Iterator[None]:
    old = {name: app.conf[name] for name in new}
    _configure(new)
    try:
        yield
    finally:
        _configure(old)


def _configure(values: dict):
    app.conf.update(values)
    # Celery remembers its connections and queues; it has no public way to forget them.
    app._pool = None
    app.__dict__.pop("amqp", None)


def _demand_redis():
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1) as client:
            client.ping()
    except redis.ConnectionError:
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs Redis at {REDIS_URL}")
        pytest.skip(f"no Redis at {REDIS_URL}")


def _drop(chosen: Broker):
    if chosen.redis_url:
        with redis.Redis.from_url(chosen.redis_url) as client:
            for key in client.scan_iter(f"*{chosen.queue}*"):
                client.delete(key)
    for left in (settings.VAR_DIR / "queue").rglob(f"*{chosen.queue}*"):
        left.unlink(missing_ok=True)


def database_url() -> str:
    """Return the address of the test database, as a process of its own needs it."""
    at = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{at['NAME']}"
    login = quote(at["USER"], safe="") + (f":{quote(at['PASSWORD'], safe='')}" if at["PASSWORD"] else "")
    return f"postgres://{login}@{at['HOST']}:{at['PORT'] or 5432}/{at['NAME']}"


class CeleryProcess:
    """A worker or a beat in a process group of its own; its log is kept for :meth:`wait_for_log`."""

    def __init__(self, chosen: Broker, *arguments: str, lease: float = LEASE, **environment: str):
        self.folder = tempfile.TemporaryDirectory(prefix="povertyedu-celery-")
        self.log_path = Path(self.folder.name) / "log"
        environment = {
            "DJANGO_SETTINGS_MODULE": "povertyedu.settings.test",
            "DATABASE_URL": database_url(),
            "POVERTYEDU_VAR": str(settings.VAR_DIR),
            "POVERTYEDU_JOB_LEASE": str(lease),
            "PYTHONUNBUFFERED": "1",
        } | environment
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "povertyedu.celery", *arguments, "--loglevel=INFO"],
                cwd=REPOSITORY, env=os.environ | chosen.environment | environment, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def wait_for_log(self, text: str):
        def found():
            assert self.process.poll() is None, f"the process ended:\n{self.log}"
            return text in self.log

        wait_for(found, f"“{text}” in the log")

    def children(self) -> list[int]:
        """The pids of the pool."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill_child(self, pid: int | None = None):
        """SIGKILL the one of the pool that works; the worker itself lives and starts a new one.

        Without ``pid`` the pool must be of one. An idle one must not be killed: on the file broker it
        holds the lock under which the pool reads its orders, and nobody would read any more.
        """
        if pid is None:
            (pid,) = self.children()
        os.kill(pid, signal.SIGKILL)

    def kill(self):
        """SIGKILL everything at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ask it to finish what it does and go (SIGTERM); fail when it is not gone after 20 seconds."""
        self.process.terminate()
        self.process.wait(timeout=20)

    def end(self):
        """Make sure that nothing is left of it; a polite stop would cost every test seconds."""
        if self.process.poll() is None:
            self.kill()
        self.folder.cleanup()


@contextmanager
def running_worker(chosen: Broker, *, concurrency: int = 2, **options) -> Iterator[CeleryProcess]:
    """Run a worker on ``chosen`` until the block ends; it is ready to take jobs when the block begins."""
    worker = CeleryProcess(
        chosen, "worker", "--without-gossip", "--without-mingle", "--without-heartbeat", f"--concurrency={concurrency}",
        f"--hostname={uuid4().hex[:8]}@test", **options,
    )  # fmt: skip
    try:
        worker.wait_for_log(" ready.")
        yield worker
    finally:
        worker.end()


@contextmanager
def running_beat(chosen: Broker, **options) -> Iterator[CeleryProcess]:
    """Run beat on ``chosen`` until the block ends; it orders a sweep once per lease."""
    with tempfile.TemporaryDirectory(prefix="povertyedu-beat-") as folder:
        beat = CeleryProcess(chosen, "beat", f"--schedule={folder}/schedule", "--pidfile=", **options)
        try:
            beat.wait_for_log("beat: Starting")
            yield beat
        finally:
            beat.end()
