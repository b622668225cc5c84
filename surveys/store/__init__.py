"""All SQL and key files of the facts side; functions take a session and return plain values, always ordered."""
