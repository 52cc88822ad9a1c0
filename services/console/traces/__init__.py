"""Reads the local span sink and draws the waterfall of one trace."""
