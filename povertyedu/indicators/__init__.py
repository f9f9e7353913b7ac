"""Indicators (指标): definitions by name, yearly targets, dated snapshots that open their names, notices (通报)."""
