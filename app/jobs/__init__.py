"""Turns the times in the wave rows into work that is done once, whoever is killed meanwhile."""
