"""Establishment, recruitment, deployment, training and care of teachers."""
