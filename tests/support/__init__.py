"""Fixtures and guards shared by all tests, loaded as plugins by tests/conftest.py."""
