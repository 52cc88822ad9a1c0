"""Tests of jointops."""
