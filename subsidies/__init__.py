"""Dated rules, entitlements, batches, payments and ledgers."""
