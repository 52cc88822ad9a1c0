"""Revisions of the mirror's table."""
