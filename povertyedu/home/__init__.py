"""The top: to-do list, leaders' dashboard, search; the only code that may import every app."""
