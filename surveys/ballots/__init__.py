"""The ballot protocol as pure functions: codes, sealing, opening, manifest and fingerprint."""
