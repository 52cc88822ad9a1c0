"""Integration tests of the local platform: real processes, free ports, nothing left behind."""
