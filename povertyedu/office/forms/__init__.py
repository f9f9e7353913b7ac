"""Forms and filters of the bureau's housekeeping."""
