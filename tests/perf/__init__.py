"""Measurements by command; nothing here is a timed test."""
