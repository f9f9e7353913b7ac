"""Timings of what must stay fast, on a county of 100,000 children: ``make bench CASE=pages``."""
