"""Revisions of the station's tables."""
