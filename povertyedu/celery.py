"""The Celery application; workers start with ``celery -A povertyedu.celery worker``."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyedu.settings.dev")

app = Celery("povertyedu")
app.config_from_object("django.conf:settings", namespace=None, silent=False)
