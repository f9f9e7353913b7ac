"""The Celery application; workers start with ``celery -A povertyedu.celery worker``."""

import os

from celery import Celery
from django.conf import settings

from povertyedu import file_queue  # noqa: F401  names the transport that settings may choose

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyedu.settings.dev")

app = Celery("povertyedu")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks(["povertyedu.jobs"])
