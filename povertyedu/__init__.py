"""Wiring at the top, shared ground at the bottom; contracts keep the layers apart."""
