"""Background work. The Job row is the truth; the broker only wakes somebody up (docs/adr on jobs)."""
