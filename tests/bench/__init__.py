"""Benchmarks: figures of one run, beside their limits."""
