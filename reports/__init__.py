"""Findings: what may be said about released totals, with which uncertainty, to whom."""
