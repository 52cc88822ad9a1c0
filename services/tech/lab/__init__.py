"""Examinations and their verified results."""
