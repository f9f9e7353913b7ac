"""Verbs of the indicators: snapshots taken, targets set, notices proposed, issued and answered, history checked."""
