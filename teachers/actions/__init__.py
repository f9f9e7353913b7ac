"""Verbs of the teachers app, one module per topic."""
