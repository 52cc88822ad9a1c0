"""Revisions of the tables of the intelligence service."""
