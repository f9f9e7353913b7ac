"""What of teachers comes and goes by Excel."""
