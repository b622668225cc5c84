"""Use cases of the facts side; they flush and never commit, and the time is an argument."""
