"""The one reader of the environment: every outside setting of the system is named here.

``POVERTYEDU_VAR`` is the folder for data, uploads, generated files and generated secrets. Secrets
that are not given from outside are generated there once and reused, so that a fresh checkout works.
"""

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

import environ

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VAR_DIR = Path(env("POVERTYEDU_VAR", default=str(BASE_DIR / "var"))).resolve()


def kept_secret(name: str) -> str:
    """Return the secret ``name`` from the environment, or one generated once under ``VAR_DIR``."""
    if given := env(f"POVERTYEDU_{name}", default=""):
        return given
    path = VAR_DIR / "secrets" / name.lower()
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Whole or not at all: of two processes that start at once, the second reads what the first linked.
        with tempfile.NamedTemporaryFile("w", dir=path.parent) as new:
            new.write(secrets.token_hex(32))
            new.flush()
            with contextlib.suppress(FileExistsError):
                os.link(new.name, path)
    return path.read_text().strip()


def databases() -> dict:
    """Return Django's DATABASES: SQLite under ``VAR_DIR``, or what ``DATABASE_URL`` names."""
    config = env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'povertyedu.sqlite3'}")
    if "sqlite" in config["ENGINE"]:
        config["OPTIONS"] = {
            # A writer takes the lock at BEGIN and others wait for it, instead of failing half-way.
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
        }
    else:
        config["CONN_MAX_AGE"] = env.int("POVERTYEDU_CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
        # Compiling a query of many small subqueries takes seconds, running it a tenth of one.
        config.setdefault("OPTIONS", {})["options"] = "-c jit=off"
    return {"default": config}


def broker(redis_url: str, queue: str) -> dict:
    """Return Celery's broker settings: Redis when ``redis_url`` is given, else files under ``VAR_DIR``.

    ``queue`` names the queue, so that several installations may share one Redis. An unreachable broker
    is given up after a second or two: the job's row waits for the sweep, the person does not.
    """
    common = {
        "task_default_queue": queue,
        "broker_connection_retry_on_startup": True,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.1},
    }
    patience = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
    if redis_url:
        timeouts = {"socket_connect_timeout": 2, "socket_timeout": 10}
        return common | {"broker_url": redis_url, "broker_transport_options": patience | timeouts}
    folders = {name: VAR_DIR / "queue" / name for name in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return common | {
        "broker_url": "files://localhost",  # povertyedu.file_queue
        "broker_transport_options": {
            "data_folder_in": str(folders["messages"]),
            "data_folder_out": str(folders["messages"]),
            "control_folder": str(folders["control"]),
            "store_processed": False,
            "polling_interval": 0.1,
        },
    }
