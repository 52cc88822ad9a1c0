"""Unit tests of the operations service."""
