"""Evaluation after the operation: timeline, score and lessons."""
