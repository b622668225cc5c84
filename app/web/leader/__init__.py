"""The leader's face: reports of own teams as pages and as PDF."""
