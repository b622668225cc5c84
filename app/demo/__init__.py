"""Turns a seed into a sample organisation with a year of waves and a roadmap, through the path of a real one."""
