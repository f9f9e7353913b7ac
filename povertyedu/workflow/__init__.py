"""State as a transition table, a database constraint and a decision row per step."""
