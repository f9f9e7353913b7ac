"""The Celery application; workers start with ``celery -A povertyedu.celery worker``."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyedu.settings.dev")

app = Celery("povertyedu")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks(["povertyedu.jobs"])
