"""Unit tests of the local platform."""
