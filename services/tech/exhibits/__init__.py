"""Exhibits and the chain of their custody."""
