"""Revisions of the tables of operations."""
