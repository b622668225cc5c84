"""Pure rules of release: crowd totals in, protected cells or a reason for their absence out."""
