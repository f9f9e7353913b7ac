"""Workbooks come in: upload, check in the background, preview, apply in one transaction."""
