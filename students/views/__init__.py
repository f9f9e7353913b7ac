"""Pages of the registry: the list, one child's page, the record form and its drafts."""
