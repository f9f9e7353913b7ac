"""One machine, SQLite and files: the demo and development."""

from .base import *  # noqa: F403  settings are names; the overrides below are the whole difference
from .environment import env

DEBUG = env.bool("POVERTYEDU_DEBUG", default=False)
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405  from base
