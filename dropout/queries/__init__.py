"""Reads of the chains: who answers for whom, and where nobody does."""
