"""Forms of the subsidy side."""
