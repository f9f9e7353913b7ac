"""Examples are drawn without a stopwatch: on a busy machine a slow one says nothing about the code."""

from hypothesis import settings

settings.register_profile("workbooks", deadline=None)
settings.load_profile("workbooks")
