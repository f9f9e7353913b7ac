"""Pages of the indicators: rates, targets, notices, and history that changed."""
