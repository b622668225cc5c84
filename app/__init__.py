"""Faces: web pages, command line and jobs; the only package that meets people."""
