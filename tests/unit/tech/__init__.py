"""Unit tests of the technical service."""
