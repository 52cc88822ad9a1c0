"""Integration tests of the operations service."""
