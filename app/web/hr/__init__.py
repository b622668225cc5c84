"""The face of HR analysts: all crowds by scale under the same rule, and the export."""
