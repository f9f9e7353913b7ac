"""Screens of the subsidy side."""
