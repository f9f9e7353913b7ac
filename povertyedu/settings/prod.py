"""Production: PostgreSQL, Redis and secrets from outside; refuses to start without them."""

from django.core.exceptions import ImproperlyConfigured

from .base import *  # noqa: F403  settings are names; the overrides below are the whole difference
from .environment import env

for name in (
    "DATABASE_URL",
    "REDIS_URL",
    "POVERTYEDU_SECRET_KEY",
    "POVERTYEDU_SEALING_KEY",
    "POVERTYEDU_HASHING_KEY",
    "POVERTYEDU_HOSTS",
):
    if not env(name, default=""):
        raise ImproperlyConfigured(f"{name} must be set in production; see deploy/README.md")

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("POVERTYEDU_SSL_REDIRECT", default=True)
SECURE_HSTS_SECONDS = env.int("POVERTYEDU_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
