"""The county's own settings (days, thresholds, switches, phone): one typed list, kept in the database."""
