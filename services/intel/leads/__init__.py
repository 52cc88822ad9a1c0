"""Leads: what was learned, and the person who confirms or rejects it."""
