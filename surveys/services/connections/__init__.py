"""Connections to delivery tools: asks their interfaces page by page and stores what changed since the last time."""
