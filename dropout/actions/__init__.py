"""Verbs of the chains."""
