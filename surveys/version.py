"""The version of the program, printed in every report."""

PROGRAM_VERSION = "0.1.0"
