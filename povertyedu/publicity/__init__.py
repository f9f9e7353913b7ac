"""Notices anyone may read: built from a whitelist of columns, on a working-day clock, taken down by themselves."""
