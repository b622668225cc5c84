"""All SQL of the findings side; released records only."""
