"""Unit tests of the station service."""
