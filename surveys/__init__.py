"""Facts: what was asked, who may answer, which totals came out, what the plan did."""
