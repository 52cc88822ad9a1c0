"""Requests to the squads and their way back."""
