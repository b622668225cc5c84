"""Pure arithmetic: released values and declared moments in, frozen findings with their uncertainty out."""
