"""Revisions of the technical service's tables."""
