"""Simulates the worlds in which the error rates of the statistics are measured, and the tables of them."""
