"""Verbs of construction projects, one module per part of the work."""
