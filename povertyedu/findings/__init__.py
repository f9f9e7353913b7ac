"""Rectification (整改): what was found, what is done about it, re-checked by another person, and closed (销号)."""
