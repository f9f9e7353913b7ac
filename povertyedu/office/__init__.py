"""Screens of the bureau's own housekeeping: areas, schools, people, terms, accounts, options, audit."""
