"""Pages of dropout control."""
