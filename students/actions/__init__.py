"""Verbs of the registry that touch several models."""
