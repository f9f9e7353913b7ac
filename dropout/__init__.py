"""Dual-line dropout control (双线控辍保学)."""
