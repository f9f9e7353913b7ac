"""A picture or a scan, checked before it is kept."""

from povertyedu.files.forms import SCAN_MEGABYTES, SCANS, ScanField

__all__ = ["SCANS", "SCAN_MEGABYTES", "ScanField"]
