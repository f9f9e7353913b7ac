"""Verbs of the bureau's housekeeping; each leaves one AuditEvent with the old and the new values."""
