"""Accounts, grants, and the whole role matrix on one page (permissions.py)."""
