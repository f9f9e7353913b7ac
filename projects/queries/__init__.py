"""Reads of construction projects."""
