#!/usr/bin/env bash
# Django's deployment check on the production settings, with invented values for what comes from outside.
set -euo pipefail
POVERTYEDU_VAR=$(mktemp -d)
export POVERTYEDU_VAR
trap 'rm -rf "$POVERTYEDU_VAR"' EXIT
secret=$("$1" -c 'import secrets; print(secrets.token_urlsafe(60))')
DATABASE_URL=sqlite:///:memory: REDIS_URL=redis://127.0.0.1:6379/0 POVERTYEDU_HOSTS=example.invalid \
POVERTYEDU_SECRET_KEY=$secret POVERTYEDU_SEALING_KEY=$secret POVERTYEDU_HASHING_KEY=$secret \
  "$1" manage.py check --deploy --fail-level WARNING --settings povertyedu.settings.prod
