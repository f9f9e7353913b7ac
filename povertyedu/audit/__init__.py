"""What changed, and whose personal data was opened; data only, written by everyone, changed by nobody."""
