#!/usr/bin/env python
"""Django's command line; the settings default to one machine with SQLite under ``var/``."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "povertyedu.settings.dev")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
