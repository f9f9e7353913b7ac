"""Tests: fast password hashing, plain static names, everything else as it is."""

import os
import tempfile

# Generated secrets and files of a test run must not touch a developer's data.
os.environ.setdefault("POVERTYEDU_VAR", tempfile.mkdtemp(prefix="povertyedu-test-"))

from .base import *  # noqa: E402, F403  the folder above must be named before base reads it

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405  from base
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
if "sqlite" in DATABASES["default"]["ENGINE"]:  # noqa: F405  from base
    # A real file: in memory several connections get "table is locked" where a file makes them wait.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}  # noqa: F405  from base
JOB_KINDS = JOB_KINDS | {f"test.{name}": f"tests.jobs.kinds.{name}" for name in ("hold", "refuse", "stumble")}  # noqa: F405  from base
