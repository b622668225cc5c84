"""The questionnaires: turns versioned instrument files into checked data, and answers into scores. Pure."""
