"""The steward's face: organisation, roadmap and waves; it shows no results and no counts of answers."""
