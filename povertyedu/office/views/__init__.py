"""Pages of the bureau's housekeeping, one module per thing kept."""
