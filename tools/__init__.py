"""What the Makefile runs: set-up, fonts, messages, made documents, checks. Never part of a release."""
