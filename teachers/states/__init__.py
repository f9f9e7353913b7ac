"""Transition tables of the teachers app, one module per topic."""
