"""Verbs of the subsidy side."""
